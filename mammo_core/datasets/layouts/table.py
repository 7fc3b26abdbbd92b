"""A CSV or Parquet table of image paths and labels."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mammo_core.datasets.archive_tables import ABSENT
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import (
    DENSITY_WORDS,
    SEVERITY,
    SPLIT_WORDS,
    safe_name,
    tidy_label,
    tidy_laterality,
    tidy_view,
)
from mammo_core.datasets.rows import ImageRow, Reading, Refusal
from mammo_core.datasets.tables import (
    SUFFIXES,
    SYNONYMS,
    iterate_records,
    match_columns,
    read_headings,
    read_table,
    tables_in,
)
from mammo_core.errors import BadTable, MammoError

if TYPE_CHECKING:
    import pandas as pd

NEEDED = ("path", "label")
NO_LABEL = {"", "nan", "none", "null", "na", "n/a", "unknown", "unlabeled", "?"}
UNLABELED = "The table gives no label"
CONTRADICTION = "The table gives this file different labels"
REPEATED = "The table names this file more than once"


@dataclass(frozen=True)
class Table(Layout):
    """One row an image, found by its headings (see `tables.SYNONYMS`); `path` and `label` needed.

    Paths count from the table's folder. Once two of the known classes (normal, benign, malignant,
    ...) occur, a label that is not known is refused as unknown; a table of other labels has them
    as its classes. A file that stands twice is taken once, with two labels never.
    """

    name: ClassVar = "table"
    title: ClassVar = "CSV or Parquet table"
    licence: ClassVar = "Your own data: nothing is known about what its owners allow."
    expects: ClassVar = "a .csv, .tsv or .parquet with a column of paths and one of labels"

    def detects(self, root: Path) -> bool:
        """Whether the path is a table, or a folder with a table of paths and labels."""
        return root.is_file() or any(_serves(file) for file in tables_in(root))

    def read(self, root: Path) -> Reading:
        """The rows of the one table in the folder, or of the table itself.

        Raises:
            BadTable: Where columns lack, several tables serve, or the file is none.
            UnreadableFile: Where the table cannot be opened.
        """
        file = _find_table(root)
        frame = read_table(file)
        columns = _needed_columns(file, list(frame.columns))
        frame = frame[list(columns.values())].set_axis(list(columns), axis=1)
        frame["path"] = frame["path"].str.strip().str.replace("\\", "/")
        return _read_frame(frame, file.parent)


def _serves(file: Path) -> bool:
    """Whether a table names both paths and labels."""
    try:
        return set(NEEDED) <= set(match_columns(read_headings(file)))
    except MammoError:
        return False


def _find_table(root: Path) -> Path:
    if root.is_file():
        if root.suffix.lower() not in SUFFIXES:
            raise BadTable(f"Expected a folder or a table ({', '.join(SUFFIXES)}), got file {root}")
        return root
    tables = tables_in(root)
    serving = [file for file in tables if _serves(file)]
    if len(serving) > 1:
        names = ", ".join(file.name for file in serving)
        raise BadTable(f"Expected one table in {root}, found {names}; name the one to take")
    if not tables:
        raise BadTable(f"Expected {Table.expects} in {root}, found no table")
    return (serving or tables)[0]


def _needed_columns(file: Path, headings: list[str]) -> dict[str, str]:
    columns = match_columns(headings)
    for column in NEEDED:
        if column not in columns:
            raise BadTable(
                f"Expected a column of {column}s in {file.name} ({', '.join(SYNONYMS[column])}), "
                f"found {', '.join(headings)}"
            )
    return columns


def _read_frame(frame: "pd.DataFrame", folder: Path) -> Reading:
    """The rows whose file is there and whose label is clear; a reason for each other one."""
    labels: dict[str, set[str]] = {}
    for path, label in zip(frame["path"], frame["label"], strict=True):
        labels.setdefault(path, set()).add(tidy_label(label))
    known = set.union(*labels.values()) & set(SEVERITY)
    is_repeated = frame["path"].duplicated()
    reasons = [
        _reason_against(labels[path], known, folder / path) or (REPEATED if repeated else None)
        for path, repeated in zip(frame["path"], is_repeated, strict=True)
    ]
    found = frame[[reason is None for reason in reasons]]
    ids = _image_ids(found)
    return Reading(
        rows=[
            _row(record, folder, image_id)
            for record, image_id in zip(iterate_records(found), ids, strict=True)
        ],
        refusals=[
            Refusal(path, reason)
            for path, reason in zip(frame["path"], reasons, strict=True)
            if reason
        ],
        warnings=_warn_of_patients(found),
    )


def _reason_against(labels: set[str], known: set[str], file: Path) -> str | None:
    """Why a file with these labels is left out, None where it isn't."""
    if len(labels) > 1:
        return CONTRADICTION
    label = next(iter(labels))
    if label.lower() in NO_LABEL:
        return UNLABELED
    if len(known) >= 2 and label not in SEVERITY:
        return f"Label '{label}' is none of {', '.join(sorted(known))}"
    return None if os.path.isfile(file) else ABSENT


def _image_ids(frame: "pd.DataFrame") -> list[str]:
    """The table's ids, else the files' stems, else (where stems repeat) the whole paths."""
    if "image_id" in frame and (frame["image_id"] != "").all():
        return [safe_name(image_id) for image_id in frame["image_id"]]
    stems = [safe_name(Path(path).stem) for path in frame["path"]]
    if len(set(stems)) == len(stems):
        return stems
    return [safe_name(path) for path in frame["path"]]


def _row(record: Mapping[str, str], folder: Path, image_id: str) -> ImageRow:
    mask = record.get("mask_path")
    return ImageRow(
        file=folder / record["path"],
        image_id=image_id,
        patient_id=record.get("patient_id") or image_id,
        label=tidy_label(record["label"]),
        exam_id=record.get("exam_id") or None,
        laterality=tidy_laterality(record.get("laterality")),
        view=tidy_view(record.get("view")),
        split=SPLIT_WORDS.get(record.get("split", "").lower()),
        lesion=record.get("lesion") or None,
        density=DENSITY_WORDS.get(record.get("density", "").lower()),
        age=_number(record.get("age")),
        manufacturer=record.get("manufacturer") or None,
        birads=record.get("birads") or None,
        implant=_truth(record.get("implant")),
        pixel_spacing_mm=_number(record.get("pixel_spacing_mm")),
        source=record.get("source") or None,
        mask_file=folder / mask if mask else None,
    )


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _truth(text: str | None) -> bool | None:
    words = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
    return words.get((text or "").lower())


def _warn_of_patients(frame: "pd.DataFrame") -> list[str]:
    missing = int((frame["patient_id"] == "").sum()) if "patient_id" in frame else len(frame)
    if not missing:
        return []
    return [
        f"The table names no patient for {missing} of {len(frame)} images; each is taken as a "
        "patient of its own, so that two images of one patient may fall into different splits"
    ]
