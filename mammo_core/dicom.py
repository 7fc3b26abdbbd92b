"""From a file to a mammogram: DICOM here, ordinary pictures by `mammo_core.reading.pictures`."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from mammo_core.errors import UnreadableFile
from mammo_core.reading.decoding import decode
from mammo_core.reading.dicom_file import is_dicom, load_header, load_whole
from mammo_core.reading.elements import Elements, quiet
from mammo_core.reading.header import describe_header
from mammo_core.reading.pictures import read_picture, read_picture_header
from mammo_core.reading.pixel_layout import read_layout
from mammo_core.reading.voi import to_gray
from mammo_core.types import Mammogram, Step

__all__ = ["is_dicom", "read_header", "read_mammogram", "read_stored"]

LARGE_BYTES = 64_000_000
"""Volumes are larger; for smaller files a second look at the header would cost more than it saves.
"""


def read_mammogram(path: str | Path) -> Mammogram:
    """The image in a file, bright = dense and background 0, with every step that was taken.

    Args:
        path: DICOM, PNG (8 or 16 bit), JPEG, PGM or TIFF.

    Raises:
        UnreadableFile: Where it is missing, damaged, of another kind, in color, has several frames
            or declares a size that no mammogram has.
    """
    path = Path(path)
    try:
        if not is_dicom(path):
            return read_picture(path)
        with quiet():
            return _read_dicom(path)
    except UnreadableFile as error:
        raise UnreadableFile(f"{path.name}: {error}") from error


def read_header(path: str | Path) -> dict[str, Any]:
    """What a file tells without its pixels: size, kind, and for DICOM view, side, spacing, ...

    Raises:
        UnreadableFile: Where it is missing, damaged or of another kind.
    """
    path = Path(path)
    try:
        if not is_dicom(path):
            return read_picture_header(path)
        with quiet():
            ds, has_pixels = load_header(path)
            return {**describe_header(ds), "has_pixels": has_pixels}
    except UnreadableFile as error:
        raise UnreadableFile(f"{path.name}: {error}") from error


def read_stored(path: Path) -> tuple[NDArray[np.integer], Dataset]:
    """A DICOM file's values as they are stored, (H, W), and its data set.

    Raises:
        UnreadableFile: As `read_mammogram`.
    """
    ds = _load(path)
    return decode(ds).values(), ds


def _load(path: Path) -> Dataset:
    """The data set with its pixels; a large file's header is judged before the rest is read."""
    if path.stat().st_size > LARGE_BYTES:
        read_layout(Elements(load_header(path)[0]))
    return load_whole(path)


def _read_dicom(path: Path) -> Mammogram:
    ds = _load(path)
    header = describe_header(ds)
    stored = decode(ds)
    pixels, steps = to_gray(stored, ds)
    decoded = Step("Decode", f"{header['rows']} x {header['columns']}, {stored.bits} bit")
    return Mammogram(
        pixels=pixels,
        laterality=header["laterality"],
        view=header["view"],
        pixel_spacing_mm=header["pixel_spacing_mm"],
        manufacturer=header["manufacturer"],
        steps=(decoded, *stored.steps, *steps),
        header=header,
    )
