"""DMID: 510 digital mammograms of an Indian clinic with masks and reports."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mammo_core.datasets.archive_tables import ABSENT, CONTRADICTION, UNLISTED
from mammo_core.datasets.folders import choose_files, find_archive, list_files
from mammo_core.datasets.headers import read_header
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.layouts.mini_mias import LESIONS as MIAS_LESIONS
from mammo_core.datasets.naming import DENSITY_WORDS, order_classes
from mammo_core.datasets.rows import ImageRow, Reading, Refusal
from mammo_core.errors import BadTable, UnreadableFile

SHEET = "Metadata.xlsx"
LISTS = ("Info.txt", "TIFF Images/Info.txt", "TIFF Images/TIFF Images/Info.txt")
"""Where the list may lie; each folder of the archive may be packed into one of its own name."""
PARTS = ("TIFF Images", "DICOM Images", "ROI Masks", "Reports", "Pixel-level annotation")
MASKS, REPORTS = "mask", "report"
NO_IMAGES = (MASKS, REPORTS, "annotation")
"""Words in the names of folders whose files are not mammograms."""
MOST_BYTES = 1_000_000
"""Of a list or a report; the published ones have less than a tenth."""

FINDING = re.compile(
    r"(?P<image>IMG\d+)\s+"
    r"(?:(?P<view>CC|MLO)\s*(?P<side>[LR])T\s+)?"
    r"(?:(?:ACR[\s-]*(?P<density>[A-D])|[FGD])\s+)?"
    r"(?P<kinds>[A-Z]{4}(?:\s*[+,/&]\s*[A-Z]{4})*)\b"
    r"(?:\s+(?P<grade>[BMN])\b)?",
    re.IGNORECASE,
)
"""IMG001 MLORT G CIRC + CALC B 2134 1450 320; G is the tissue, ACR B would be a density."""
NO_PATIENTS = (
    "DMID names no patients here: each image counts as one, so that two images of a patient may "
    "fall into different splits"
)
UNCLEAR = "Its line in the table is not as DMID's lines are"

LESIONS = {**MIAS_LESIONS, "CLAC": "calcification"}
"""The codes are mini-MIAS's, one of them misspelled in places."""
NORMAL = "NORM"
LABELS = {"B": "benign", "M": "malignant"}

ASSESSMENT = re.compile(r"\bBI-?[RA]+DS\s*[-:]?\s*([^\n.]+)", re.IGNORECASE)
GRADE = re.compile(r"\b[0-6](?=[A-C]?\b)", re.IGNORECASE)
DENSITY = re.compile(r"\bACR\s*[-:]?\s*([A-D])\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the table: a lesion of an image, or none.

    Attributes:
        label: None where the line grades a lesion as neither benign nor malignant.
    """

    image: str
    view: str | None
    laterality: str | None
    kinds: tuple[str, ...]
    label: str | None
    density: str | None


@dataclass(frozen=True)
class Dmid(Layout):
    """`TIFF Images/`, `DICOM Images/`, `ROI Masks/`, `Reports/` and Metadata.xlsx or Info.txt.

    The table is mini-MIAS's in form, with a line a lesion under an explanation of some thirty
    lines; only the sheet has the view. Benign and malignant are the radiologists' words: whether
    biopsies proved them is not published, so that they count as the source's own classes. A mask
    holds all lesions of its image; the lines' circles are not drawn, for nothing tells from which
    corner they count. The tissue (F, G, D) is no BI-RADS grade: density and assessment are read
    from the reports, where they stand as ACR and BIRADS. No table names patients; the DICOM
    headers do, if they differ.
    """

    name: ClassVar = "dmid"
    title: ClassVar = "Digital Mammography Dataset (DMID)"
    licence: ClassVar = (
        "DMID, CC BY 4.0, doi:10.6084/m9.figshare.24522883; cite Oza et al. 2024, "
        "doi:10.1007/s13534-023-00339-y."
    )
    expects: ClassVar = "Metadata.xlsx or Info.txt with lines such as 'IMG001 G CIRC B 21 14 3'"
    schemes: ClassVar = ("given", "birads")

    def detects(self, root: Path) -> bool:
        """Whether Info.txt holds a line of DMID's, or Metadata.xlsx lies beside its folders."""
        return _find(root) is not None

    def read(self, root: Path) -> Reading:
        """The images of the table that are there, with their masks and what their reports grade.

        Raises:
            BadTable: Where no line of the table names an image.
            UnreadableFile: Where there is no table.
        """
        place = _find(root) or root
        findings, unclear = _parse(_read_table(place))
        if not findings:
            raise BadTable(f"Expected {self.expects} in {place}, found no such line")
        archive = _list_archive(place)
        patients, warnings = _find_patients(place, archive.images)
        rows, refusals = [], [Refusal(image, UNCLEAR) for image in unclear]
        for image, found in findings.items():
            file = archive.images.get(image)
            if file is None or _contradict(found):
                refusals.append(Refusal(file or image, CONTRADICTION if file else ABSENT))
            else:
                patient = patients.get(image, image)
                rows.append(_row(place, archive, file, found, patient))
        named = findings.keys() | set(unclear)
        refusals += [
            Refusal(archive.images[key], UNLISTED) for key in archive.images.keys() - named
        ]
        return Reading(rows=rows, refusals=refusals, warnings=warnings)


@dataclass(frozen=True)
class Archive:
    """The files of each image by its name in capitals, relative to the archive."""

    images: Mapping[str, str]
    masks: Mapping[str, str]
    reports: Mapping[str, str]


def _find(root: Path) -> Path | None:
    return find_archive(root, _holds, PARTS)


def _holds(folder: Path) -> bool:
    has_sheet = (folder / SHEET).is_file() and any((folder / part).is_dir() for part in PARTS)
    return has_sheet or any(
        _read_finding(line) for name in LISTS for line in _read_lines(folder / name)
    )


def _read_table(place: Path) -> Iterable[str]:
    """The table's lines, the sheet's cells joined by blanks."""
    from mammo_core.datasets.spreadsheets import read_cells

    if (place / SHEET).is_file():
        return [" ".join(filter(None, row)) for row in read_cells(place / SHEET)]
    lines = [line for name in LISTS for line in _read_lines(place / name)]
    if not lines:
        raise UnreadableFile(f"Expected {SHEET} or {LISTS[0]} in {place}, found none")
    return lines


def _read_lines(file: Path) -> list[str]:
    """A text file's lines, none where it is missing."""
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES).decode("latin-1").splitlines()
    except OSError:
        return []


def _parse(lines: Iterable[str]) -> tuple[dict[str, list[Finding]], list[str]]:
    """(the findings of each image, the images with a line that cannot be read)."""
    findings: dict[str, list[Finding]] = {}
    unclear: dict[str, None] = {}
    for line in map(str.strip, lines):
        if finding := _read_finding(line):
            findings.setdefault(finding.image, []).append(finding)
        elif name := re.match(r"IMG\d+\b", line, re.IGNORECASE):
            unclear[name[0].upper()] = None
    clear = {image: found for image, found in findings.items() if image not in unclear}
    return clear, list(unclear)


def _read_finding(line: str) -> Finding | None:
    """None where the line is of another form, or one of its codes is none that is known."""
    match = FINDING.match(line)
    if match is None:
        return None
    kinds = tuple(re.findall(r"[A-Z]{4}", match["kinds"].upper()))
    if any(kind not in LESIONS and kind != NORMAL for kind in kinds):
        return None
    grade = (match["grade"] or "").upper()
    is_normal = kinds == (NORMAL,) and grade not in LABELS
    return Finding(
        image=match["image"].upper(),
        view=match["view"] and match["view"].upper(),
        laterality=match["side"] and match["side"].upper(),
        kinds=kinds,
        label="normal" if is_normal else LABELS.get(grade),
        density=match["density"] and match["density"].lower(),
    )


def _contradict(found: Sequence[Finding]) -> bool:
    """Whether lines call an image normal and not, or give it two views."""
    views = {(finding.view, finding.laterality) for finding in found}
    is_mixed = any(NORMAL in finding.kinds for finding in found) and (
        {kind for finding in found for kind in finding.kinds} != {NORMAL}
        or any(finding.label != "normal" for finding in found)
    )
    return is_mixed or len(views) > 1


def _list_archive(place: Path) -> Archive:
    images: list[str] = []
    masks: list[str] = []
    reports: list[str] = []
    for file in list_files(place):
        folders = file.rpartition("/")[0].lower()
        if MASKS in folders:
            masks.append(file)
        elif REPORTS in folders:
            reports.append(file)
        elif not any(word in folders for word in NO_IMAGES):
            images.append(file)
    texts = {_name(file): file for file in reports if file.lower().endswith(".txt")}
    return Archive(_choose(images), _choose(masks), texts)


def _choose(files: Iterable[str]) -> dict[str, str]:
    """The file of each image; of copies the one that `choose_files` prefers."""
    by_name = {f"{_name(file)}{Path(file).suffix}": file for file in files}
    return {
        name: by_name[chosen]
        for name, chosen in choose_files(by_name).items()
        if re.fullmatch(r"IMG\d+", name)
    }


def _name(file: str) -> str:
    return Path(file).stem.upper()


def _find_patients(place: Path, images: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """(each image's patient, hidden, by the DICOM headers if they tell several; warnings)."""
    told = {}
    for image, file in images.items():
        if file.lower().endswith((".dcm", ".dicom")) and (patient := _read_patient(place / file)):
            told[image] = patient
    if len(set(told.values())) > 1:
        return told, []
    return {}, [NO_PATIENTS]


def _read_patient(file: Path) -> str | None:
    try:
        return read_header(file, with_ids=True).patient_id
    except (UnreadableFile, OSError):
        return None


def _row(
    place: Path, archive: Archive, file: str, found: Sequence[Finding], patient: str
) -> ImageRow:
    first = found[0]
    told = archive.reports.get(first.image)
    report = "\n".join(_read_lines(place / told)) if told else ""
    mask = archive.masks.get(first.image)
    kinds = {kind for finding in found for kind in finding.kinds} - {NORMAL}
    return ImageRow(
        file=place / file,
        image_id=first.image,
        patient_id=patient,
        label=_worst([finding.label for finding in found]),
        birads=_worst_assessment(report),
        laterality=first.laterality,
        view=first.view,
        lesion="+".join(sorted({LESIONS[kind] for kind in kinds})) or None,
        density=_only_density(report) or first.density,
        source="DMID",
        mask_files=((place / mask,),) if mask else (),
    )


def _worst(labels: Sequence[str | None]) -> str | None:
    """Malignant if any lesion is; None where one that might be has no grade."""
    known = order_classes(label for label in labels if label)
    return known[-1] if known and (known[-1] == "malignant" or None not in labels) else None


def _worst_assessment(report: str) -> str | None:
    """The highest of the BI-RADS categories that a report gives."""
    grades = [grade for told in ASSESSMENT.findall(report) for grade in GRADE.findall(told)]
    return max(grades, default=None)


def _only_density(report: str) -> str | None:
    """The ACR grade of a report that gives one and no other."""
    grades = {grade.lower() for grade in DENSITY.findall(report)}
    return DENSITY_WORDS[grades.pop()] if len(grades) == 1 else None
