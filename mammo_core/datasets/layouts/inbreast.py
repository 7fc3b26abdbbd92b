"""INbreast: 410 digital mammograms of a hospital in Porto, outlined lesion by lesion."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from mammo_core.datasets.archive_tables import (
    ABSENT,
    CONTRADICTION,
    UNLISTED,
    read_columns,
    read_first_line,
)
from mammo_core.datasets.folders import choose_files, find_archive, list_files
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import DENSITY_WORDS, tidy_view
from mammo_core.datasets.osirix import Outline, read_outlines
from mammo_core.datasets.rows import ImageRow, Reading, Refusal
from mammo_core.datasets.tables import iterate_records
from mammo_core.errors import UnreadableFile
from mammo_core.wording import count

TABLE = "INbreast.csv"
IMAGES = "AllDICOMs"
OUTLINES = "AllXML"
NEEDED = ("Laterality", "View", "Acquisition date", "File Name", "ACR", "Bi-Rads")

FILE_NAME = re.compile(
    r"(?P<number>\d+)_(?P<patient>[0-9A-Za-z]+)_MG_(?P<side>[LR])_(?P<view>CC|MLO?|FB)_ANON"
)
"""20586908_6c613a14b80a8591_MG_R_CC_ANON; ML stands for MLO."""
LONG_FOR = {"MLO": "ML"}
"""What files call a view of the table, in their names and maybe in their headers."""
NAMED_OTHERWISE = "Its name is not number_patient_MG_side_view_ANON, which tells the patient"
REPEATED = "Another file of this image is taken"

LESIONS = {
    "calc": "calcification",
    "cluster": "calcification",
    "mass": "mass",
    "spicul": "mass",
    "distor": "architectural_distortion",
    "metry": "asymmetry",
}
"""What a region's name, which is spelled in several ways, holds if it is of a kind."""

Record = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """An image's file, relative to the archive, and what its name tells."""

    file: str
    patient: str
    side: str
    view: str


@dataclass(frozen=True)
class Inbreast(Layout):
    """`AllDICOMs/`, `AllXML/` and INbreast.csv, which is separated by semicolons.

    The table's patients and ages were removed: the patient is the second part of a file's name.
    A patient may have come back, on another date, for another exam. There is no pathology, only
    the radiologist's assessment, which may be 4a to 4c; one ACR grade is blank. Outlines are
    polygons; a calcification may be one point, which is one pixel of the mask. An image without
    a file of outlines has no finding.
    """

    name: ClassVar = "inbreast"
    title: ClassVar = "INbreast"
    licence: ClassVar = (
        "INbreast, Breast Research Group, INESC Porto: for research, on request to its owners, not "
        "to be passed on; cite Moreira et al. 2012, doi:10.1016/j.acra.2011.09.014."
    )
    expects: ClassVar = "INbreast.csv, AllDICOMs/ and AllXML/"
    schemes: ClassVar = ("birads",)

    def detects(self, root: Path) -> bool:
        """Whether INbreast.csv lies in the folder, beside it or in the only one in it."""
        return _find(root) is not None

    def read(self, root: Path) -> Reading:
        """The images of INbreast.csv that are there, with their outlines.

        Raises:
            BadTable: Where the table lacks a column.
            UnreadableFile: Where it cannot be opened.
        """
        place = _find(root) or root
        records = _group(iterate_records(read_columns(place / TABLE, NEEDED)))
        sources, refusals = _find_sources(place)
        faults = {number: _fault(told, sources.get(number)) for number, told in records.items()}
        taken = [number for number, fault in faults.items() if fault is None]
        outlines, warnings = _read_all_outlines(place / OUTLINES, taken)
        exams = _number_exams(
            (sources[number].patient, records[number][0]["Acquisition date"]) for number in taken
        )
        rows = [
            _row(place, sources[number], records[number][0], outlines.get(number, []))
            for number in taken
        ]
        return Reading(
            rows=[replace(row, exam_id=exam) for row, exam in zip(rows, exams, strict=True)],
            refusals=[*refusals, *_refuse(faults, sources)],
            warnings=warnings,
        )


def _find(root: Path) -> Path | None:
    return find_archive(root, _holds, (IMAGES, OUTLINES))


def _holds(folder: Path) -> bool:
    return {"File Name", "ACR", "Bi-Rads"} <= set(read_first_line(folder / TABLE))


def _group(records: Iterable[Record]) -> dict[str, list[Record]]:
    """The rows of each image by its number; blank rows are passed over."""
    grouped: dict[str, list[Record]] = {}
    for record in records:
        if record["File Name"]:
            grouped.setdefault(record["File Name"], []).append(record)
    return grouped


def _find_sources(place: Path) -> tuple[dict[str, Source], list[Refusal]]:
    """(each image's file by its number, why other files are left out)."""
    sources, refusals = {}, []
    for stem, path in choose_files(list_files(place / IMAGES)).items():
        file = f"{IMAGES}/{path}"
        told = FILE_NAME.fullmatch(stem.split("/")[-1])
        if told is None:
            refusals.append(Refusal(file, NAMED_OTHERWISE))
        elif told["number"] in sources:
            refusals.append(Refusal(file, REPEATED))
        else:
            sources[told["number"]] = Source(file, told["patient"], told["side"], told["view"])
    return sources, refusals


def _fault(told: Sequence[Record], source: Source | None) -> str | None:
    """Why the image of these rows cannot be taken; the side and view must be its file's."""
    if source is None:
        return ABSENT
    first = told[0]
    is_same = first["Laterality"] == source.side and first["View"][:1] == source.view[:1]
    return None if is_same and all(other == first for other in told) else CONTRADICTION


def _refuse(faults: Mapping[str, str | None], sources: Mapping[str, Source]) -> list[Refusal]:
    """What the table names and cannot be taken, and what it does not name."""
    files = {number: source.file for number, source in sources.items()}
    named = [Refusal(files.get(number, number), fault) for number, fault in faults.items() if fault]
    return named + [Refusal(files[number], UNLISTED) for number in files if number not in faults]


def _read_all_outlines(
    folder: Path, numbers: Iterable[str]
) -> tuple[dict[str, list[Outline]], list[str]]:
    """(the outlines of each image that has a file of them, warnings)."""
    if not folder.is_dir():
        return {}, [f"There is no {OUTLINES}: no lesion has a mask"]
    outlines, n_damaged = {}, 0
    there = {Path(file).stem: file for file in list_files(folder) if file.endswith(".xml")}
    for number in there.keys() & set(numbers):
        try:
            outlines[number] = read_outlines(folder / there[number])
        except UnreadableFile:
            n_damaged += 1
    warning = f"{count(n_damaged, 'image')} without a mask: the file of outlines is damaged"
    return outlines, [warning] if n_damaged else []


def _number_exams(visits: Iterable[tuple[str, str]]) -> list[str]:
    """For each (patient, date) the exam's id, which counts the patient's dates and tells none."""
    visits = list(visits)
    dates: dict[str, list[str]] = {}
    for patient, date in sorted(set(visits)):
        dates.setdefault(patient, []).append(date)
    return [f"{patient}_E{dates[patient].index(date) + 1}" for patient, date in visits]


def _row(place: Path, source: Source, told: Record, outlines: Sequence[Outline]) -> ImageRow:
    return ImageRow(
        file=place / source.file,
        image_id=told["File Name"],
        patient_id=source.patient,
        birads=told["Bi-Rads"].upper() or None,
        laterality=source.side,
        view=tidy_view(told["View"]),
        header_view=LONG_FOR.get(told["View"]),
        lesion="+".join(sorted(set(filter(None, map(_kind, outlines))))) or None,
        density=DENSITY_WORDS.get(told["ACR"]),
        source="INbreast",
        regions=tuple(region for outline in outlines for region in outline.to_regions()),
    )


def _kind(outline: Outline) -> str | None:
    name = outline.name.lower()
    return next((kind for part, kind in LESIONS.items() if part in name), None)
