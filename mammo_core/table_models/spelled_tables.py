"""Prediction tables from elsewhere, read under our names without being taken in."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from mammo_core.errors import BadTable
from mammo_core.predictions import PredictionTable, check_predictions, read_content
from mammo_core.table_files import read_file
from mammo_core.table_models.spelling import Spelling, list_names, translate


@dataclass(frozen=True, eq=False)
class _File:
    """The columns of a file as they stand in it."""

    source: str
    sha256: str
    columns: pa.Table

    def check(self, spelling: Spelling) -> PredictionTable:
        translated = translate(self.columns, spelling, self.source)
        return check_predictions(translated, self.source, self.sha256)


def read_spelled(path: str | Path, spelling: Spelling) -> PredictionTable:
    """The checked table of a file that names things otherwise.

    Args:
        path: CSV or Parquet.
        spelling: How it names them; an empty one reads as `predictions.read_predictions`.

    Raises:
        UnreadableFile, BadTable: As there; also where it lacks a column that is renamed.
    """
    return _read(Path(path)).check(spelling)


def read_all_spelled(paths: Sequence[str], spelling: Spelling) -> list[PredictionTable]:
    """The same of several files, each renamed as far as it has the columns.

    Raises:
        UnreadableFile, BadTable: As `read_spelled`; a renamed column must be in one of them.
    """
    if not spelling.rename:
        return [read_spelled(path, spelling) for path in paths]  # one after the other in memory
    files = [_read(Path(path)) for path in paths]
    for theirs in spelling.rename:
        if not any(theirs in file.columns.column_names for file in files):
            found = (f"{one.source} has {list_names(one.columns.column_names)}" for one in files)
            raise BadTable(f"Expected the column '{theirs}' that is renamed, {'; '.join(found)}")
    return [file.check(spelling.narrow(file.columns.column_names)) for file in files]


def _read(path: Path) -> _File:
    content = read_content(path)
    return _File(path.name, hashlib.sha256(content).hexdigest(), read_file(content, path.name))
