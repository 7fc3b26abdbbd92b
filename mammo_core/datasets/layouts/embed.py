"""EMBED, the Emory Breast Imaging Dataset, as released on AWS: 480,323 images of 22,382 women."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mammo_core.datasets.archive_tables import (
    ABSENT,
    CONTRADICTION,
    Sifted,
    build_rows,
    choose_ids,
    read_columns,
    refuse_unlisted,
    settle_repeats,
    sift,
)
from mammo_core.datasets.folders import choose_files, find_archive, list_files, strip_suffix
from mammo_core.datasets.layouts.embed_findings import (
    describe_exams,
    judge_breasts,
    name_breasts,
)
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import VIEWS
from mammo_core.datasets.regions import Box
from mammo_core.datasets.rows import Reading
from mammo_core.errors import UnreadableFile

if TYPE_CHECKING:
    import pandas as pd

TABLES, IMAGES = "tables", "images"
CLINICAL = ("EMBED_OpenData_clinical.csv", "EMBED_OpenData_clinical_reduced.csv")
METADATA = ("EMBED_OpenData_metadata.csv", "EMBED_OpenData_metadata_reduced.csv")
"""The whole table first, then its short form; either may be there."""

FINDING_COLUMNS = ("empi_anon", "acc_anon", "side", "asses")
FINDING_EXTRAS = ("path_severity", "bside", "tissueden", "age_at_study", "loc_num")
FILE_COLUMNS = (
    *("empi_anon", "acc_anon", "anon_dicom_path"),
    *("ImageLateralityFinal", "ViewPosition", "FinalImageType"),
)
FILE_EXTRAS = ("spot_mag", "ROI_coords", "DCM_ROI_coords", "Manufacturer", "BreastImplantPresent")
DECISIVE = ("empi_anon", "acc_anon", "ImageLateralityFinal", "FinalImageType")

ACQUISITIONS = {"2D": None, "cview": "synthetic", "C-view": "synthetic"}
TRUTH = {"YES": True, "NO": False}

NO_IMAGE_TYPE = "Its FinalImageType is neither 2D nor cview"
NO_PATIENT = "The table names no patient or no exam for this file"
UNKNOWN_CODE = "A finding of its breast has an asses or path_severity that EMBED does not define"


@dataclass(frozen=True)
class Embed(Layout):
    """`tables/` and `images/cohort_<n>/<patient>/<exam>/.../<image>.dcm`.

    The clinical table has one row a finding, the metadata one row a file; they are joined by
    patient, exam and side. A finding of both sides, or of none, counts for both breasts; a
    pathology counts for the side that was biopsied (`bside`). A breast is as grave as its worst
    finding. Pathology is there for biopsied findings alone, and a breast without a row of its
    own has no label. Synthetic images (cview) and spot or magnification views are told apart, so
    that a person decides on them. Paths in the table are those of Emory's disks and count from
    `cohort_` on. Rectangles of regions are taken from `ROI_coords` as top, left, bottom, right.
    """

    name: ClassVar = "embed"
    title: ClassVar = "EMBED open data"
    licence: ClassVar = (
        "EMBED, Emory University, research use agreement: personal non-commercial research only, "
        "no part of it and no model trained on it may be released; cite Jeong et al. 2023, "
        "doi:10.1148/ryai.220047."
    )
    expects: ClassVar = "tables/EMBED_OpenData_clinical.csv and _metadata.csv, images/cohort_1/..."
    schemes: ClassVar = ("pathology", "birads")

    def detects(self, root: Path) -> bool:
        """Whether its two tables lie in the folder, beside it or in the only one in it."""
        return _find(root) is not None

    def read(self, root: Path) -> Reading:
        """The images of the metadata, with what the findings of their breast say.

        Raises:
            BadTable: Where a table lacks a column.
            UnreadableFile: Where a table is missing or cannot be opened.
        """
        place = _find(root) or root
        images = place / IMAGES if (place / IMAGES).is_dir() else place
        table = read_columns(_table(place, METADATA), FILE_COLUMNS, FILE_EXTRAS)
        findings = read_columns(_table(place, CLINICAL), FINDING_COLUMNS, FINDING_EXTRAS)
        breasts, exams = judge_breasts(findings), describe_exams(findings)
        table["key"] = table["anon_dicom_path"].map(_key)
        files = choose_files(list_files(images), _key)
        sifted = _sift(table, files, breasts)
        return Reading(
            rows=build_rows(_facts(sifted.frame, images, breasts, exams)),
            refusals=[*sifted.refusals, *refuse_unlisted(files, table["key"])],
            warnings=_warnings(sifted.frame, breasts, "path_severity" in findings),
        )


def _find(root: Path) -> Path | None:
    return find_archive(root, _holds, (TABLES, IMAGES))


def _holds(folder: Path) -> bool:
    return all(
        any((folder / TABLES / n).is_file() for n in names) for names in (CLINICAL, METADATA)
    )


def _table(place: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        if (place / TABLES / name).is_file():
            return place / TABLES / name
    raise UnreadableFile(f"Expected {' or '.join(names)} in {place / TABLES}, found neither")


def _key(path: str) -> str:
    """The path from the cohort on, without the suffix."""
    return strip_suffix(path[max(path.find("cohort_"), 0) :])


def _sift(table: "pd.DataFrame", files: Mapping[str, str], breasts: "pd.DataFrame") -> Sifted:
    """The rows that can be taken; `breast` joins them to their findings."""
    frame, is_contradictory = settle_repeats(table, "key", DECISIVE)
    frame["breast"] = name_breasts(frame, "ImageLateralityFinal")
    frame["file"] = frame["key"].map(files)
    unknown = breasts.index[breasts["is_unknown"]]
    return sift(
        frame,
        "key",
        {
            CONTRADICTION: is_contradictory,
            NO_PATIENT: (frame["empi_anon"] == "") | (frame["acc_anon"] == ""),
            NO_IMAGE_TYPE: ~frame["FinalImageType"].isin(ACQUISITIONS),
            UNKNOWN_CODE: frame["breast"].isin(unknown),
            ABSENT: frame["file"].isna(),
        },
    )


def _facts(
    frame: "pd.DataFrame", images: Path, breasts: "pd.DataFrame", exams: "pd.DataFrame"
) -> dict[str, Iterable[object]]:
    """The rows' facts, column by column."""
    judged = breasts.reindex(frame["breast"])
    described = exams.reindex(frame["acc_anon"])
    name = frame["file"].map(lambda path: strip_suffix(path.rpartition("/")[2])).astype("str")
    side = frame["ImageLateralityFinal"]
    extra = _extras(frame)
    return {
        "file": [images / file for file in frame["file"]],
        "image_id": choose_ids(name, frame["acc_anon"] + "_" + name, frame["key"]),
        "patient_id": frame["empi_anon"],
        "exam_id": frame["acc_anon"],
        "birads": judged["birads"],
        "pathology": judged["pathology"],
        "laterality": side.where(side.isin(["L", "R"])),
        "view": frame["ViewPosition"].where(frame["ViewPosition"].isin(VIEWS)),
        "acquisition": _acquisitions(frame, extra("spot_mag")),
        "regions": [_boxes(text) for text in _coordinates(frame)],
        "density": described["density"],
        "age": described["age"],
        "manufacturer": extra("Manufacturer"),
        "implant": extra("BreastImplantPresent").str.upper().map(TRUTH).astype(object),
        "source": described["source"].fillna("EMBED"),
    }


def _extras(frame: "pd.DataFrame") -> Callable[[str], "pd.Series[str]"]:
    """Columns that a table may lack, empty where it does."""
    import pandas as pd

    blank = pd.Series("", index=frame.index)
    return lambda column: frame.get(column, blank)


def _acquisitions(frame: "pd.DataFrame", spot_mag: "pd.Series[str]") -> "pd.Series[str]":
    kind = frame["FinalImageType"].map(ACQUISITIONS).astype(object)
    return kind.mask(spot_mag == "1", "spot")


def _coordinates(frame: "pd.DataFrame") -> Iterable[str]:
    """Those of the DICOM image where the table keeps them apart from the picture's."""
    extra = _extras(frame)
    own = extra("DCM_ROI_coords")
    return own.where(own != "", extra("ROI_coords"))


def _boxes(text: str) -> tuple[Box, ...]:
    """Boxes of a nested list of (ymin, xmin, ymax, xmax), however deep; empty ones left out."""
    if len(text) < len("0,0,1,1"):
        return ()
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]
    corners = zip(*(numbers[place::4] for place in range(4)), strict=False)
    boxes = (Box(*corner) for corner in corners)
    return tuple(box for box in boxes if box.bottom > box.top and box.right > box.left)


def _warnings(frame: "pd.DataFrame", breasts: "pd.DataFrame", has_severity: bool) -> list[str]:
    if not has_severity:
        return ["The clinical table has no column path_severity: index with --labels birads"]
    proven = breasts.index[breasts["pathology"].notna()]
    n_proven = int(frame["breast"].isin(proven).sum())
    n_silent = int((~frame["breast"].isin(breasts.index)).sum())
    return [
        f"{n_proven} of {len(frame)} images are of a breast with a pathology; only biopsied "
        "findings have one, so that hardly any image is of class normal",
        *(
            [f"{n_silent} images are of a breast without a finding's row: they have no label"]
            if n_silent
            else []
        ),
    ]
