"""The mini database of the Mammographic Image Analysis Society: films beside an Info.txt."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import PICTURE_SUFFIXES
from mammo_core.datasets.regions import Circle
from mammo_core.datasets.rows import ImageRow, Reading, Refusal
from mammo_core.errors import BadTable, UnreadableFile

GRID = 1024
SPACING_MM = 0.2
LABELS = {None: "normal", "B": "benign", "M": "malignant"}
GRAVITY = {None: 0, "B": 1, "M": 2}
LESIONS = {
    "CALC": "calcification",
    "CIRC": "circumscribed_mass",
    "SPIC": "spiculated_mass",
    "MISC": "ill_defined_mass",
    "ARCH": "architectural_distortion",
    "ASYM": "asymmetry",
}
FINDING = re.compile(
    r"(?P<film>mdb\d{3})\s+[FGD]\s+"
    r"(?:NORM|(?P<kind>CALC|CIRC|SPIC|MISC|ARCH|ASYM)\s+(?P<severity>[BM])\b)"
    r"(?:\s+(?P<x>\d+)\s+(?P<y>\d+)\s+(?P<radius>\d+))?",
    re.IGNORECASE,
)
SUFFIXES = (".pgm", ".png", ".tif", ".tiff", ".jpg", ".jpeg")
"""Lossless copies of a film are taken before lossy ones."""


@dataclass(frozen=True)
class Finding:
    """One line of Info.txt; `kind` and `severity` are None for a normal film."""

    film: str
    kind: str | None
    severity: str | None
    circle: Circle | None


@dataclass(frozen=True)
class MiniMias(Layout):
    """322 films of 161 patients, one oblique view a breast, with a circle around each lesion.

    Info.txt counts from the bottom left of a 1024 x 1024 film. A film with several lines has
    several lesions and is as grave as its worst. Odd films are right breasts, even ones left,
    and two neighbors are one patient. The films were reduced to 200 micrometers a pixel. Their
    tissue classes (fatty, glandular, dense) are no BI-RADS grades, so density stays unknown.
    """

    name: ClassVar = "mini_mias"
    title: ClassVar = "mini-MIAS"
    licence: ClassVar = (
        "MIAS database v1.21, CC BY 2.0 UK, doi:10.17863/CAM.105113; cite Suckling et al. 1994."
    )
    expects: ClassVar = "Info.txt with lines such as 'mdb001 G CIRC B 535 425 197', films beside it"

    def detects(self, root: Path) -> bool:
        """Whether an Info.txt with at least one film's line lies in the folder."""
        try:
            return any(True for _ in _findings(_read_info(root)))
        except UnreadableFile:
            return False

    def read(self, root: Path) -> Reading:
        """The films of Info.txt that are there, with their circles.

        Raises:
            UnreadableFile: Where there is no Info.txt.
            BadTable: Where no line of it names a film.
        """
        films: dict[str, list[Finding]] = {}
        for finding in _findings(_read_info(root)):
            films.setdefault(finding.film, []).append(finding)
        if not films:
            raise BadTable(
                f"Expected Info.txt in {root} to hold {self.expects}, found no such line"
            )
        files = _film_files(root)
        rows = [_row(files[film], found) for film, found in films.items() if film in files]
        absent = [Refusal(film, "Info.txt names this film, the folder lacks it") for film in films]
        return Reading(
            rows=rows,
            refusals=[refusal for refusal in absent if refusal.file not in files]
            + [
                Refusal(file.name, "Info.txt has no line for this film")
                for film, file in files.items()
                if film not in films
            ],
            warnings=_warn_of_missing_places(rows),
        )


def _read_info(root: Path) -> list[str]:
    """The lines of Info.txt, however its name is capitalized."""
    try:
        info = next(file for file in root.iterdir() if file.name.lower() == "info.txt")
        return info.read_text(encoding="latin-1").splitlines()
    except (StopIteration, NotADirectoryError):
        raise UnreadableFile(f"Expected a file Info.txt in {root}, found none") from None


def _findings(lines: Iterable[str]) -> Iterable[Finding]:
    """The lines that describe a film; the file's explanations are passed over."""
    for match in filter(None, map(FINDING.match, map(str.strip, lines))):
        kind, place, severity = match["kind"], match["x"], match["severity"]
        yield Finding(
            film=match["film"].lower(),
            kind=kind and kind.upper(),
            severity=severity and severity.upper(),
            circle=_circle(match) if place and kind else None,
        )


def _circle(match: re.Match[str]) -> Circle:
    """The circle of a line, counted from the top left."""
    x, y, radius = (float(match[name]) for name in ("x", "y", "radius"))
    return Circle(row=GRID - y, column=x, radius=radius)


def _film_files(root: Path) -> dict[str, Path]:
    """The film's file of each name, from the folder and the folders in it."""
    places = [root, *sorted(path for path in root.iterdir() if _may_hold_films(path))]
    found = [file for place in places for file in sorted(place.iterdir()) if _is_film(file)]
    found.sort(key=lambda file: SUFFIXES.index(file.suffix.lower()), reverse=True)
    best = {file.stem.lower(): file for file in found}
    return {film: best[film] for film in sorted(best)}


def _may_hold_films(path: Path) -> bool:
    return path.is_dir() and not path.name.lower().startswith((".", "mask"))


def _is_film(file: Path) -> bool:
    is_picture = file.suffix.lower() in PICTURE_SUFFIXES
    return is_picture and re.fullmatch(r"mdb\d{3}", file.stem.lower()) is not None


def _row(file: Path, findings: list[Finding]) -> ImageRow:
    """One film with all its lesions."""
    film = findings[0].film
    number = int(film[3:])
    worst = max(findings, key=lambda finding: GRAVITY[finding.severity])
    patient = f"mias{(number + 1) // 2:03d}"
    return ImageRow(
        file=file,
        image_id=film,
        patient_id=patient,
        exam_id=patient,
        laterality="R" if number % 2 else "L",
        view="MLO",
        label=LABELS[worst.severity],
        lesion=LESIONS[worst.kind] if worst.kind else None,
        pixel_spacing_mm=SPACING_MM,
        source="mini-MIAS",
        regions=tuple(finding.circle for finding in findings if finding.circle),
        regions_grid=(GRID, GRID),
    )


def _warn_of_missing_places(rows: list[ImageRow]) -> list[str]:
    films = [row.image_id for row in rows if row.label != "normal" and not row.regions]
    return [f"Info.txt gives no place for the lesion of {', '.join(films)}"] if films else []
