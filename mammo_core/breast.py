"""Where the breast is in a mammogram, and on which side the chest wall lies."""

from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Side = Literal["left", "right"]
Mask = NDArray[np.bool_]

WORKING_SIDE = 256
"""The breast is looked for in a copy whose longer side has this many pixels."""

MIN_RISE = 0.04
"""The skin line is at least this much brighter than the background."""


@dataclass(frozen=True, eq=False)
class Breast:
    """The breast in one image; the pectoral muscle belongs to it.

    Attributes:
        mask: (H, W) bool.
        box: (top, bottom, left, right), half-open, around the mask.
        chest_wall: The side on which the mask ends in a straight vertical line.
    """

    mask: Mask
    box: tuple[int, int, int, int]
    chest_wall: Side


def find_breast(pixels: NDArray[np.float32]) -> Breast:
    """The largest bright region without what merely touches it: labels, tape, bright film edges.

    Args:
        pixels: (H, W) in [0, 1], bright = dense.

    Returns:
        The breast; the whole image where nothing stands out from the background.
    """
    small = shrink(pixels, WORKING_SIDE)
    mask = _largest_region(small > _edge_threshold(small))
    if not mask.any():
        mask = np.ones_like(mask)
    box = bounding_box(mask)
    return Breast(
        _enlarge(mask, pixels.shape), _scale_box(box, mask.shape, pixels.shape), _wall(mask)
    )


def shrink(pixels: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """An area-averaged copy whose longer side is `side`; the image itself where it is smaller."""
    scale = side / max(pixels.shape)
    if scale >= 1:
        return pixels
    rows, columns = (max(1, round(length * scale)) for length in pixels.shape)
    small = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)
    return cast(NDArray[np.float32], small)


def bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    """(top, bottom, left, right), half-open, of a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _edge_threshold(small: NDArray[np.float32]) -> float:
    """The gray level of the skin line: just above the background, at most Otsu's threshold."""
    levels = (np.clip(small, 0, 1) * 255).astype(np.uint8)
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    counts = np.bincount(levels[levels <= otsu], minlength=256)
    background = int(np.argmax(np.convolve(counts, np.ones(5), mode="same")))
    spread = float(np.median(np.abs(levels[levels <= otsu] - np.float32(background))))
    return min(otsu, background + max(255 * MIN_RISE, 3 * spread)) / 255


def _largest_region(bright: Mask) -> Mask:
    """The largest component after an opening that tears off what is thin, its holes filled."""
    size = max(3, max(bright.shape) // 16) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(
        bright.astype(np.uint8), cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_REPLICATE
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    if count < 2:
        return np.zeros_like(bright)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return _fill(labels == largest)


def _fill(mask: Mask) -> Mask:
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, thickness=cv2.FILLED)
    return filled.astype(bool)


def _wall(mask: Mask) -> Side:
    """The side of the mask's box that more of its rows reach."""
    top, bottom, left, right = bounding_box(mask)
    rows = mask[top:bottom, left:right]
    reach = max(2, round(0.02 * rows.shape[1]))
    on_left, on_right = rows[:, :reach].all(axis=1).sum(), rows[:, -reach:].all(axis=1).sum()
    return "left" if on_left >= on_right else "right"


def _enlarge(mask: Mask, shape: tuple[int, ...]) -> Mask:
    if mask.shape == shape:
        return mask
    large = cv2.resize(mask.astype(np.uint8) * 255, shape[::-1], interpolation=cv2.INTER_LINEAR)
    inside: Mask = large > 127
    return inside


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
