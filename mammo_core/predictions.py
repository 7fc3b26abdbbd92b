"""The prediction table: a row an image, a probability a class; the one thing evaluation reads."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from mammo_core.errors import BadConfiguration, BadTable, UnreadableFile
from mammo_core.paths import writing
from mammo_core.table_files import read_columns
from mammo_core.table_limits import check_bytes, check_classes

REQUIRED = ("image_id", "patient_id", "label")
NUMBERS = ("age", "pixel_spacing_mm", "rows", "columns")
SUM_TOLERANCE = 1e-3
ON_THE_PAGE = "on Models > Import: Columns that have other names, and Classes"


@dataclass(frozen=True, eq=False)
class PredictionTable:
    """Checked predictions, ordered by patient and image; made by `read_predictions`.

    Attributes:
        frame: `image_id, patient_id, label, p_<class>...` and what metadata there is. A missing
            label is missing; evaluation leaves its row out.
        classes: The classes in the order of their columns, mildest first.
        sha256: Of the file that the table came from.
        level: What a row is: "image", "breast", "exam" or "patient".
        members: (image ids, row of each) where rows hold several images, else None.
    """

    frame: pd.DataFrame
    classes: tuple[str, ...]
    sha256: str = ""
    level: str = "image"
    members: tuple[ExtensionArray, NDArray[np.intp]] | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """(N, K) probabilities, columns as `classes`."""
        return self.frame[[f"p_{name}" for name in self.classes]].to_numpy(np.float64)

    @cached_property
    def labels(self) -> NDArray[np.intp]:
        """(N,) index of each row's true class, -1 where it is unknown."""
        codes = pd.Categorical(self.frame["label"], categories=list(self.classes)).codes
        return codes.astype(np.intp)

    @cached_property
    def predicted(self) -> NDArray[np.intp]:
        """(N,) index of the most probable class, the milder one of equals."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def patients(self) -> NDArray[np.intp]:
        """(N,) number of each row's patient, 0, 1, ... in the order of the rows."""
        return pd.factorize(self.frame["patient_id"])[0].astype(np.intp)

    @property
    def n_patients(self) -> int:
        """How many patients there are."""
        return int(self.patients.max()) + 1 if len(self) else 0

    def class_index(self, name: str | None) -> int:
        """The place of a class; `None` is the last, most severe one.

        Raises:
            BadConfiguration: For a name that is no class of this table.
        """
        if name is None:
            return len(self.classes) - 1
        if name not in self.classes:
            raise BadConfiguration(f"Expected a class among {_names(self.classes)}, got '{name}'")
        return self.classes.index(name)

    def take(self, rows: NDArray[Any]) -> "PredictionTable":
        """The rows under a mask or at ascending positions."""
        chosen = self.frame[rows] if rows.dtype == bool else self.frame.iloc[rows]
        frame = chosen.reset_index(drop=True)
        if self.members is None:
            return replace(self, frame=frame)
        images, row_of_image = self.members
        place = np.full(len(self), -1, dtype=np.intp)
        place[rows] = np.arange(len(frame))
        row_of_image = place[row_of_image]
        is_left = row_of_image >= 0
        return replace(self, frame=frame, members=(images[is_left], row_of_image[is_left]))

    def image_ids(self, rows: NDArray[Any]) -> list[str]:
        """The images behind the rows under a mask or at positions."""
        if self.members is None:
            return self.frame["image_id"].to_numpy()[rows].tolist()
        images, row_of_image = self.members
        chosen = np.zeros(len(self), dtype=bool)
        chosen[rows] = True
        return images[chosen[row_of_image]].tolist()


@dataclass(frozen=True)
class Provenance:
    """What a stored prediction table was made from.

    Attributes:
        model_sha256: Of the model's weights file.
        dataset_fingerprint: Of the dataset's index.
        split: The split that was predicted, "all" for every image.
    """

    model_sha256: str
    dataset_fingerprint: str
    split: str = "all"

    def is_of(self, model_sha256: str, dataset_fingerprint: str) -> bool:
        """Whether the table is still that model's on that dataset."""
        return (self.model_sha256, self.dataset_fingerprint) == (model_sha256, dataset_fingerprint)


def read_predictions(path: str | Path) -> PredictionTable:
    """The checked table of a CSV or Parquet file.

    Raises:
        UnreadableFile: Where there is no such file or it is neither CSV nor Parquet.
        BadTable: Where columns or values cannot be used; names the column, image and value.
    """
    path = Path(path)
    content = read_content(path)
    sha256, columns = hashlib.sha256(content).hexdigest(), read_columns(content, path.name)
    del content
    return check_predictions(columns, path.name, sha256)


def read_content(path: Path) -> bytes:
    """The bytes of a table's file.

    Raises:
        UnreadableFile: Where there is none.
        BadTable: Where it is larger than any table of images.
    """
    try:
        check_bytes(path)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"Cannot read {path}: {error.strerror or error}") from error


def check_predictions(columns: pa.Table, source: str, sha256: str = "") -> PredictionTable:
    """The table in `columns` (texts, or numbers under p_<class>), checked and ordered.

    Raises:
        BadTable: As `read_predictions`.
    """
    classes = check_columns(columns.column_names, source)
    if not columns.num_rows:
        raise BadTable(f"Expected at least one row in {source}, found none")
    columns = columns.sort_by([("patient_id", "ascending"), ("image_id", "ascending")])
    frame = _to_frame(columns)
    for name in set(NUMBERS) & set(frame.columns):
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(np.float64)
    _check_identity(frame, source)
    _check_probabilities(frame, classes)
    _check_labels(frame, classes)
    return PredictionTable(frame, classes, sha256)


def _to_frame(columns: pa.Table) -> pd.DataFrame:
    """The columns as a frame; what reading them took goes back to the system.

    Arrow keeps what it frees for later, which a process that serves pages has no use for: of a
    million rows 340 MB.
    """
    frame: pd.DataFrame = columns.to_pandas()
    del columns
    pa.default_memory_pool().release_unused()
    return frame


def write_predictions(
    path: str | Path, frame: pd.DataFrame, facts: Mapping[str, str] | None = None
) -> None:
    """Write a prediction table as Parquet, whole or not at all.

    Args:
        path: Of the file.
        frame: The table, not checked here.
        facts: What it was made from, kept in the file's metadata: the fields of `Provenance`.
    """
    table = pa.Table.from_pandas(frame, preserve_index=False)
    notes = {key.encode(): value.encode() for key, value in (facts or {}).items()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **notes})
    with writing(Path(path)) as temporary:
        pq.write_table(table, temporary)


def read_provenance(path: str | Path) -> Provenance | None:
    """What a stored table was made from, None where there is no table or it does not say."""
    try:
        notes = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return None
    found = {key.decode(): notes[key].decode() for key in notes if key in _NOTES}
    return Provenance(**found) if len(found) == len(_NOTES) else None


_NOTES = (b"model_sha256", b"dataset_fingerprint", b"split")


def check_columns(names: list[str], source: str) -> tuple[str, ...]:
    """The classes that a table with these columns tells of.

    Raises:
        BadTable: Where a column lacks or comes repeatedly, or the classes are too few or many.
    """
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise BadTable(f"Expected each column once in {source}, '{repeated[0]}' comes repeatedly")
    for name in REQUIRED:
        if name not in names:
            raise BadTable(
                f"Expected a column '{name}' in {source}, found {_names(names)}; where it is named "
                f"otherwise, tell it by --rename THEIRS={name} ({ON_THE_PAGE})"
            )
    classes = tuple(name[2:] for name in names if name.startswith("p_") and name != "p_")
    if len(classes) < 2:
        raise BadTable(
            f"Expected a column p_<class> for each of at least two classes in {source}, "
            f"found {_names([f'p_{name}' for name in classes])}; where they are named otherwise, "
            f"tell them by --rename THEIRS=OURS and --classes ({ON_THE_PAGE})"
        )
    check_classes(len(classes), source)
    return classes


def _check_identity(frame: pd.DataFrame, source: str) -> None:
    if frame["image_id"].isna().any():
        raise BadTable(f"Expected an image_id in every row of {source}, one row has none")
    repeated = frame["image_id"].duplicated()
    if repeated.any():
        name = frame["image_id"][repeated].iloc[0]
        raise BadTable(f"Expected each image once in {source}, image '{_short(name)}' is repeated")
    if frame["patient_id"].isna().any():
        name = frame["image_id"][frame["patient_id"].isna()].iloc[0]
        raise BadTable(
            f"Image '{_short(name)}' has no patient_id; intervals need to know each image's patient"
        )


def _check_probabilities(frame: pd.DataFrame, classes: tuple[str, ...]) -> None:
    values = frame[[f"p_{name}" for name in classes]].to_numpy(np.float64)
    # Rounding of float32 may pass 1 by a hair; anything more is another scale.
    wrong = ~((values >= -1e-6) & (values <= 1 + 1e-6))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        value = values[row, column]
        came = "missing or not a number" if np.isnan(value) else f"{value:g}"
        raise BadTable(
            f"Expected probabilities from 0 to 1, p_{classes[column]} of image "
            f"'{_short(frame['image_id'].iloc[row])}' is {came}"
        )
    sums = values.sum(axis=1)
    off = np.abs(sums - 1) > SUM_TOLERANCE
    if off.any():
        row = int(np.argmax(off))
        raise BadTable(
            f"Expected the probabilities of an image to sum to 1 (within {SUM_TOLERANCE:g}), "
            f"those of image '{_short(frame['image_id'].iloc[row])}' sum to {sums[row]:.4g} "
            f"({off.sum()} such rows; each column that begins with p_ is a class: "
            f"{_names([f'p_{name}' for name in classes])})"
        )


def _check_labels(frame: pd.DataFrame, classes: tuple[str, ...]) -> None:
    unknown = ~frame["label"].isin(classes) & frame["label"].notna()
    if unknown.any():
        row = frame[unknown].iloc[0]
        raise BadTable(
            f"Expected labels among {_names(classes)} (the p_ columns), image "
            f"'{_short(row['image_id'])}' has the label '{_short(row['label'])}'; where "
            "classes are counted 0, 1, ..., --classes and Models > Import take their names"
        )


def _short(text: object) -> str:
    """A value from a file, as much of it as a message can hold."""
    return str(text) if len(str(text)) <= 60 else f"{str(text)[:57]}..."


def _names(names: "list[str] | tuple[str, ...]") -> str:
    shown = ", ".join(name[:40] for name in names[:15]) or "none"
    return shown + (f" and {len(names) - 15} more" if len(names) > 15 else "")
