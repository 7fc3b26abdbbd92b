"""CMMD, the Chinese Mammography Database: 1,775 patients with biopsied lesions."""

import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mammo_core.datasets.archive_tables import (
    CONTRADICTION,
    Sifted,
    build_rows,
    choose_ids,
    read_columns,
    require_columns,
    settle_repeats,
    sift,
    to_numbers,
)
from mammo_core.datasets.folders import choose_files, find_archive, list_files
from mammo_core.datasets.headers import Header, read_header
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import LATERALITY_WORDS
from mammo_core.datasets.rows import Reading, Refusal
from mammo_core.datasets.spreadsheets import read_sheet
from mammo_core.errors import UnreadableFile

if TYPE_CHECKING:
    import pandas as pd

TABLE = re.compile(r"cmmd_clinicaldata.*\.(csv|xlsx)", re.IGNORECASE)
PATIENT = re.compile(r"D[12]-\d{4}")
PART = "CMMD"
MANIFEST = re.compile(r"manifest-\d+")
"""The folder that TCIA's retriever makes."""
NEEDED = ("ID1", "LeftRight", "Age", "abnormality", "classification")

CLASSES = ("benign", "malignant")
LESIONS = {
    "mass": "mass",
    "calcification": "calcification",
    "both": "calcification+mass",
}
NO_ROW = "The table has no row for this patient"
NO_FILE = "The table names this patient, the folder has no image of her"
UNKNOWN_CLASS = "Its classification is neither Benign nor Malignant"


@dataclass(frozen=True)
class Cmmd(Layout):
    """`CMMD/<patient>/<date>/<series>/1-1.dcm` and the table CMMD_clinicaldata_revision.

    The table has a row for each breast that was biopsied, benign or malignant. The other breast of
    such a patient is in the archive as well, with no word on it: its images have no label, and
    are not taken for normal. Side and view stand in the files alone, the view as a code, so that
    all headers are read. Patients D1 and D2 were gathered apart: D2 are the cancers with a
    molecular subtype. Images have 8 bits. There are no normal patients and no splits.
    """

    name: ClassVar = "cmmd"
    title: ClassVar = "CMMD (Chinese Mammography Database)"
    licence: ClassVar = (
        "CMMD, The Cancer Imaging Archive, CC BY 4.0; cite Cui et al. 2021, "
        "doi:10.7937/tcia.eqde-4b16."
    )
    expects: ClassVar = "CMMD_clinicaldata_revision.xlsx or .csv, and CMMD/D1-0001/..."
    schemes: ClassVar = ("pathology",)

    def detects(self, root: Path) -> bool:
        """Whether its table lies in the folder, beside it or in the only one in it."""
        return _find(root) is not None

    def read(self, root: Path) -> Reading:
        """The images of the patients whom the table names, by side.

        Raises:
            BadTable: Where the table lacks a column.
            UnreadableFile: Where there is no table, or it cannot be opened.
        """
        place = _find(root) or root
        breasts = _read_breasts(_table_in(place))
        images, unread = _list_images(place)
        frame = images.merge(breasts, how="left", on=["patient", "side"])
        sifted = _sift(frame, set(breasts["patient"]))
        absent = sorted(set(breasts["patient"]) - set(images["patient"]))
        return Reading(
            rows=build_rows(_facts(sifted.frame, place)),
            refusals=[*unread, *sifted.refusals, *(Refusal(name, NO_FILE) for name in absent)],
            warnings=_warnings(sifted.frame),
        )


def _find(root: Path) -> Path | None:
    parts = (PART, root.name) if MANIFEST.fullmatch(root.name) else (PART,)
    return find_archive(root, lambda folder: _tables(folder) != [], parts)


def _tables(folder: Path) -> list[Path]:
    """The archive's tables in a folder, the editable copy first."""
    try:
        return sorted(folder / name for name in os.listdir(folder) if TABLE.fullmatch(name))
    except OSError:
        return []


def _table_in(place: Path) -> Path:
    tables = _tables(place)
    if not tables:
        raise UnreadableFile(
            f"Expected CMMD_clinicaldata_revision.xlsx or .csv in {place}, found neither"
        )
    return tables[0]


def _read_breasts(path: Path) -> "pd.DataFrame":
    """One row a breast: `patient, side, age, pathology, lesion` and what is wrong with it."""
    if path.suffix.lower() == ".xlsx":
        table = read_sheet(path)
        require_columns(path.name, list(table.columns), NEEDED)
    else:
        table = read_columns(path, NEEDED)
    table["key"] = table["ID1"] + table["LeftRight"]
    breasts, is_contradictory = settle_repeats(table, "key", ("classification",))
    told = breasts["classification"].str.lower()
    return breasts.assign(
        patient=breasts["ID1"],
        side=breasts["LeftRight"].str.lower().map(LATERALITY_WORDS).fillna(""),
        age=to_numbers(breasts["Age"]),
        pathology=told.where(told.isin(CLASSES), ""),
        lesion=breasts["abnormality"].str.lower().map(LESIONS),
        is_contradictory=is_contradictory,
        is_unknown=~told.isin(CLASSES),
    )[["patient", "side", "age", "pathology", "lesion", "is_contradictory", "is_unknown"]]


def _list_images(place: Path) -> tuple["pd.DataFrame", list[Refusal]]:
    """(`file, patient, exam, side, view` of each image whose header can be read, the others)."""
    import pandas as pd

    files = sorted(choose_files(path for path in list_files(place) if _patient(path)).values())
    with ThreadPoolExecutor() as threads:
        headers = list(threads.map(_read, [place / file for file in files]))
    rows, refusals = [], []
    for file, header in zip(files, headers, strict=True):
        if isinstance(header, Header):
            rows.append((file, _patient(file), _exam(file), header.laterality or "", header.view))
        else:
            refusals.append(Refusal(file, str(header)))
    return pd.DataFrame(rows, columns=["file", "patient", "exam", "side", "view"]), refusals


def _read(file: Path) -> Header | UnreadableFile:
    try:
        return read_header(file)
    except UnreadableFile as fault:
        return fault
    except OSError as error:
        return UnreadableFile(f"Cannot be read: {error.strerror or 'damaged'}")


def _patient(path: str) -> str | None:
    return next((part for part in path.split("/") if PATIENT.fullmatch(part)), None)


def _exam(path: str) -> str:
    """The folder in the patient's, which tells exams apart."""
    return path.partition(f"{_patient(path)}/")[2].partition("/")[0]


def _sift(frame: "pd.DataFrame", patients: set[str]) -> Sifted:
    return sift(
        frame,
        "file",
        {
            NO_ROW: ~frame["patient"].isin(patients),
            CONTRADICTION: frame["is_contradictory"].eq(True),
            UNKNOWN_CLASS: frame["is_unknown"].eq(True),
        },
    )


def _facts(frame: "pd.DataFrame", place: Path) -> dict[str, Iterable[object]]:
    """The rows' facts, column by column; those of the table only for its own breasts."""
    number = frame.groupby("patient")["exam"].rank("dense").astype(int).astype(str)
    exam = frame["patient"] + "_E" + number
    stem = frame["file"].str.extract(r"([^/]*?)(?:\.\w+)?$", expand=False)
    return {
        "file": [place / file for file in frame["file"]],
        "image_id": choose_ids(frame["patient"] + "_" + stem, exam + "_" + stem, frame["file"]),
        "patient_id": frame["patient"],
        "exam_id": exam,
        "pathology": frame["pathology"],
        "lesion": frame["lesion"],
        "laterality": frame["side"],
        "view": frame["view"],
        "age": frame["age"],
        "source": "CMMD " + frame["patient"].str[:2],
    }


def _warnings(frame: "pd.DataFrame") -> list[str]:
    told = frame[frame["pathology"].notna()]
    n_silent = len(frame) - len(told)
    warnings = []
    if n_silent:
        warnings.append(
            f"{n_silent} images show a breast without a row in the table: they have no label and "
            "are not taken for normal"
        )
    parts = told.groupby(told["patient"].str[:2])["pathology"].agg(set)
    betraying = [
        f"all of part {part} is {next(iter(found))}"
        for part, found in parts.items()
        if len(found) == 1
    ]
    if betraying and told["pathology"].nunique() > 1:
        warnings.append(
            f"The part of the archive tells the class: {', '.join(betraying)}; what else differs "
            "between the parts can be learnt instead of disease"
        )
    return warnings
