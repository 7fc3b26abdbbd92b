"""A file's own gray values, before any window, for a viewer that lets one choose it."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mammo_core.dicom import is_dicom
from mammo_core.errors import UnreadableFile
from mammo_core.reading.decoding import StoredPixels, decode
from mammo_core.reading.dicom_file import load_whole
from mammo_core.reading.elements import quiet
from mammo_core.reading.pictures import read_gray
from mammo_core.reading.voi import Line, find_line, to_gray

MOST_PIXELS = 16_000_000
"""Of larger images every second, third, ... row and column is kept."""
MAX_SPAN = 65_535
"""Between the lowest and the highest value: what 16 bits hold."""


@dataclass(frozen=True, eq=False)
class Original:
    """The values of one file as they are stored, apart from padding, which is shown as black.

    Where a table or a curve leads from stored values to gray, they are what `read_mammogram` shows,
    in 16 bits: no window of stored values would show that.

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
        return _describe(read_gray(path))
    with quiet():
        ds = load_whole(path)
        stored = decode(ds)
        line = find_line(stored, ds)
        if line and (original := _follow(stored, line)):
            return original
        return _describe(np.rint(MAX_SPAN * to_gray(stored, ds)[0]).astype(int), (0, MAX_SPAN))


def _follow(stored: StoredPixels, line: Line) -> Original | None:
    """The stored values with the line's window; None where padding cannot be black among them."""
    values = stored.values()
    is_inverse = line.is_inverse != (line.high < line.low)
    low, high = sorted((line.low, line.high))
    known = (stored.patterns >> np.uint8(stored.shift)) & ((1 << stored.bits) - 1)
    padded = line.padding[known]
    if padded.any():
        values[padded] = math.ceil(high) if is_inverse else math.floor(low)
        if np.ptp(values) > MAX_SPAN:
            return None
    return _describe(values, (low, high), is_inverse=is_inverse)


def _describe(
    stored: NDArray[np.integer],
    ends: tuple[float, float] | None = None,
    *,
    is_inverse: bool = False,
) -> Original:
    if stored.dtype.kind not in "biu":
        raise UnreadableFile(f"Expected whole numbers as gray values, got {stored.dtype}")
    step = math.ceil(math.sqrt(stored.size / MOST_PIXELS))
    lowest, highest = int(stored.min()), int(stored.max())
    if highest - lowest > MAX_SPAN:
        raise UnreadableFile(f"Expected values within 16 bits, got {lowest} to {highest}")
    kept = stored[::step, ::step].astype(np.int64) - lowest
    low, high = ends or (lowest, highest)
    center, width = (low + high) / 2, (high - low) or 1
    return Original(kept.astype(np.uint16), lowest, highest, center, width, is_inverse, step)
