"""RSNA Screening Mammography Breast Cancer Detection: 54,706 images of 11,913 patients."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

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
from mammo_core.datasets.folders import choose_files, find_archive, list_files
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import DENSITY_WORDS, LATERALITY_WORDS, VIEWS
from mammo_core.datasets.rows import Reading
from mammo_core.errors import UnreadableFile

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("train.csv", "test.csv")
FOLDERS = ("train_images", "test_images")
MARKS = {"site_id", "patient_id", "image_id", "machine_id"}
"""Columns that both tables have and no other archive's."""

NEEDED = ("patient_id", "image_id", "laterality", "view")
TOLD_OF_TRAINING = ("cancer", "BIRADS", "density")
OPTIONAL = ("site_id", "age", "implant", "machine_id")
DECISIVE = ("laterality", "view", "cancer", "BIRADS")

TRUTH = {"0": False, "1": True}
NO_CANCER_FACT = "Its cancer column is neither 0 nor 1"
FLAT_NAME = re.compile(r"(\d+)_(\d+)")
"""<patient>_<image>, as smaller copies of the images are named."""


@dataclass(frozen=True)
class Rsna2023(Layout):
    """`train.csv` and `train_images/<patient_id>/<image_id>.dcm`; the same for test.

    Smaller copies made by others are found as well, named `<patient>/<image>.png` or
    `<patient>_<image>.png`, beside train.csv or below it. `cancer` is the breast's and rests on
    biopsy or follow-up. `BIRADS` is 0 (recalled), 1 or 2 and missing for about half; density and
    age are missing for many. The files name neither modality nor view. The test set's labels were
    never published: its images can be predicted, not evaluated. `implant` holds for the patient
    at site 1 and for the breast at site 2; `biopsy`, `invasive` and `difficult_negative_case`
    are not read, since each is known only after the image was judged.
    """

    name: ClassVar = "rsna_2023"
    title: ClassVar = "RSNA Screening Mammography 2023"
    licence: ClassVar = (
        "RSNA and its contributors: non-commercial research and education only, by the rules of "
        "the competition; no attempt to identify patients. Cite RSNA Screening Mammography Breast "
        "Cancer Detection, Kaggle 2022."
    )
    expects: ClassVar = "train.csv with site_id, patient_id, image_id, cancer; train_images/"
    schemes: ClassVar = ("cancer", "birads")

    def detects(self, root: Path) -> bool:
        """Whether one of its tables lies in the folder, beside it or in the only one in it."""
        return _find(root) is not None

    def read(self, root: Path) -> Reading:
        """The images of both tables.

        Raises:
            BadTable: Where a table lacks a column.
            UnreadableFile: Where there is no table, or it cannot be opened.
        """
        place = _find(root) or root
        table = _read_tables(place)
        files = choose_files(list_files(place), _key)
        sifted = _sift(table, files)
        return Reading(
            rows=build_rows(_facts(sifted.frame, place)),
            refusals=[*sifted.refusals, *refuse_unlisted(files, table["key"])],
            warnings=_warnings(sifted.frame),
        )


def _find(root: Path) -> Path | None:
    return find_archive(root, _holds, FOLDERS)


def _holds(folder: Path) -> bool:
    return any(set(read_first_line(folder / name)) >= MARKS for name in TABLES)


def _read_tables(place: Path) -> "pd.DataFrame":
    """Both tables as one; `key` is <patient>/<image>, what a table lacks is empty."""
    import pandas as pd

    tables = []
    for name, told in zip(TABLES, (TOLD_OF_TRAINING, ()), strict=True):
        if (place / name).is_file():
            table = read_columns(place / name, (*NEEDED, *told), OPTIONAL)
            folder = name.removesuffix(".csv") + "_images"
            tables.append(table.assign(folder=folder))
    if not tables:
        raise UnreadableFile(f"Expected {' or '.join(TABLES)} in {place}, found neither")
    frame = pd.concat(tables, ignore_index=True)
    frame = frame.reindex(columns=[*NEEDED, *TOLD_OF_TRAINING, *OPTIONAL, "folder"]).fillna("")
    return frame.assign(key=frame["patient_id"] + "/" + frame["image_id"])


def _key(path: str) -> str | None:
    """<patient>/<image> of a file, None where its name tells none."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0]
    flat = FLAT_NAME.fullmatch(stem)
    if flat:
        return f"{flat[1]}/{flat[2]}"
    return f"{folders[-1]}/{stem}" if folders and folders[-1].isdigit() else None


def _sift(table: "pd.DataFrame", files: dict[str, str]) -> Sifted:
    """The rows that can be taken; column `file` is relative to the archive's folder."""
    frame, is_contradictory = settle_repeats(table, "key", DECISIVE)
    frame["file"] = frame["key"].map(files)
    frame["shown"] = frame["folder"] + "/" + frame["key"] + ".dcm"
    return sift(
        frame,
        "shown",
        {
            CONTRADICTION: is_contradictory,
            NO_CANCER_FACT: ~frame["cancer"].isin(["", *TRUTH]),
            ABSENT: frame["file"].isna(),
        },
    )


def _facts(frame: "pd.DataFrame", place: Path) -> dict[str, Iterable[object]]:
    """The rows' facts, column by column."""
    return {
        "file": [place / file for file in frame["file"]],
        "image_id": frame["patient_id"] + "_" + frame["image_id"],
        "patient_id": frame["patient_id"],
        "exam_id": frame["patient_id"],
        "cancer": frame["cancer"].map(TRUTH).astype(object),
        "birads": frame["BIRADS"].where(frame["BIRADS"].str.fullmatch("[0-6]")),
        "laterality": frame["laterality"].str.lower().map(LATERALITY_WORDS),
        "view": frame["view"].where(frame["view"].isin(VIEWS)),
        "density": frame["density"].str.lower().map(DENSITY_WORDS),
        "age": to_numbers(frame["age"]),
        "implant": frame["implant"].map(TRUTH).astype(object),
        "manufacturer": _numbered("machine", frame["machine_id"]),
        "source": _numbered("RSNA site", frame["site_id"]),
    }


def _numbered(word: str, numbers: "pd.Series[str]") -> "pd.Series[str]":
    return (f"{word} " + numbers).where(numbers != "")


def _warnings(frame: "pd.DataFrame") -> list[str]:
    n_unknown = int((frame["cancer"] == "").sum())
    if not n_unknown:
        return []
    return [
        f"{n_unknown} images of the test set have no published label: index with --labels none to "
        "predict on them"
    ]
