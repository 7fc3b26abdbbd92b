"""Where the breast is in a mammogram, and on which side the chest wall lies."""

from dataclasses import dataclass
from itertools import chain
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.placement import resize

Side = Literal["left", "right"]
Mask = NDArray[np.bool_]
Image = NDArray[np.float32]

PREVIEW_SIDE = 384
"""The longer side of the small copy that is kept with a breast."""

SEARCH_SIDE = 256
"""The breast is looked for in a copy whose longer side has this many pixels."""

MIN_RISE = 0.03
"""The skin line is at least this much brighter than the background."""

EDGE_LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Where the skin line is looked for on the way from the background to Otsu's threshold."""

MAX_OPPOSITE = 0.6
"""A region that reaches both sides of its box on more of its rows has swallowed the background."""

STRIP_SHARE = 0.06
"""A cassette's edge is no wider than this share of the image's side."""

STRIP_LEVEL, STRIP_DROP = 0.4, 0.4
"""It is brighter than this level, and the share of such pixels drops by so much just within."""


@dataclass(frozen=True, eq=False)
class Breast:
    """The breast in one image; the pectoral muscle belongs to it.

    Attributes:
        mask: (H, W) bool.
        box: (top, bottom, left, right), half-open, around the mask.
        chest_wall: The side on which the mask ends in a straight vertical line.
        preview: The image, area-averaged to a longer side of at most 384 pixels.
    """

    mask: Mask
    box: tuple[int, int, int, int]
    chest_wall: Side
    preview: Image


def find_breast(pixels: NDArray[np.float32]) -> Breast:
    """The largest bright region without what merely touches it: labels, tape, bright film edges.

    Args:
        pixels: (H, W) in [0, 1], bright = dense.

    Returns:
        The breast; the whole image where nothing stands out from the background.
    """
    preview = shrink(pixels, PREVIEW_SIDE)
    small = cast(Image, cv2.GaussianBlur(shrink(preview, SEARCH_SIDE), (3, 3), 0))
    mask = _find_region(_darken_strips(small))
    box = bounding_box(mask)
    return Breast(
        _enlarge(mask, pixels.shape),
        _scale_box(box, mask.shape, pixels.shape),
        _find_wall(mask),
        preview,
    )


def shrink(pixels: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """An area-averaged copy whose longer side is `side`; the image itself where it is smaller."""
    scale = side / max(pixels.shape)
    if scale >= 1:
        return pixels
    rows, columns = (max(1, round(length * scale)) for length in pixels.shape)
    return resize(pixels, (rows, columns))


def bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    """(top, bottom, left, right), half-open, of a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _darken_strips(small: Image) -> Image:
    """The image with bright strips along its edges, as cassettes leave them, set to background."""
    cut = small
    for turns in range(4):
        side = np.rot90(cut, turns)
        width = _measure_strip(side)
        if width:
            side = side.copy()
            side[:, :width] = np.percentile(small, 5)
            cut = np.ascontiguousarray(np.rot90(side, -turns))
    return cut


def _measure_strip(side: Image) -> int:
    """How many columns at the left edge are a bright strip; 0 where the brightness goes on."""
    reach = max(2, round(STRIP_SHARE * side.shape[1]))
    if side.shape[1] <= 2 * reach:
        return 0
    shares = (side[:, : 2 * reach] > STRIP_LEVEL).mean(axis=0)
    bright = np.flatnonzero(shares[:reach] >= shares[reach:].mean() + STRIP_DROP)
    return int(bright[-1]) + 2 if bright.size and bright[0] <= 1 else 0


def _find_region(small: Image) -> Mask:
    """The breast at the lowest threshold that leaves background beside it, else at the lowest."""
    regions = (_largest_region(small > threshold) for threshold in _edge_thresholds(small))
    lowest = next(regions)
    for region in chain((lowest,), regions):
        if region.any() and min(_reached(region)) <= MAX_OPPOSITE:
            return region
    return lowest if lowest.any() else np.ones(small.shape, bool)


def _edge_thresholds(small: Image) -> list[float]:
    """Gray levels at which the skin line may lie, from the background's up to Otsu's."""
    levels = (np.clip(small, 0, 1) * 255).astype(np.uint8)
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    counts = np.bincount(levels[levels <= otsu], minlength=256)
    background = int(np.argmax(np.convolve(counts, np.ones(5), mode="same")))
    rise = otsu - background
    return sorted(
        {min(otsu, background + max(255 * MIN_RISE, f * rise)) / 255 for f in EDGE_LEVELS}
    )


def _largest_region(bright: Mask) -> Mask:
    """The largest component, its holes filled, after an opening that tears off what is thin."""
    size = max(3, max(bright.shape) // 16) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(
        _fill(bright), cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_REPLICATE
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    if count < 2:
        return np.zeros_like(bright)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return _fill(labels == largest) > 0


def _fill(mask: Mask) -> NDArray[np.uint8]:
    """The mask without holes, as 0 and 1; a hole may end at the image's left or right edge."""
    closed = mask.astype(np.uint8)
    for column in (0, -1):
        rows = np.flatnonzero(closed[:, column])
        if rows.size:
            closed[rows[0] : rows[-1], column] = 1
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, thickness=cv2.FILLED)
    return filled


def _reached(mask: Mask) -> tuple[float, float]:
    """The shares of the rows of a mask's box that reach its left and its right side."""
    on_left, on_right = _rows_at_sides(mask)
    return float(on_left.mean()), float(on_right.mean())


def _find_wall(mask: Mask) -> Side:
    """The side that more rows reach.

    Where the film cut the breast on both sides, the one that is reached first from above: the
    pectoral muscle fills the upper corner at the chest wall.
    """
    on_left, on_right = _rows_at_sides(mask)
    if min(on_left.mean(), on_right.mean()) > MAX_OPPOSITE:
        return "left" if np.argmax(on_left) <= np.argmax(on_right) else "right"
    return "left" if on_left.sum() >= on_right.sum() else "right"


def _rows_at_sides(mask: Mask) -> tuple[Mask, Mask]:
    """Which rows of a mask's box reach its left and its right side."""
    top, bottom, left, right = bounding_box(mask)
    rows = mask[top:bottom, left:right]
    reach = max(2, round(0.03 * rows.shape[1]))
    return np.any(rows[:, :reach], axis=1), np.any(rows[:, -reach:], axis=1)


def _enlarge(mask: Mask, shape: tuple[int, ...]) -> Mask:
    if mask.shape == shape:
        return mask
    large = cv2.resize(mask.astype(np.uint8) * 255, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.greater(large, 127, out=large.view(bool))


def _scale_box(
    box: tuple[int, int, int, int], small: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[int, int, int, int]:
    """A box of the small grid in the image's grid, rounded outwards."""
    (top, bottom, left, right), (rows, columns) = box, shape
    down, across = rows / small[0], columns / small[1]
    return (
        int(np.floor(top * down)),
        min(rows, int(np.ceil(bottom * down))),
        int(np.floor(left * across)),
        min(columns, int(np.ceil(right * across))),
    )
