"""Tables of published archives: the columns that count, repeated rows settled, rows sifted."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.datasets.naming import safe_name
from mammo_core.datasets.rows import ImageRow, Refusal
from mammo_core.errors import BadTable, UnreadableFile
from mammo_core.table_limits import check_bytes, check_rows

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

LONGEST_HEADING_LINE = 1 << 17
"""Bytes in which a table's first line must end."""

ABSENT = "The table names this file, the folder lacks it"
UNLISTED = "No row of the table names this file"
CONTRADICTION = "Rows of the table contradict each other about this image"


@dataclass(frozen=True)
class Sifted:
    """The rows of a table that can be taken, and why the others cannot."""

    frame: "pd.DataFrame"
    refusals: list[Refusal]


def read_first_line(path: Path) -> list[str]:
    """The headings of a CSV file from its first line alone, none where it cannot be read."""
    try:
        if not path.is_file():  # opening a named pipe would wait for its other end
            return []
        with path.open("rb") as file:
            line = file.readline(LONGEST_HEADING_LINE).decode("utf-8-sig")
        return [] if "\0" in line else _split(line, _separator(line))
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def read_columns(path: Path, needed: Sequence[str], optional: Sequence[str] = ()) -> "pd.DataFrame":
    """Columns of a CSV file as trimmed text; what is missing is the empty text.

    Only these columns are held in memory, for archives have tables of hundreds of columns. Whole
    numbers lose the ".0" that spreadsheets and pandas add.

    Args:
        path: The table; separated by comma, semicolon, tab or bar.
        needed: Headings that must be there.
        optional: Headings that are read where they are there.

    Raises:
        BadTable: Where a needed column lacks, the text is not UTF-8, there is no row or too many.
        UnreadableFile: Where the file is missing or damaged.
    """
    import pyarrow as pa

    headings = _check_headings(path, needed)
    wanted = [name for name in (*needed, *optional) if name in headings]
    with _explaining(path):
        batches = list(_stream(path, headings, wanted))
    table = pa.Table.from_batches(batches).select(wanted) if batches else None
    if table is None or not table.num_rows:
        raise BadTable(f"Expected rows in {path.name}, found none")
    return tidy_texts(table.to_pandas())


def require_columns(name: str, headings: Sequence[str], needed: Sequence[str]) -> None:
    """Refuse a table that lacks a column or has one of them twice.

    Raises:
        BadTable: With what was expected and what was found.
    """
    missing = [column for column in needed if column not in headings]
    if missing:
        found = ", ".join(headings[:20]) or "nothing readable"
        hint = "" if len(headings) > 1 else "; the separator must be comma, semicolon, tab or |"
        raise BadTable(
            f"Expected {name} to have the columns {', '.join(needed)}; it lacks "
            f"{', '.join(missing)}, its first line has {found}{hint}"
        )
    repeated = [column for column in needed if headings.count(column) > 1]
    if repeated:
        raise BadTable(f"Expected each heading once in {name}, '{repeated[0]}' occurs again")


def tidy_texts(frame: "pd.DataFrame") -> "pd.DataFrame":
    """All columns as trimmed text, missing ones empty, whole numbers without ".0"."""
    return frame.astype("str").fillna("").apply(lambda column: _tidy(column))


def settle_repeats(
    frame: "pd.DataFrame", key: str, decisive: Sequence[str]
) -> tuple["pd.DataFrame", "pd.Series[bool]"]:
    """(the first row of each key, whether rows of its key differ in a decisive column)."""
    differing = frame.groupby(key, sort=False)[list(decisive)].nunique().gt(1).any(axis=1)
    first = frame.drop_duplicates(key).reset_index(drop=True)
    return first, first[key].map(differing).astype(bool)


def sift(frame: "pd.DataFrame", path: str, faults: Mapping[str, "pd.Series[bool]"]) -> Sifted:
    """Split a table by what speaks against its rows.

    Args:
        frame: The table.
        path: The column with the file's path, for the refusals.
        faults: For each reason the rows that it strikes; the first one that does is told.
    """
    import numpy as np

    if frame.empty:
        return Sifted(frame, [])
    told = np.select([fault.to_numpy(bool) for fault in faults.values()], list(faults), "")
    struck = told != ""
    pairs = zip(frame.loc[struck, path], told[struck], strict=True)
    return Sifted(frame[~struck], [Refusal(str(file), str(reason)) for file, reason in pairs])


def refuse_unlisted(files: Mapping[str, str], named: Iterable[str]) -> list[Refusal]:
    """A refusal for each file that no row of a table names.

    Args:
        files: Paths by key, as `folders.choose_files` gives them.
        named: The keys of all rows.
    """
    known = set(named)
    return [Refusal(file, UNLISTED) for key, file in files.items() if key not in known]


def build_rows(columns: Mapping[str, Iterable[object]]) -> list[ImageRow]:
    """Image rows of columns of equal length, named as the fields.

    In a column of pandas, NaN and the empty text stand for what is unknown; other columns are
    taken as they are.
    """
    names = list(columns)
    shared: dict[object, object] = {}
    told = [_objects(column, shared) for column in columns.values()]
    return [ImageRow(**dict(zip(names, values, strict=True))) for values in zip(*told, strict=True)]


def choose_ids(*choices: "pd.Series[str]") -> "pd.Series[str]":
    """Image ids: each row's first choice that no other row shares, at worst its last choice."""
    ids = choices[0].map(safe_name)
    for choice in choices[1:]:
        is_shared = ids.duplicated(keep=False)
        if is_shared.any():
            ids = ids.mask(is_shared, choice.map(safe_name))
    return ids


def to_numbers(column: "pd.Series[str]") -> "pd.Series[float]":
    """The finite numbers of a column of text as float64, NaN where it holds none."""
    import numpy as np
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _objects(column: Iterable[object], shared: dict[object, object]) -> Iterable[object]:
    """Plain values, None where they are unknown; the same text is the same object everywhere.

    A cell at a time, pandas is ten times slower.
    """
    import pandas as pd

    if not isinstance(column, pd.Series):
        return column
    values = column.astype(object).where(column.notna() & (column != ""), None).tolist()
    return [shared.setdefault(value, value) if type(value) is str else value for value in values]


def _check_headings(path: Path, needed: Sequence[str]) -> list[str]:
    if not path.is_file():
        raise UnreadableFile(f"Expected a table {path.name} in {path.parent}, found none")
    headings = read_first_line(path)
    require_columns(path.name, headings, needed)
    return headings


def _separator(line: str) -> str:
    from mammo_core.table_files import SEPARATORS

    return max(SEPARATORS, key=line.count)


def _split(line: str, separator: str) -> list[str]:
    names = next(csv.reader([line.strip("\r\n")], delimiter=separator), [])
    return [name.strip() for name in names]


def _stream(
    path: Path, headings: Sequence[str], wanted: Sequence[str]
) -> Iterator["pyarrow.RecordBatch"]:
    """The wanted columns in pieces; a heading that occurs twice counts at its first place."""
    import pyarrow as pa
    import pyarrow.csv

    from mammo_core.table_files import MISSING

    check_bytes(path)
    with path.open("rb") as file:
        separator = _separator(file.readline(LONGEST_HEADING_LINE).decode("utf-8-sig"))
        file.seek(0)
        reader = pyarrow.csv.open_csv(
            file,
            pyarrow.csv.ReadOptions(column_names=_unique(headings), skip_rows=1),
            pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=list(wanted),
                null_values=MISSING,
                strings_can_be_null=True,
            ),
        )
        n_rows = 0
        for batch in reader:
            n_rows += batch.num_rows
            check_rows(n_rows, path.name)
            yield batch


def _unique(headings: Sequence[str]) -> list[str]:
    first = {name: place for place, name in reversed(list(enumerate(headings)))}
    return [
        name if first[name] == place else f"{name} #{place}" for place, name in enumerate(headings)
    ]


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Turn a parser's complaint, which quotes whole rows, into a line without values."""
    import pyarrow as pa

    try:
        yield
    except pa.ArrowException as error:
        if "UTF8" in str(error) or "UTF-8" in str(error):
            raise BadTable(f"Expected {path.name} in UTF-8; save it as 'CSV UTF-8'") from None
        raise UnreadableFile(
            f"Cannot read {path.name} as CSV: a row has more or fewer values than headings"
        ) from None
    except OSError as error:
        raise UnreadableFile(f"Cannot read {path.name}: {error.strerror or 'damaged'}") from None


def _tidy(column: "pd.Series[str]") -> "pd.Series[str]":
    return column.str.strip().str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)
