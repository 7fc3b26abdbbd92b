"""A file's own gray values, before any window, for a viewer that lets one choose it."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from mammo_core.dicom import is_dicom, read_stored
from mammo_core.errors import UnreadableFile
from mammo_core.reading.elements import quiet, read_number, read_text
from mammo_core.reading.pictures import read_gray
from mammo_core.reading.windows import find_window

MOST_PIXELS = 16_000_000
"""Of larger images every second, third, ... row and column is kept."""


@dataclass(frozen=True, eq=False)
class Original:
    """The values of one file as they are stored.

    Attributes:
        values: (H, W) uint16: stored value minus `lowest`.
        lowest: The smallest stored value.
        highest: The largest one.
        center, width: The window in stored values that the file asks for; its whole range where
            it asks for none.
        is_inverse: Whether low values are bright.
        step: Every how many rows and columns were kept; 1 is all of them.
    """

    values: NDArray[np.uint16]
    lowest: int
    highest: int
    center: float
    width: float
    is_inverse: bool
    step: int

    def to_range(self) -> NDArray[np.float32]:
        """(H, W) in [0, 1]: the lowest stored value is 0, the highest 1."""
        return self.values.astype(np.float32) / np.float32(max(1, self.highest - self.lowest))


def read_original(path: str | Path) -> Original:
    """The gray values in a file, untouched.

    Raises:
        UnreadableFile: Where it cannot be read, or its values span more than 16 bits.
    """
    path = Path(path)
    if not is_dicom(path):
        return _describe(read_gray(path), None, is_inverse=False)
    with quiet():
        stored, ds = read_stored(path)
        return _describe(stored, _read_window(ds), is_inverse=_is_inverse(ds))


def _describe(
    stored: NDArray[np.integer], window: tuple[float, float] | None, *, is_inverse: bool
) -> Original:
    if stored.dtype.kind not in "biu":
        raise UnreadableFile(f"Expected whole numbers as gray values, got {stored.dtype}")
    step = math.ceil(math.sqrt(stored.size / MOST_PIXELS))
    lowest, highest = int(stored.min()), int(stored.max())
    if highest - lowest > 65_535:
        raise UnreadableFile(f"Expected values within 16 bits, got {lowest} to {highest}")
    kept = stored[::step, ::step].astype(np.int64) - lowest
    center, width = window or ((lowest + highest) / 2, max(1, highest - lowest))
    return Original(kept.astype(np.uint16), lowest, highest, center, width, is_inverse, step)


def _read_window(ds: Dataset) -> tuple[float, float] | None:
    """(center, width) of the window to show first in stored values, None where there is none."""
    slope = read_number(ds, "RescaleSlope", 1.0) or 1.0
    intercept = read_number(ds, "RescaleIntercept", 0.0)
    if not (window := find_window(ds)):
        return None
    return (window.center - intercept) / slope, abs(window.width / slope)


def _is_inverse(ds: Dataset) -> bool:
    photometric = read_text(ds, "PhotometricInterpretation").upper()
    return photometric == "MONOCHROME1" or read_text(ds, "PresentationLUTShape") == "INVERSE"
