"""Tables in files from anywhere, CSV or Parquet, read into columns that are spelled alike."""

import csv
import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from mammo_core.errors import BadTable, UnreadableFile
from mammo_core.table_limits import check_rows

MAX_COLUMNS = 2000
SEPARATORS = ",;\t|"
MISSING = ["", "NA", "N/A", "NaN", "nan", "None", "null", "NULL", "<NA>"]


def read_columns(content: bytes, source: str) -> pa.Table:
    """The columns of a CSV or Parquet file: p_<class> as float64, all others as texts.

    Whole numbers are spelled without a decimal point, so that a table reads the same from either
    format. Nested columns of a Parquet file are left out.

    Args:
        content: The file's bytes.
        source: The file's name for messages.

    Raises:
        UnreadableFile: Where the content is neither CSV nor Parquet, or damaged.
        BadTable: Where there are too many columns or rows, or a probability is no number.
    """
    table = _read_parquet(content, source) if content[:4] == b"PAR1" else _read_csv(content, source)
    columns = {}
    for position, name in enumerate(table.column_names):
        column = _flat(table.column(position))
        if column is not None:
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
    if b"\0" in content[:4096]:
        raise UnreadableFile(f"Expected CSV or Parquet, {source} is neither")
    check_rows(content.count(b"\n") - 1, source)  # lines; rows are as many, or fewer
    encoding = _encoding(content)
    header = content.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode(encoding).strip()
    separator = max(SEPARATORS, key=header.count)
    _check_width(header.count(separator) + 1, source)
    names = next(csv.reader([header], delimiter=separator), [])
    try:
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
        return _to_numbers(name, column)
    text = _with_decimal_points(column.cast(pa.string()))
    text = pc.if_else(pc.is_in(text, pa.array(MISSING)), None, text)
    return pc.replace_substring_regex(text, r"^(-?\d+)\.0+$", r"\1")


def _to_numbers(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
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
