"""Where the pectoral muscle is in an oblique view, by the straight line that parts it best."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.hanging import place_of

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
Places = NDArray[np.float64]
"""Of pixels or distances, in units of the breast's height."""

TOPS = np.linspace(0.15, 0.9, 16)
"""Where the line may cross the breast's upper end, as shares of its width from the chest wall."""
FEET = np.linspace(0.2, 0.85, 14)
"""Where it may reach the chest wall, as shares of the breast's height from above."""
BAND = 0.06
"""Width of the bands on either side of it that are compared, as a share of the breast's height."""
FEWEST = 8
"""Pixels that a band needs before its brightness counts."""
MIN_RISE = 0.08
"""The muscle's side is at least this much brighter, of the breast's window."""


def find_pectoral(image: Image, breast: Mask, view: str | None) -> Mask:
    """(H, W) the muscle; empty in views that do not show it, and where no edge is plain enough.

    A simple estimate: of all straight lines from the breast's upper end to the chest wall, the one
    whose inner side is brightest against its outer side. The muscle's edge is curved, and may hide
    under dense tissue. Lines after Karssemeijer 1998, doi:10.1088/0031-9155/43/2/011, who finds
    them by the Hough transform.

    Args:
        image: In [0, 1], chest wall on the left.
        breast: Where the breast is in it.
        view: "MLO", "CC", ...; None where it is not known.
    """
    muscle = np.zeros(image.shape, dtype=bool)
    if not place_of(view) or not breast.any():
        return muscle
    rows, columns = np.nonzero(breast)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    x, y = (columns - columns.min()) / height, (rows - rows.min()) / height
    values = image[rows, columns]
    lines = [(top * width / height, foot) for top in TOPS for foot in FEET]
    depths = (_measure_depth(x, y, *line) for line in lines)
    rise, depth = max(
        ((_measure_rise(values, depth), depth) for depth in depths), key=lambda found: found[0]
    )
    if rise >= MIN_RISE:
        muscle[rows, columns] = depth > 0
    return muscle


def _measure_depth(x: Places, y: Places, top: float, foot: float) -> Places:
    """How deep each pixel lies within the line from (top, 0) to (0, foot), negative beyond it."""
    slope = top / foot
    return (top - x - slope * y) / np.hypot(1, slope)


def _measure_rise(values: Image, depth: Places) -> float:
    """How much brighter the band within a line is than the one beyond it."""
    inner, outer = (depth > 0) & (depth < BAND), (depth <= 0) & (depth > -BAND)
    if min(inner.sum(), outer.sum()) < FEWEST:
        return -np.inf
    return float(values[inner].mean() - values[outer].mean())
