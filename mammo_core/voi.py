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

from mammo_core.elements import Elements
from mammo_core.errors import UnreadableFile
from mammo_core.header import (
    read_items,
    read_number,
    read_numbers,
    read_text,
    read_value,
)
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


def to_gray(stored: NDArray[np.integer], ds: Dataset) -> tuple[NDArray[np.float32], list[Step]]:
    """(pixels in [0, 1] with padding at 0, the steps that led there).

    The order is DICOM's (PS3.4 N.2): padding mask, modality rescale, VOI, presentation look-up
    table with inversion once; then padding becomes background.

    Raises:
        UnreadableFile: Where more than 16 bits are stored.
    """
    table, padded = _start(ds)
    patterns = _patterns(stored)
    table, rescaled = _rescale(table, ds)
    table, windowed = _apply_voi(table, ds, patterns)
    table, inverted = _invert(table, ds)
    shown = np.where(table.padding, 0.0, table.shown).astype(np.float32)
    steps = [step for step in (padded, rescaled, windowed, inverted) if step]
    return look_up(patterns, shown), steps


def look_up(
    patterns: NDArray[np.unsignedinteger], table: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The table's entry for each pattern; bits above the table's length are ignored."""
    full = 1 << (8 * patterns.dtype.itemsize)
    whole = np.resize(table, full).reshape(1, full)
    return cast(NDArray[np.float32], cv2.LUT(patterns, whole))


def _start(ds: Dataset) -> tuple[GrayTable, Step | None]:
    bits = Elements(ds).integer("BitsStored", 0) or Elements(ds).integer("BitsAllocated", 16)
    if not 1 <= bits <= 16:
        raise UnreadableFile(f"Expected 1 to 16 bits stored, got {bits}")
    values = np.arange(1 << bits, dtype=np.float64)
    if Elements(ds).integer("PixelRepresentation", 0) == 1:
        values[1 << (bits - 1) :] -= 1 << bits
    padding, step = _mask_padding(values, ds)
    return GrayTable(values, values.copy(), padding), step


def _patterns(stored: NDArray[np.integer]) -> NDArray[np.unsignedinteger]:
    """The stored values' bit patterns as unsigned 8 or 16 bit integers."""
    if stored.dtype.itemsize > 2:
        raise UnreadableFile(f"Expected at most 16 bits a pixel, got {8 * stored.dtype.itemsize}")
    native = np.ascontiguousarray(stored, stored.dtype.newbyteorder("="))
    return native.view(f"u{stored.dtype.itemsize}")


def _mask_padding(values: Values, ds: Dataset) -> tuple[NDArray[np.bool_], Step | None]:
    numbers = read_numbers(ds, "PixelPaddingValue")
    if not numbers:
        return np.zeros(values.shape, bool), None
    first = numbers[0]
    last = read_number(ds, "PixelPaddingRangeLimit", first)
    low, high = min(first, last), max(first, last)
    detail = f"stored value {low:g}" if low == high else f"stored values {low:g} to {high:g}"
    return (values >= low) & (values <= high), Step("Mask the padding", f"{detail} is background")


def _rescale(table: GrayTable, ds: Dataset) -> tuple[GrayTable, Step | None]:
    """The modality transformation: a look-up table, else slope and intercept."""
    if items := read_items(ds, "ModalityLUTSequence"):
        shown, entries = _apply_sequence(table.shown, items[0])
        return _shown(table, shown), Step("Modality table", f"{entries} entries")
    slope, intercept = (
        read_number(ds, "RescaleSlope", 1.0),
        read_number(ds, "RescaleIntercept", 0.0),
    )
    if (slope, intercept) == (1.0, 0.0) or slope == 0:
        return table, None
    step = Step("Rescale", f"value = stored * {slope:g} + {intercept:g}")
    return _shown(table, table.shown * slope + intercept), step


def _apply_voi(
    table: GrayTable, ds: Dataset, patterns: NDArray[np.unsignedinteger]
) -> tuple[GrayTable, Step]:
    """The values of interest to [0, 1]: a table, else the first usable window, else the range."""
    if items := read_items(ds, "VOILUTSequence"):
        shown, entries = _apply_sequence(table.shown, items[0])
        top = max(float(shown.max()), 1.0)
        return _shown(table, shown / top), Step("VOI table", f"{entries} entries, 0 to {top:g}")
    windows = list(
        zip(read_numbers(ds, "WindowCenter"), read_numbers(ds, "WindowWidth"), strict=False)
    )
    function = read_text(ds, "VOILUTFunction").upper() or "LINEAR"
    usable = [(c, w) for c, w in windows if w >= (1 if function == "LINEAR" else 1e-6)]
    if usable:
        center, width = usable[0]
        detail = f"{function}, center {center:g}, width {width:g}; window 1 of {len(windows)}"
        return _shown(table, apply_window(table.shown, center, width, function)), Step(
            "Window", detail
        )
    return _stretch(table, patterns)


def apply_window(values: Values, center: float, width: float, function: str) -> Values:
    """Values to [0, 1] by a VOI function of PS3.3 C.11.2.1.2 and C.11.2.1.3.

    A function that the standard doesn't know counts as LINEAR.
    """
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700)))
    if function == "LINEAR_EXACT":
        return np.clip((values - center) / width + 0.5, 0, 1)
    if width <= 1:
        return (values > center - 0.5).astype(np.float64)
    return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)


def _stretch(table: GrayTable, patterns: NDArray[np.unsignedinteger]) -> tuple[GrayTable, Step]:
    """The range of the values that occur outside the padding to [0, 1]."""
    mask = len(table.values) - 1
    counts = np.bincount(patterns.ravel() & mask, minlength=len(table.values))
    present = table.shown[(counts > 0) & ~table.padding]
    low, high = (present.min(), present.max()) if present.size else (0.0, 0.0)
    shown = np.clip((table.shown - low) / ((high - low) or 1.0), 0, 1)
    return _shown(table, shown), Step(
        "Stretch", f"no window given: {low:g} to {high:g} in the data"
    )


def _invert(table: GrayTable, ds: Dataset) -> tuple[GrayTable, Step | None]:
    """Bright = dense: inverted once where MONOCHROME1 or an inverse presentation table says so."""
    photometric = read_text(ds, "PhotometricInterpretation").upper()
    shape = read_text(ds, "PresentationLUTShape").upper()
    if photometric != "MONOCHROME1" and shape != "INVERSE":
        return table, None
    reason = photometric if photometric == "MONOCHROME1" else f"PresentationLUTShape {shape}"
    return _shown(table, 1 - table.shown), Step("Invert", f"{reason}: low values are bright")


def _apply_sequence(values: Values, item: Dataset) -> tuple[Values, int]:
    """Values through a DICOM look-up table, and how many entries it has (PS3.3 C.11.1.1.1)."""
    descriptor = read_numbers(item, "LUTDescriptor")
    content = read_value(item, "LUTData")
    if len(descriptor) != 3 or not content:
        raise UnreadableFile("Expected a look-up table with LUTDescriptor and LUTData")
    if isinstance(content, bytes):
        content = np.frombuffer(content, "<u2" if descriptor[2] > 8 else "u1")
    data = np.asarray(content, np.float64).ravel()
    first = descriptor[1] - 65_536 if descriptor[1] > 32_767 and values.min() < 0 else descriptor[1]
    index = np.clip(np.rint(values - first), 0, data.size - 1).astype(np.intp)
    return data[index], int(data.size)


def _shown(table: GrayTable, shown: Values) -> GrayTable:
    return GrayTable(table.values, shown, table.padding)
