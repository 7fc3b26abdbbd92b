"""VinDr-Mammo: 5,000 Vietnamese exams of four views with BI-RADS and boxes around findings."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.datasets.archive_tables import (
    ABSENT,
    CONTRADICTION,
    Sifted,
    build_rows,
    read_columns,
    read_first_line,
    refuse_unlisted,
    settle_repeats,
    sift,
    to_numbers,
)
from mammo_core.datasets.folders import choose_files, find_archive, list_files, strip_suffix
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import (
    DENSITY_WORDS,
    LATERALITY_WORDS,
    SPLIT_WORDS,
    VIEWS,
)
from mammo_core.datasets.regions import Box
from mammo_core.datasets.rows import Reading

if TYPE_CHECKING:
    import pandas as pd

BREASTS = "breast-level_annotations.csv"
FINDINGS = "finding_annotations.csv"
METADATA = "metadata.csv"
IMAGES = "images"

BREAST_COLUMNS = (
    *("study_id", "image_id", "laterality", "view_position"),
    *("breast_birads", "breast_density", "split"),
)
SIZE_COLUMNS = ("height", "width")
DECISIVE = ("study_id", "laterality", "view_position", "breast_birads", "split")
CORNERS = ("ymin", "xmin", "ymax", "xmax")
FINDING_COLUMNS = ("image_id", "finding_categories", "finding_birads", *CORNERS)
ASSESSMENT = r"(?i)^BI-?RADS\s*([0-6])$"
NO_ASSESSMENT = "Its assessment is none of BI-RADS 0 to 6"

LESIONS = {"suspicious_calcification": "calcification", "suspicious_lymph_node": "lymph_node"}
"""Kinds of findings that the index names otherwise."""


@dataclass(frozen=True)
class VindrMammo(Layout):
    """`images/<study_id>/<image_id>.dicom` and three tables; or copies as PNG in such folders.

    The assessment is the breast's and stands with each of its images; only findings of BI-RADS 3
    or worse are boxed, and a box may hold retracted skin or a lymph node as well as a lesion.
    There is no pathology. No table names patients, so that each exam counts as one. The files'
    SOP class is 1.2.3.4, which is none. The source's test set stays the test set.
    """

    name: ClassVar = "vindr_mammo"
    title: ClassVar = "VinDr-Mammo"
    licence: ClassVar = (
        "VinDr-Mammo 1.0.0, PhysioNet, doi:10.13026/br2v-7517: restricted access under a data use "
        "agreement, not to be passed on; cite Nguyen et al. 2023, doi:10.1038/s41597-023-02100-7."
    )
    expects: ClassVar = "breast-level_annotations.csv, finding_annotations.csv and images/"
    schemes: ClassVar = ("birads",)

    def detects(self, root: Path) -> bool:
        """Whether its breast-level table lies in the folder, beside it or in the only one in it."""
        return _find(root) is not None

    def read(self, root: Path) -> Reading:
        """The images of the breast-level table, with the boxes of their findings.

        Raises:
            BadTable: Where a table lacks a column.
            UnreadableFile: Where the breast-level table cannot be opened.
        """
        place = _find(root) or root
        table = read_columns(place / BREASTS, BREAST_COLUMNS, SIZE_COLUMNS)
        files = choose_files(list_files(place), _key)
        sifted = _sift(table, files)
        findings, warnings = _read_findings(place)
        told, more = _read_metadata(place)
        named = table["study_id"] + "/" + table["image_id"]
        return Reading(
            rows=build_rows(_facts(sifted.frame, place, findings, told)),
            refusals=[*sifted.refusals, *refuse_unlisted(files, named)],
            warnings=[
                *warnings,
                *more,
                "VinDr-Mammo names exams, not patients: each exam counts as a patient",
            ],
        )


def _find(root: Path) -> Path | None:
    return find_archive(root, _holds, (IMAGES,))


def _holds(folder: Path) -> bool:
    return {"image_id", "breast_birads"} <= set(read_first_line(folder / BREASTS))


def _key(path: str) -> str:
    """<study>/<image> of a file, in whatever folder they lie."""
    return strip_suffix("/".join(path.split("/")[-2:]))


def _sift(table: "pd.DataFrame", files: dict[str, str]) -> Sifted:
    """The rows that can be taken; column `file` is relative to the archive's folder."""
    frame, is_contradictory = settle_repeats(table, "image_id", DECISIVE)
    frame["birads"] = frame["breast_birads"].str.extract(ASSESSMENT, expand=False).fillna("")
    frame["file"] = (frame["study_id"] + "/" + frame["image_id"]).map(files)
    frame["shown"] = f"{IMAGES}/" + frame["study_id"] + "/" + frame["image_id"] + ".dicom"
    return sift(
        frame,
        "shown",
        {
            CONTRADICTION: is_contradictory,
            NO_ASSESSMENT: frame["birads"] == "",
            ABSENT: frame["file"].isna(),
        },
    )


def _facts(
    frame: "pd.DataFrame", place: Path, findings: "pd.DataFrame", told: "pd.DataFrame"
) -> dict[str, Iterable[object]]:
    """The rows' facts, column by column."""
    ids = frame["image_id"]
    found = findings.reindex(ids)
    known = told.reindex(ids)
    return {
        "file": [place / file for file in frame["file"]],
        "image_id": ids,
        "patient_id": frame["study_id"],
        "exam_id": frame["study_id"],
        "birads": frame["birads"],
        "laterality": frame["laterality"].str.lower().map(LATERALITY_WORDS),
        "view": frame["view_position"].where(frame["view_position"].isin(VIEWS)),
        "split": frame["split"].str.lower().map(SPLIT_WORDS),
        "density": frame["breast_density"].str[-1:].str.lower().map(DENSITY_WORDS),
        "lesion": found["lesion"],
        "regions": [boxes if isinstance(boxes, tuple) else () for boxes in found["boxes"]],
        "regions_grid": _grids(frame, found["boxes"].notna().to_numpy(bool)),
        "age": known["age"],
        "manufacturer": known["manufacturer"],
        "source": ["VinDr-Mammo"] * len(frame),
    }


def _grids(frame: "pd.DataFrame", is_boxed: NDArray[np.bool_]) -> list[tuple[int, int] | None]:
    """Height and width in which an image's boxes count; None where the table doesn't say."""
    if not set(SIZE_COLUMNS) <= set(frame.columns):
        return [None] * len(frame)
    heights, widths = (to_numbers(frame[name]).fillna(0) for name in SIZE_COLUMNS)
    return [
        (int(height), int(width)) if boxed and min(height, width) > 0 else None
        for height, width, boxed in zip(heights, widths, is_boxed, strict=True)
    ]


def _read_findings(place: Path) -> tuple["pd.DataFrame", list[str]]:
    """(`boxes` and `lesion` of each image that has a finding, warnings)."""
    import pandas as pd

    if not (place / FINDINGS).is_file():
        empty = pd.DataFrame({"boxes": [], "lesion": []})
        return empty, [f"There is no {FINDINGS}: no lesion has a mask"]
    table = read_columns(place / FINDINGS, FINDING_COLUMNS)
    table = table[~table["finding_categories"].str.contains("No Finding")]
    for name in CORNERS:
        table[name] = to_numbers(table[name])
    is_box = (table["ymax"] > table["ymin"]) & (table["xmax"] > table["xmin"])
    warnings = []
    if not is_box.all():
        warnings = [f"{int((~is_box).sum())} findings of {FINDINGS} have no box and no mask"]
    return _gather(table[is_box]), warnings


def _gather(findings: "pd.DataFrame") -> "pd.DataFrame":
    """All boxes of an image and the kind of its gravest finding, by image id."""
    import pandas as pd

    boxes = [Box(*corners) for corners in findings[list(CORNERS)].itertuples(index=False)]
    graded = findings.assign(
        grade=to_numbers(findings["finding_birads"].str[-1:]).fillna(0),
        lesion=findings["finding_categories"].map(_kind),
        boxes=pd.Series(boxes, index=findings.index, dtype=object),
    ).sort_values("grade", ascending=False, kind="stable")
    by_image = graded.groupby("image_id", sort=False)
    return by_image.agg(boxes=("boxes", tuple), lesion=("lesion", "first"))


def _kind(categories: str) -> str | None:
    """The first of a finding's categories, which stand as a Python list of texts."""
    told = re.search(r"['\"]([^'\"]+)['\"]", categories)
    kind = re.sub(r"\W+", "_", told[1].strip().lower()) if told else ""
    return LESIONS.get(kind, kind) or None


def _read_metadata(place: Path) -> tuple["pd.DataFrame", list[str]]:
    """(`age` and `manufacturer` by image id where metadata.csv tells them, warnings)."""
    import pandas as pd

    headings = {_plain(name): name for name in read_first_line(place / METADATA)}
    key = headings.get("sop_instance_uid") or headings.get("image_id")
    if key is None:
        empty = pd.DataFrame({"age": [], "manufacturer": []}, dtype=object)
        return empty, [f"No {METADATA} with ages and scanners by SOP instance was found"]
    age = headings.get("patient_s_age") or headings.get("patient_age")
    maker = headings.get("manufacturer")
    table = read_columns(place / METADATA, [key], [name for name in (age, maker) if name])
    table = table.drop_duplicates(key).set_index(key)
    blank = pd.Series("", index=table.index)
    ages = (table[age] if age else blank).str.extract(r"^0*(\d{1,3})Y?$", expand=False)
    makers = table[maker] if maker else blank
    return pd.DataFrame({"age": to_numbers(ages), "manufacturer": makers}), []


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")
