"""The made mammograms that `sample` writes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import SPLITS, safe_name
from mammo_core.datasets.rows import ImageRow, Reading, Refusal
from mammo_core.datasets.tables import iterate_records, read_headings, read_table
from mammo_core.errors import BadTable, MammoError

ABSENT = "labels.csv names this file, the folder lacks it"
NEEDED = ("image_id", "patient_id", "label", "path")


@dataclass(frozen=True)
class Sample(Layout):
    """`labels.csv` with one row an image, `dicom/` and `masks/`, and `sample.json`."""

    name: ClassVar = "sample"
    title: ClassVar = "Synthetic sample"
    licence: ClassVar = "Made by this program; shows no person. MIT, as the program."
    expects: ClassVar = "labels.csv and sample.json as the verb sample writes them"

    def detects(self, root: Path) -> bool:
        """Whether `labels.csv` with the generator's columns and `sample.json` are there."""
        try:
            names = read_headings(root / "labels.csv")
        except MammoError:
            return False
        return (root / "sample.json").is_file() and set(NEEDED) <= set(names)

    def read(self, root: Path) -> Reading:
        """The images of labels.csv.

        Raises:
            BadTable: Where labels.csv lacks a column.
            UnreadableFile: Where it is missing.
        """
        frame = read_table(root / "labels.csv")
        missing = [name for name in NEEDED if name not in frame.columns]
        if missing:
            raise BadTable(
                f"Expected labels.csv to have {', '.join(NEEDED)}, it lacks {', '.join(missing)}"
            )
        rows, refusals = [], []
        for record in iterate_records(frame):
            if os.path.isfile(root / record["path"]):
                rows.append(_row(record, root))
            else:
                refusals.append(Refusal(record["path"], ABSENT))
        return Reading(rows=rows, refusals=refusals, synthetic=True)


def _row(record: Mapping[str, str], root: Path) -> ImageRow:
    def told(name: str) -> str | None:
        return record.get(name) or None

    mask, age, spacing, tag = map(told, ("mask_path", "age", "pixel_spacing_mm", "tag"))
    return ImageRow(
        file=root / record["path"],
        image_id=safe_name(record["image_id"]),
        patient_id=record["patient_id"],
        label=record["label"],
        exam_id=told("exam_id"),
        laterality=told("laterality"),
        view=told("view"),
        split=record.get("split") if record.get("split") in SPLITS else None,
        lesion=told("lesion"),
        density=told("density"),
        age=float(age) if age else None,
        manufacturer=told("manufacturer"),
        birads=told("birads"),
        pixel_spacing_mm=float(spacing) if spacing else None,
        source="synthetic",
        mask_file=root / mask if mask else None,
        tag=tag == "1" if tag else None,
    )
