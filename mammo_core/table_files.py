"""Tables in files from anywhere, CSV or Parquet, read into columns that are spelled alike."""

import csv
import io
import re

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from mammo_core.errors import BadTable, UnreadableFile
from mammo_core.table_limits import check_rows

MAX_COLUMNS = 2000
SEPARATORS = ",;\t|"
OTHER_KINDS = {
    b"PK\x03\x04": "an Excel workbook or another archive; save its sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save its sheet as CSV",
    b"\x1f\x8b": "compressed (gzip); unpack it first",
    b"BZh": "compressed (bzip2); unpack it first",
    b"\xfd7zXZ": "compressed (xz); unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed (zstandard); unpack it first",
    b"\x89HDF": "HDF5, which pandas writes as .h5; save it as CSV",
    b"\x93NUMPY": "a NumPy array; save it with the names of its columns as CSV",
    b"ARROW1": "an Arrow or Feather file; save it as Parquet",
}
"""How files begin that are taken for tables, and what to do with them."""
MISSING = ["", "NA", "N/A", "NaN", "nan", "None", "null", "NULL", "<NA>"]


def read_columns(content: bytes, source: str) -> pa.Table:
    """The columns of a CSV or Parquet file: p_<class> as float64, all others as texts.

    Args:
        content: The file's bytes.
        source: The file's name for messages.

    Raises:
        UnreadableFile: Where the content is neither CSV nor Parquet, or damaged.
        BadTable: Where there are too many columns or rows, or a probability is no number.
    """
    return spell_alike(read_file(content, source))


def read_file(content: bytes, source: str) -> pa.Table:
    """The columns of a CSV or Parquet file as they stand in it.

    Raises:
        UnreadableFile, BadTable: As `read_columns`.
    """
    if not content.strip():
        raise UnreadableFile(f"Expected CSV or Parquet, {source} is empty")
    for start, what in OTHER_KINDS.items():
        if content.startswith(start):
            raise UnreadableFile(f"Expected CSV or Parquet, {source} is {what}")
    return _read_parquet(content, source) if content[:4] == b"PAR1" else _read_csv(content, source)


def spell_alike(table: pa.Table) -> pa.Table:
    """The columns in their one spelling: p_<class> as float64, all others as texts.

    Whole numbers are spelled without a decimal point, so that a table reads the same from either
    format. Nested columns of a Parquet file are left out, and columns without a name.

    Raises:
        BadTable: Where a probability is no number.
    """
    columns = {}
    for position, name in enumerate(table.column_names):
        column = _flat(table.column(position))
        if name.strip() and column is not None:
            columns[position] = (name, _spelled(name, column))
    return pa.Table.from_arrays(
        [column for _, column in columns.values()], names=[name for name, _ in columns.values()]
    )


def _read_parquet(content: bytes, source: str) -> pa.Table:
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        _check_width(file.metadata.num_columns, source)
        check_rows(file.metadata.num_rows, source)
        return file.read()
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFile(f"Cannot read {source} as Parquet: {_first_words(error)}") from error


def _read_csv(content: bytes, source: str) -> pa.Table:
    content = _from_utf16(content, source)
    if b"\0" in content[:4096]:
        raise UnreadableFile(f"Expected CSV or Parquet, {source} is neither")
    check_rows(content.count(b"\n") - 1, source)  # lines; rows are as many, or fewer
    encoding = _encoding(content)
    header = _first_line(content.removeprefix(b"\xef\xbb\xbf")).decode(encoding)
    separator = max(SEPARATORS, key=header.count)
    _check_width(header.count(separator) + 1, source)
    try:
        names = [name.strip() for name in next(csv.reader([header], delimiter=separator), [])]
        if not content.removeprefix(b"\xef\xbb\xbf")[len(header.encode(encoding)) :].strip():
            return pa.table({name: pa.array([], pa.string()) for name in names})
        return pyarrow.csv.read_csv(
            io.BytesIO(content),
            pyarrow.csv.ReadOptions(encoding=encoding, column_names=names, skip_rows=1),
            pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=MISSING,
                strings_can_be_null=True,
            ),
        )
    except (pa.ArrowException, csv.Error) as error:
        raise UnreadableFile(f"Cannot read {source} as CSV: {_first_words(error)}") from error


def _from_utf16(content: bytes, source: str) -> bytes:
    """The content in UTF-8 where it begins as UTF-16, in which spreadsheets save "Unicode text"."""
    if not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content
    try:
        return content.decode("utf-16").encode("utf-8")
    except UnicodeError as error:
        raise UnreadableFile(f"Cannot read {source} as text in UTF-16: {error}") from error


def _first_line(content: bytes) -> bytes:
    """The headings, whatever ends their line."""
    end = re.search(rb"[\r\n]", content)
    return content[: end.start()] if end else content


def _encoding(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _check_width(n_columns: int, source: str) -> None:
    if n_columns > MAX_COLUMNS:
        raise BadTable(f"Expected at most {MAX_COLUMNS} columns in {source}, found {n_columns}")


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The column with plain values, None for one of lists or structures."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return None if pa.types.is_nested(column.type) else column


def _spelled(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    if name.startswith("p_"):
        return to_numbers(name, column)
    try:
        text = _with_decimal_points(column.cast(pa.string()))
    except pa.ArrowException as error:
        raise BadTable(f"Expected texts in column {name}: {_first_words(error)}") from error
    text = pc.if_else(pc.is_in(text, pa.array(MISSING)), None, text)
    return pc.replace_substring_regex(text, r"^(-?\d+)\.0+$", r"\1")


def to_numbers(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as float64, from numbers or from texts that spell them.

    Raises:
        BadTable: Where one is no number; names the column and the first such value.
    """
    if pa.types.is_large_string(column.type) or pa.types.is_string(column.type):
        column = _with_decimal_points(column)
    try:
        return column.cast(pa.float64())
    except pa.ArrowException as error:
        raise BadTable(f"Expected numbers in column {name}: {_first_words(error)}") from error


def _with_decimal_points(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Trimmed texts; numbers with a decimal comma, as spreadsheets write them, get a point."""
    return pc.replace_substring_regex(
        pc.utf8_trim_whitespace(text), r"^(-?\d+),(\d+(?:[eE][-+]?\d+)?)$", r"\1.\2"
    )


def _first_words(error: Exception) -> str:
    """The start of a library's message, which may go on to quote whole rows."""
    return str(error).splitlines()[0][:120]
