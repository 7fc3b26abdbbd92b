"""What the beginning of a table tells: whether its columns can be taken in, before all is read."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from mammo_core.errors import UnreadableFile
from mammo_core.predictions import REQUIRED, check_columns
from mammo_core.table_files import read_file
from mammo_core.table_models.spelling import Spelling, translate

BEGINNING = 1 << 18
"""Bytes of a CSV file that are read: its header and some rows."""


def check_header(content: bytes, source: str, spelling: Spelling, *, has_dataset: bool) -> None:
    """See that a table has the columns that it must have.

    Args:
        content: Of the file; of a CSV file its first `BEGINNING` bytes are enough.
        source: The file's name for messages.
        spelling: How it names things.
        has_dataset: Whether a dataset tells patients and labels of its images.

    Raises:
        UnreadableFile: Where the content is neither CSV nor Parquet, or damaged.
        BadTable: Where a column lacks that is renamed, or that every table must have.
    """
    names = translate(_read_beginning(content, source), spelling, source).column_names
    known = [name for name in REQUIRED[1:] if name not in names] if has_dataset else []
    check_columns([*names, *known], source)


def _read_beginning(content: bytes, source: str) -> pa.Table:
    """The columns with some rows, or with none."""
    if not content.startswith(b"PAR1"):
        whole = content[:BEGINNING]
        return read_file(whole if len(content) < BEGINNING else _whole_lines(whole), source)
    try:
        return pq.read_schema(io.BytesIO(content)).empty_table()
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFile(f"Cannot read {source} as Parquet: expected its footer") from error


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1] or content
