"""The first sheet of an .xlsx file as a table of text, read under bounds."""

import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from mammo_core.datasets.archive_tables import tidy_texts
from mammo_core.datasets.zip_directory import check_directory
from mammo_core.errors import BadTable, UnreadableFile

if TYPE_CHECKING:
    import pandas as pd

MAX_BYTES = 64_000_000
"""Of all its parts, unpacked: some hundred thousand rows."""
MAX_ROWS = 200_000

DAMAGED = (
    zipfile.BadZipFile,
    ParseError,
    OSError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What openpyxl and what lies under it raise on damaged or foreign files."""


def read_cells(path: Path) -> list[list[str]]:
    """The first sheet as trimmed text, row by row, of any length; empty rows are left out.

    Nothing is unpacked before the sizes that the file declares were checked.

    Raises:
        UnreadableFile: Where it is missing, damaged, no .xlsx, or too large.
    """
    _check_size(path)
    try:
        return [[_text(value) for value in row] for row in _read_rows(path)]
    except DAMAGED as error:
        raise UnreadableFile(f"Cannot read {path.name} as a spreadsheet (.xlsx)") from error


def read_sheet(path: Path) -> "pd.DataFrame":
    """The first sheet as trimmed text, headings from its first row; empty cells are empty text.

    Raises:
        UnreadableFile: Where it is missing, damaged, no .xlsx, or too large.
        BadTable: Where it has no rows, or a heading twice.
    """
    import pandas as pd

    names, *rows = read_cells(path) or [[]]
    places = [place for place, name in enumerate(names) if name]
    if not rows or not places:
        raise BadTable(f"Expected headings and rows in the first sheet of {path.name}, found none")
    repeated = [name for name, n in Counter(names).items() if name and n > 1]
    if repeated:
        raise BadTable(f"Expected each heading once in {path.name}, '{repeated[0]}' occurs again")
    texts = [[row[place] if place < len(row) else "" for place in places] for row in rows]
    return tidy_texts(pd.DataFrame(texts, columns=[names[place] for place in places], dtype="str"))


def _check_size(path: Path) -> None:
    check_directory(path)
    try:
        with zipfile.ZipFile(path) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFile(f"Cannot read {path.name} as a spreadsheet (.xlsx)") from error
    if size > MAX_BYTES:
        raise UnreadableFile(
            f"Expected at most {MAX_BYTES:,} bytes in {path.name}, unpacked it has {size:,}"
        )


def _read_rows(path: Path) -> list[tuple[Any, ...]]:
    """All rows that hold anything, up to MAX_ROWS.

    Raises:
        ValueError: Where there are more.
    """
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file claims may be a million columns
        rows = list(islice(_filled(sheet.iter_rows(values_only=True)), MAX_ROWS + 1))
    finally:
        book.close()
    if len(rows) > MAX_ROWS:
        raise ValueError(f"more than {MAX_ROWS} rows")
    return rows


def _filled(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    return (row for row in rows if any(value is not None for value in row))


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
