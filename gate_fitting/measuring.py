"""Every picture that the gate is fitted on and judged by, measured; images are never kept."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zlib import crc32

import cv2
import numpy as np

from gate_fitting.photographs import SHOWN, SPOILED, list_photographs, read_gray
from gate_fitting.strangers import draw, list_drawn
from gate_fitting.variants import ODD, VARIANTS, apply, resize_to
from mammo_core.breast import find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.picture_features import PictureFeatures, measure_frame, measure_picture
from mammo_core.reading.pictures import bright_border_share
from mammo_core.second_looks import measure_brightened, measure_straightened, measure_turned

SUFFIXES = (".dcm", ".jpg", ".jpeg", ".png", ".pgm", ".tif", ".tiff")

LEFT_OUT = ("MG1_JPLY.dcm", "text_page_with_MG_header.dcm")
"""The film of MG1_J2KI once more, and no mammogram."""

WORKING_SIDE = 1024
"""Mammograms are changed at this longer side; as they are, they are measured at their own."""

ORIGINS = {
    "mini_mias": "mini-MIAS, Suckling et al. 1994, CC BY 2.0 UK, doi:10.17863/CAM.105113; as JPEG",
    "mayo_density": "MONAI model zoo, breast density bundle, Mayo Clinic, Apache-2.0; as JPEG",
    "dicom_mg": "DICOM working group 4, compression samples; one film",
}
"""Where the mammograms of a source come from."""

CHANGED_OF = {"mini_mias": 4, "mayo_density": 1, "dicom_mg": 1}
"""Every how-manieth mammogram of a source is changed."""


@dataclass(frozen=True)
class Row:
    """One picture, measured.

    Attributes:
        sort: "mammogram", "odd" (a mammogram in an odd state) or "stranger".
        source: The folder of a mammogram, the kind of a stranger.
        family: The family of the change, "" for a mammogram as it is.
        change: What was done to it, "" for nothing.
        name: The file or the number.
        inverted: Whether its border was bright.
        features: As it stands.
        turned: Turned by 90 degrees.
        straightened: Turned by each of ASKEW_DEGREES.
        brightened: Under a gamma of one half.
        frame: As if all of it were breast.
        made_of: The source of the mammogram that it is or was made of, "" for others.
    """

    sort: str
    source: str
    family: str
    change: str
    name: str
    inverted: bool
    features: PictureFeatures
    turned: PictureFeatures
    straightened: tuple[PictureFeatures, ...]
    brightened: PictureFeatures
    frame: PictureFeatures
    made_of: str = ""


def measure_all(real: Path) -> list[Row]:
    """Rows of every picture at hand, in a fixed order, on all cores."""
    tasks = [*_mammogram_tasks(real), *_stranger_tasks(real)]
    pool = ProcessPoolExecutor(os.cpu_count(), get_context("spawn"))
    with pool:
        return [row for rows in pool.map(_run, tasks, chunksize=4) for row in rows]


def _mammogram_tasks(real: Path) -> Iterator[tuple[Any, ...]]:
    for source, every in CHANGED_OF.items():
        for number, path in enumerate(list_mammograms(real / source)):
            yield "mammogram", source, path, number % every == 0


def _stranger_tasks(real: Path) -> Iterator[tuple[Any, ...]]:
    yield from (("photograph", kind, path) for kind, path in list_photographs(real))
    yield from (("drawing", kind, number) for kind, number in list_drawn())


def list_mammograms(folder: Path) -> list[Path]:
    """The mammograms of a source, in the order of their names."""
    return sorted(
        path
        for path in folder.glob("*")
        if path.suffix.lower() in SUFFIXES and path.name not in LEFT_OUT
    )


def _run(task: tuple[Any, ...]) -> list[Row]:
    cv2.setNumThreads(1)
    return list(MEASURES[task[0]](*task[1:]))


def _measure_mammogram(source: str, path: Path, changed: bool) -> Iterator[Row]:
    pixels = read_mammogram(path).pixels
    yield _measure("mammogram", source, "", "", path.stem, pixels, source)
    if not changed:
        return
    if find_breast(pixels).chest_wall == "right":
        pixels = np.ascontiguousarray(pixels[:, ::-1])
    pixels = resize_to(pixels, WORKING_SIDE) if max(pixels.shape) > WORKING_SIDE else pixels
    for title, variant in VARIANTS.items():
        image = apply(variant.change, pixels, _seed(title, path.stem))
        yield _measure("mammogram", source, variant.family, title, path.stem, image, source)
    for title, change in ODD.items():
        image = apply(change, pixels, _seed(title, path.stem))
        yield _measure("odd", source, title, title, path.stem, image, source)
    for title, change in SPOILED.items():
        image = apply(change, pixels, _seed(title, path.stem))
        yield _measure("stranger", "spoiled mammograms", title, title, path.stem, image, source)


def _measure_photograph(kind: str, path: Path) -> Iterator[Row]:
    pixels = read_gray(path)
    for title, show in SHOWN.items():
        image = apply(show, pixels, _seed(title, path.stem))
        yield _measure("stranger", kind, title, title, path.stem, image)


def _measure_drawing(kind: str, number: int) -> Iterator[Row]:
    yield _measure("stranger", kind, "", "", str(number), draw(kind, number))


MEASURES: dict[str, Callable[..., Iterator[Row]]] = {
    "mammogram": _measure_mammogram,
    "photograph": _measure_photograph,
    "drawing": _measure_drawing,
}


def _seed(title: str, name: str) -> np.random.Generator:
    return np.random.default_rng(crc32(f"{title} {name}".encode()))


def _measure(
    sort: str, source: str, family: str, change: str, name: str, pixels: Any, made_of: str = ""
) -> Row:
    image = pixels.astype(np.float32)
    image = (image - image.min()) / max(float(np.ptp(image)), 1e-6)
    inverted = bright_border_share(image) >= 0.5
    breast = find_breast(1 - image if inverted else image)
    return Row(
        sort,
        source,
        family,
        change,
        name,
        inverted,
        measure_picture(breast),
        measure_turned(breast),
        tuple(measure_straightened(breast)),
        measure_brightened(breast),
        measure_frame(breast),
        made_of,
    )
