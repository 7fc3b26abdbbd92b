"""CBIS-DDSM: 3,100 digitized films with proven lesions, their outlines and four tables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mammo_core.datasets.archive_tables import (
    ABSENT,
    CONTRADICTION,
    UNLISTED,
    read_columns,
    read_first_line,
)
from mammo_core.datasets.case_files import CaseFiles
from mammo_core.datasets.folders import find_archive
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import DENSITY_WORDS
from mammo_core.datasets.rows import ImageRow, Reading, Refusal
from mammo_core.datasets.tables import iterate_records
from mammo_core.errors import UnreadableFile

TABLE = re.compile(r"(mass|calc)_case_description_(train|test)_set.*\.csv", re.IGNORECASE)
TABLES = tuple(
    f"{kind}_case_description_{split}_set.csv"
    for kind in ("mass", "calc")
    for split in ("train", "test")
)
TABLE_FOLDER = "csv"
"""Where the re-release as JPEG keeps the tables."""
PARTS = ("CBIS-DDSM", "jpeg", TABLE_FOLDER)
CASE = re.compile(r"(?:Mass|Calc)-(?:Training|Test)_(P_\d+)_(LEFT|RIGHT)_(CC|MLO)(?:_\d+)?")
"""The folder of an image, or with a number at its end that of a lesion of it."""

NEEDED = (
    *("patient_id", "left or right breast", "image view", "abnormality id", "abnormality type"),
    *("assessment", "pathology", "image file path", "ROI mask file path"),
)
DENSITY = ("breast_density", "breast density")
"""How the tables of masses and of calcifications spell it."""
CROP = "cropped image file path"

PATHOLOGIES = {
    "MALIGNANT": "malignant",
    "BENIGN": "benign",
    "BENIGN_WITHOUT_CALLBACK": "benign",
}
GRADES = "1230456"
"""Assessments, mildest first: incomplete (0) stands below 4, as in EMBED, for it may prove to be
worse than benign."""
COPY = "Another copy of this film is taken"
SEVERAL = "Its folder holds several files, none of which is known to be the image"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of a table: a lesion on a film.

    Attributes:
        film: Patient, side and view, such as ("P_00001", "LEFT", "CC").
        case: The name of the image's folder.
        number: The lesion's number among those of its kind on the film.
        image: Where the table says that the image is.
        outlines: Where it says that the mask and the crop are.
    """

    film: tuple[str, str, str]
    case: str
    split: str
    kind: str
    number: str
    pathology: str | None
    assessment: str
    density: str | None
    image: str
    outlines: tuple[str, ...]


@dataclass(frozen=True)
class CbisDdsm(Layout):
    """`CBIS-DDSM/<case>/<study>/<series>/<file>.dcm` and the four tables of case descriptions.

    A case is an image, such as Mass-Training_P_00001_LEFT_CC, or one lesion of it, with a number
    at the end, which holds the lesion's mask and a crop. Films with masses and with calcifications
    stand in both kinds of tables: they are one film here, as grave as its worst lesion, with the
    masks of all of them in one. The tables' paths end in 000000.dcm where the archive now has
    1-1.dcm, give mask and crop the wrong way round for some lesions, and name folders by UIDs that
    another way of downloading spells in words; so an image is found by its series' UID or its case
    and a mask by what the files show. The re-release as JPEG (`csv/` and `jpeg/<series>/`) is read
    alike. The split is the source's own: a film that it has in both its sets stands in both.
    """

    name: ClassVar = "cbis_ddsm"
    title: ClassVar = "CBIS-DDSM"
    licence: ClassVar = (
        "CBIS-DDSM, The Cancer Imaging Archive, CC BY 3.0, doi:10.7937/K9/TCIA.2016.7O02S9CY; "
        "cite Lee et al. 2017, doi:10.1038/sdata.2017.177."
    )
    expects: ClassVar = "mass_case_description_train_set.csv and its like beside CBIS-DDSM/"
    schemes: ClassVar = ("pathology", "birads")

    def detects(self, root: Path) -> bool:
        """Whether one of the four tables lies in the folder, or where `find_archive` looks."""
        return _find(root) is not None

    def read(self, root: Path) -> Reading:
        """The films of the tables that are there, with the files of their lesions' masks.

        Raises:
            BadTable: Where a table lacks a column.
            UnreadableFile: Where there is no table.
        """
        place = _find(root)
        if place is None:
            raise UnreadableFile(f"Expected {self.expects} in {root}, found no such table")
        tables = _tables(place)
        findings = [finding for table in tables for finding in _read_table(table)]
        files = CaseFiles(place, CASE)
        rows, refusals = _build_rows(findings, files)
        named = [path for finding in findings for path in (finding.image, *finding.outlines)]
        refusals += [Refusal(file, UNLISTED) for file in files.others(named)]
        refusals += [Refusal(file, COPY) for file in _find_copies(findings, rows, files, place)]
        return Reading(rows=rows, refusals=refusals, warnings=_warn(tables, rows))


def _find(root: Path) -> Path | None:
    """The folder in which the archive begins; its retriever adds a manifest's to the parts."""
    if root.name == TABLE_FOLDER and _holds(root.parent):
        return root.parent
    manifest = (root.name,) if root.name.startswith("manifest-") else ()
    inner = root / "CBIS-DDSM"
    return find_archive(root, _holds, PARTS + manifest) or (inner if _holds(inner) else None)


def _holds(folder: Path) -> bool:
    return any(set(NEEDED) <= set(read_first_line(file)) for file in _tables(folder))


def _tables(place: Path) -> list[Path]:
    """The tables in a folder or its `csv`, those of masses first."""
    found = []
    for folder in (place, place / TABLE_FOLDER):
        try:
            found += [file for file in folder.iterdir() if TABLE.fullmatch(file.name)]
        except OSError:
            continue
    return sorted(found, key=lambda file: (not file.name.lower().startswith("mass"), file.name))


def _read_table(table: Path) -> list[Finding]:
    told = TABLE.fullmatch(table.name)
    split = told[2].lower() if told else "train"
    frame = read_columns(table, NEEDED, (*DENSITY, CROP))
    return [_describe(record, split) for record in iterate_records(frame)]


def _describe(record: Mapping[str, str], split: str) -> Finding:
    image = record["image file path"]
    density = next((record[name] for name in DENSITY if name in record), "")
    outlines = (record["ROI mask file path"], record.get(CROP, ""))
    return Finding(
        film=(record["patient_id"], record["left or right breast"].upper(), record["image view"]),
        case=image.split("/")[0],
        split=split,
        kind=record["abnormality type"],
        number=record["abnormality id"],
        pathology=PATHOLOGIES.get(record["pathology"].upper()),
        assessment=record["assessment"],
        density=DENSITY_WORDS.get(density),
        image=image,
        outlines=tuple(path for path in outlines if path),
    )


def _build_rows(
    findings: Iterable[Finding], files: CaseFiles
) -> tuple[list[ImageRow], list[Refusal]]:
    films: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        films.setdefault(finding.film, []).append(finding)
    results = [
        _build_row(found, split, files)
        for found in films.values()
        for split in dict.fromkeys(finding.split for finding in found)
    ]
    rows = [result for result in results if isinstance(result, ImageRow)]
    return rows, [result for result in results if isinstance(result, Refusal)]


def _build_row(found: Sequence[Finding], split: str, files: CaseFiles) -> ImageRow | Refusal:
    """A film as it stands in one of the source's sets, or why it cannot be taken."""
    own = [finding for finding in found if finding.split == split]
    if _contradict(found):
        return Refusal(own[0].case, CONTRADICTION)
    images = next(filter(None, (files.find_image(finding.image) for finding in own)), [])
    if len(images) != 1:
        return Refusal(own[0].image, SEVERAL if images else ABSENT)
    outlines = dict.fromkeys(files.find_all(finding.outlines) for finding in found)
    return _merge(found, split, images[0], tuple(outlines))


def _merge(
    found: Sequence[Finding], split: str, image: Path, outlines: tuple[tuple[Path, ...], ...]
) -> ImageRow:
    """The film with what all its rows tell, those of the source's other set too."""
    patient, side, view = found[0].film
    is_twice = len({finding.split for finding in found}) > 1
    return ImageRow(
        file=image,
        image_id=f"{patient}_{side}_{view}" + (f"_{split}" if is_twice else ""),
        patient_id=patient,
        exam_id=patient,
        pathology=_worst_pathology(found),
        birads=max((finding.assessment for finding in found), key=GRADES.find) or None,
        laterality=side[0],
        view=view,
        split=split,
        lesion="+".join(sorted({finding.kind for finding in found})) or None,
        density=_agreed([finding.density for finding in found]),
        source="CBIS-DDSM",
        mask_files=outlines,
    )


def _find_copies(
    findings: Iterable[Finding], rows: Iterable[ImageRow], files: CaseFiles, place: Path
) -> list[str]:
    """The films that lie in the archive a second time, for lesions of the other kind."""
    taken = {row.file: (row.patient_id, row.laterality, row.view) for row in rows}
    films = set(taken.values())
    copies = {
        file
        for finding in findings
        if (finding.film[0], finding.film[1][:1], finding.film[2]) in films
        for file in files.find_image(finding.image)
    }
    return sorted(file.relative_to(place).as_posix() for file in copies.difference(taken))


def _contradict(found: Iterable[Finding]) -> bool:
    """Whether rows call one lesion different things, or a case's name belies its row."""
    told: dict[tuple[str, str, str], str | None] = {}
    for finding in found:
        case = CASE.fullmatch(finding.case)
        lesion = (finding.case, finding.kind, finding.number)
        if case is None or case.groups() != finding.film:
            return True
        if told.setdefault(lesion, finding.pathology) != finding.pathology:
            return True
    return False


def _worst_pathology(found: Iterable[Finding]) -> str | None:
    """Malignant if any lesion is; None where one that might be isn't known."""
    told = {finding.pathology for finding in found}
    return "malignant" if "malignant" in told else None if None in told else "benign"


def _agreed(values: Sequence[str | None]) -> str | None:
    known = set(values) - {None}
    return known.pop() if len(known) == 1 else None


def _warn(tables: Sequence[Path], rows: Sequence[ImageRow]) -> list[str]:
    names = [file.name.lower() for file in tables]
    missing = [name for name in TABLES if not any(name[:-4] in found for found in names)]
    twice = sum(row.image_id.endswith("_test") for row in rows)
    warnings = ["Every film of CBIS-DDSM has a lesion: benign means a benign lesion, never none"]
    if missing:
        warnings.append(f"Images that only {', '.join(missing)} would describe are left out")
    if twice:
        warnings.append(
            f"{twice} films are in the source's training set and in its test set, once for a mass "
            "and once for a calcification"
        )
    return warnings
