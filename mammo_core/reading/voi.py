"""From stored values to [0, 1]: one look-up table that holds rescale, window and inversion.

Every operation that DICOM defines on a mammogram's grey values is pointwise, so it is computed for
the few thousand values that can be stored and looked up for the millions that are.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from mammo_core.reading.decoding import StoredPixels
from mammo_core.reading.elements import read_items, read_number, read_numbers, read_text
from mammo_core.reading.look_up_table import read_table
from mammo_core.reading.windows import Window, choose, find_window
from mammo_core.types import Step

Values = NDArray[np.float64]


@dataclass(frozen=True)
class GrayTable:
    """What becomes of each stored value.

    Attributes:
        values: The stored values, (2**bits,) in the order of their bit patterns.
        shown: What each is mapped to so far; in the end [0, 1].
        padding: Which of them stand for "nothing was measured here".
    """

    values: Values
    shown: Values
    padding: NDArray[np.bool_]

    def show(self, shown: Values) -> "GrayTable":
        """The same values, mapped to `shown`."""
        return GrayTable(self.values, shown, self.padding)


@dataclass(frozen=True, eq=False)
class Line:
    """The way from stored values to gray where it is one straight line, cut off at both ends.

    Attributes:
        low: The stored value that becomes 0 by the window, however the line rises.
        high: The one that becomes 1.
        is_inverse: Whether 1 is then shown as black.
        padding: (2**bits,) which bit patterns are padding, shown as black.
    """

    low: float
    high: float
    is_inverse: bool
    padding: NDArray[np.bool_]


def find_line(stored: StoredPixels, ds: Dataset) -> Line | None:
    """The line that `to_gray` follows, None where a table or curve does it, or all is one gray."""
    modality = _find_group(ds, "PixelValueTransformationSequence")
    voi = _find_group(ds, "FrameVOILUTSequence")
    tables = ((modality, "ModalityLUTSequence"), (voi, "VOILUTSequence"))
    if any(read_items(*one) for one in (*tables, (ds, "PresentationLUTSequence"))):
        return None
    padding, _ = _mask_padding(stored, ds)
    table, _ = _rescale(GrayTable(stored.levels, stored.levels.copy(), padding), modality)
    present = _list_present(table, stored)
    window = find_window(voi, present)
    ends = _find_ends(window) if window else _find_range(present)
    if ends is None or ends[0] == ends[1]:
        return None
    slope, intercept = _read_rescale(modality)
    low, high = ((end - intercept) / slope for end in ends)
    return Line(low, high, _explain_inversion(ds) is not None, padding)


def _find_range(present: Values) -> tuple[float, float]:
    return (float(present.min()), float(present.max())) if present.size else (0.0, 0.0)


def _find_ends(window: Window) -> tuple[float, float] | None:
    """The values that become 0 and 1, None where what lies between is a curve or a step."""
    if window.function == "LINEAR_EXACT":
        return window.center - window.width / 2, window.center + window.width / 2
    if window.function == "SIGMOID" or window.width <= 1:
        return None
    half = (window.width - 1) / 2
    return window.center - 0.5 - half, window.center - 0.5 + half


def to_gray(stored: StoredPixels, ds: Dataset) -> tuple[NDArray[np.float32], list[Step]]:
    """(pixels in [0, 1] with padding at 0, the steps that led there).

    The order is DICOM's (PS3.4 N.2): padding mask, modality rescale, VOI, presentation look-up
    table or inversion, once; then padding becomes background.

    Raises:
        UnreadableFile: Where a look-up table is damaged.
    """
    padding, padded = _mask_padding(stored, ds)
    table = GrayTable(stored.levels, stored.levels.copy(), padding)
    table, rescaled = _rescale(table, _find_group(ds, "PixelValueTransformationSequence"))
    table, windowed = _apply_voi(table, _find_group(ds, "FrameVOILUTSequence"), stored)
    table, presented = _present(table, ds)
    shown = np.where(table.padding, 0.0, table.shown).astype(np.float32)
    steps = [step for step in (padded, rescaled, windowed, presented) if step]
    return look_up(stored, shown), steps


def look_up(stored: StoredPixels, table: NDArray[np.float32]) -> NDArray[np.float32]:
    """The table's entry for each pattern; bits outside the stored ones are ignored."""
    full = 1 << (8 * stored.patterns.dtype.itemsize)
    whole = np.resize(np.repeat(table, 1 << stored.shift), full).reshape(1, full)
    return cast(NDArray[np.float32], cv2.LUT(stored.patterns, whole))


def _mask_padding(stored: StoredPixels, ds: Dataset) -> tuple[NDArray[np.bool_], Step | None]:
    """Which stored values are padding (PS3.3 C.7.5.1.1.2): before any transformation."""
    levels = stored.levels
    bounds = [_fit(number, levels) for number in read_numbers(ds, "PixelPaddingValue")[:1]]
    limits = [_fit(number, levels) for number in read_numbers(ds, "PixelPaddingRangeLimit")[:1]]
    if not bounds or bounds[0] is None:
        return np.zeros(levels.shape, bool), None
    ends = [bound for bound in (*bounds, *limits) if bound is not None]
    low, high = min(ends), max(ends)
    detail = f"stored value {low:g}" if low == high else f"stored values {low:g} to {high:g}"
    return (levels >= low) & (levels <= high), Step("Mask the padding", f"{detail} is background")


def _fit(number: float, levels: Values) -> float | None:
    """The number as these values count, which may be signed where its tag is not; else None."""
    low, high = levels.min(), levels.max()
    same = (number, number - 65_536, number + 65_536)
    return next((float(value) for value in same if low <= value <= high), None)


def _find_group(ds: Dataset, keyword: str) -> Dataset:
    """The functional group of the only frame that holds these values, else the data set itself."""
    for functional in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in read_items(ds, functional)[:1]:
            if items := read_items(group, keyword):
                return items[0]
    return ds


def _rescale(table: GrayTable, ds: Dataset) -> tuple[GrayTable, Step | None]:
    """The modality transformation: a look-up table, else slope and intercept (PS3.3 C.11.1)."""
    if items := read_items(ds, "ModalityLUTSequence"):
        lut = read_table(items[0], is_signed=bool(table.shown.min() < 0))
        return table.show(lut.apply(table.shown)), Step("Modality table", f"{lut.length} entries")
    slope, intercept = _read_rescale(ds)
    if (slope, intercept) == (1.0, 0.0):
        return table, None
    step = Step("Rescale", f"value = stored * {slope:g} + {intercept:g}")
    return table.show(table.shown * slope + intercept), step


def _read_rescale(ds: Dataset) -> tuple[float, float]:
    """(slope, intercept), which change nothing where the slope is 0."""
    slope = read_number(ds, "RescaleSlope", 1.0)
    return (slope, read_number(ds, "RescaleIntercept", 0.0)) if slope else (1.0, 0.0)


def _apply_voi(table: GrayTable, ds: Dataset, stored: StoredPixels) -> tuple[GrayTable, Step]:
    """The values of interest to [0, 1]: a table, else a window, else the range (PS3.3 C.11.2)."""
    if items := read_items(ds, "VOILUTSequence"):
        at, told = choose(
            "table", range(len(items)), [read_text(item, "LUTExplanation") for item in items]
        )
        lut = read_table(items[at], is_signed=bool(table.shown.min() < 0))
        detail = f"{lut.length} entries, 0 to {lut.top:g}; {told}"
        return table.show(lut.apply(table.shown) / lut.top), Step("VOI table", detail)
    present = _list_present(table, stored)
    if not (window := find_window(ds, present)):
        return _stretch(table, present, has_window="WindowWidth" in ds)
    return table.show(window.apply(table.shown)), Step("Window", window.describe())


def _list_present(table: GrayTable, stored: StoredPixels) -> Values:
    """The values that occur outside the padding."""
    full = 1 << (8 * stored.patterns.dtype.itemsize)
    counts = cv2.calcHist([stored.patterns], [0], None, [full], [0, full])  # 6 x bincount's speed
    known = (np.flatnonzero(counts) >> stored.shift) & (table.values.size - 1)
    is_present = np.zeros(table.values.size, bool)
    is_present[known] = True
    return table.shown[is_present & ~table.padding]


def _stretch(table: GrayTable, present: Values, *, has_window: bool) -> tuple[GrayTable, Step]:
    """The range of the values that are present to [0, 1]."""
    low, high = _find_range(present)
    shown = np.clip((table.shown - low) / ((high - low) or 1.0), 0, 1)
    why = "no window is usable" if has_window else "no window given"
    return table.show(shown), Step("Stretch", f"{why}: {low:g} to {high:g} in the data")


def _present(table: GrayTable, ds: Dataset) -> tuple[GrayTable, Step | None]:
    """To what is displayed: by a presentation table, else inverted once where low means bright."""
    if items := read_items(ds, "PresentationLUTSequence"):
        lut = read_table(items[0], is_signed=False)
        shown = lut.apply_to_range(table.shown)
        return table.show(shown), Step("Presentation table", f"{lut.length} entries")
    if not (reason := _explain_inversion(ds)):
        return table, None
    return table.show(1 - table.shown), Step("Invert", f"{reason}: low values are bright")


def _explain_inversion(ds: Dataset) -> str | None:
    """Why low values are bright, None where they are dark."""
    if read_text(ds, "PhotometricInterpretation").upper() == "MONOCHROME1":
        return "MONOCHROME1"
    is_inverse = read_text(ds, "PresentationLUTShape").upper() == "INVERSE"
    return "PresentationLUTShape INVERSE" if is_inverse else None
