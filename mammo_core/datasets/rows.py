"""What a layout tells about a folder: the images it found and the files it could not take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.datasets.regions import Region

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRow:
    """One image as its layout describes it; None where the layout doesn't say.

    Attributes:
        file: The image's file, absolute.
        image_id: Unique in the dataset and fit for a file name (see `naming.safe_name`); empty
            takes it from the header, as `hide_id` of the image's UID.
        patient_id: None takes patient and exam from the header, hidden by `privacy.hide_id`.
        label: The class of this image, where the source names one itself.
        pathology: "normal", "benign" or "malignant", where the source tells it.
        birads: The assessment of the breast or image, such as "2" or "4B".
        cancer: Whether cancer was found, where the source tells it.
        mask_file: A mask picture that exists already, in the image's own grid.
        mask_files: For each lesion the files among which its own mask is, to be merged into one
            (see `mask_merging`), where there is no such picture.
        regions: Lesions to draw a mask from, where there is no such picture either.
        regions_grid: Rows and columns in which the regions count; None: the image's own.
        header_view: What the file's header may call the view beside `view`.
        tag: Whether a tag that betrays the label was burned in (made images only).
        The others are the index's columns of the same name.
    """

    file: Path
    image_id: str
    patient_id: str | None
    label: str | None = None
    pathology: str | None = None
    cancer: bool | None = None
    exam_id: str | None = None
    laterality: str | None = None
    view: str | None = None
    split: str | None = None
    lesion: str | None = None
    density: str | None = None
    age: float | None = None
    manufacturer: str | None = None
    birads: str | None = None
    implant: bool | None = None
    pixel_spacing_mm: float | None = None
    source: str | None = None
    acquisition: str | None = None
    mask_file: Path | None = None
    mask_files: tuple[tuple[Path, ...], ...] = ()
    regions: tuple[Region, ...] = ()
    regions_grid: tuple[int, int] | None = None
    header_view: str | None = None
    tag: bool | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that the dataset leaves out.

    Attributes:
        file: Its path, relative to the source folder.
        reason: A sentence that is the same for all files with the same fault, to be counted.
    """

    file: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a layout read.

    Attributes:
        warnings: Sentences about the source as a whole.
        synthetic: Whether the images were made rather than taken.
    """

    rows: Sequence[ImageRow]
    refusals: Sequence[Refusal] = ()
    warnings: Sequence[str] = ()
    synthetic: bool = False


COLUMNS = {
    "image_id": "str",
    "patient_id": "str",
    "exam_id": "str",
    "laterality": "str",
    "view": "str",
    "label": "str",
    "split": "str",
    "path": "str",
    "mask_path": "str",
    "lesion": "str",
    "density": "str",
    "age": "float64",
    "manufacturer": "str",
    "birads": "str",
    "implant": "boolean",
    "pixel_spacing_mm": "float64",
    "rows": "int64",
    "columns": "int64",
    "source": "str",
    "acquisition": "str",
    "gate": "str",
    "digest": "str",
    "sha256": "str",
}
"""The index's columns in order, with the one type that each has; unknown is missing.

`digest` tells files apart by their ends (see `headers.digest_file`); `sha256` is of all bytes and
missing until the images are prepared.
"""

ADDED = ("acquisition", "digest")
"""Columns that an index of an earlier version lacks, where they count as unknown."""

TOLD = tuple(field.name for field in fields(ImageRow) if field.name in COLUMNS)
"""The columns that a layout can tell."""


def build_frame(columns: Mapping[str, Sequence[object]]) -> "pd.DataFrame":
    """The index of columns of equal length, with the types of COLUMNS; one not given is missing.

    A column `tag` is added only where an image has one.
    """
    import pandas as pd

    unknown = [None] * len(columns["image_id"])
    types = dict(COLUMNS)
    if any(tag is not None for tag in columns.get("tag", ())):
        types["tag"] = "boolean"
    return pd.DataFrame(
        {
            name: pd.Series(list(columns.get(name, unknown)), dtype=kind)
            for name, kind in types.items()
        }
    )
