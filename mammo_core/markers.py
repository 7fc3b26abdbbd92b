"""What is burned in beside the breast: letters, plates and tags."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import Breast, shrink
from mammo_core.types import Mammogram

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

SEARCH_SIDE = 768
"""Markers are looked for in a copy whose longer side has this many pixels."""
HALO = 0.012
"""Of the longer side: what lies so near the breast belongs to it (skin, nipple, folds)."""
WALL = 0.04
"""Of the longer side: how far the strip at the chest wall reaches into the breast's box; skin folds
and film edges above and below the breast lie in it."""
JOIN = 0.01
"""Of the longer side: marks with smaller gaps between them are one marker, as letters of a word."""
MIN_SIZE = 0.006
"""Of the longer side: what is smaller in both directions is dust."""
MIN_RISE = 0.12
"""A marker is at least this much brighter than the air around it."""
NOISE = 6.0
"""And so many robust standard deviations of the air."""
MIN_EDGE = 0.25
"""Share of that rise by which a marker's edge rises within a pixel; shades rise slower."""
MIN_FREE = 0.75
"""Share of a marker's rim that doesn't touch the breast's halo; more of a skin fold's does."""
MAX_SPAN = 0.5
"""What runs along more of a side of the picture is the film's edge or the cassette's."""
STRIP = 0.03
"""Of the longer side: so is what touches a side, is thinner than this and four times as long."""


@dataclass(frozen=True)
class Box:
    """A rectangle of the image's own pixels, half-open."""

    top: int
    bottom: int
    left: int
    right: int


def find_markers(mammogram: Mammogram, breast: Breast) -> list[Box]:
    """Where bright marks with sharp edges stand beside the breast, from above.

    What touches the breast, or stands at the chest wall above or below it, is taken for body, so
    that a mark there is missed.

    Args:
        mammogram: As read.
        breast: Where the breast is in it.
    """
    small = shrink(mammogram.pixels, SEARCH_SIDE)
    beyond = _find_air(breast, small.shape)
    if not beyond.any():
        return []
    joined = _join(_find_marks(small, beyond, _wall_in(small.shape, breast)))
    boxes = [_scale(box, small.shape, mammogram.pixels.shape) for box, _ in _list_regions(joined)]
    return sorted(boxes, key=lambda box: (box.top, box.left))


def _find_air(breast: Breast, shape: tuple[int, ...]) -> Mask:
    """Everything but the breast and a halo around it."""
    share = cv2.resize(breast.mask.view(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST)
    reach = 2 * max(1, round(HALO * max(shape))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return cast(Mask, cv2.dilate(share, kernel) == 0)


def _wall_in(shape: tuple[int, ...], breast: Breast) -> slice:
    """The columns at the chest wall, outward from just inside the breast's box."""
    scale = shape[1] / breast.mask.shape[1]
    margin = round(WALL * max(shape))
    if breast.chest_wall == "left":
        return slice(0, round(breast.box[2] * scale) + margin)
    return slice(max(0, round(breast.box[3] * scale) - margin), shape[1])


def _find_marks(image: Image, beyond: Mask, wall: slice) -> Mask:
    """The bright regions beside the breast that have a marker's size, place and edges."""
    air = image[beyond]
    level = float(np.median(air))
    noise = 1.4826 * float(np.median(np.abs(air - level)))
    body = ~beyond
    body[:, wall] = True
    bright = (image > level + max(MIN_RISE, NOISE * noise)) & ~body
    touching = cv2.dilate(body.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    steepness = _measure_steepness(image)
    marks = np.zeros(image.shape, bool)
    for box, region in _list_regions(bright.view(np.uint8)):
        inside = np.s_[box.top : box.bottom, box.left : box.right]
        if not _has_size(box, image.shape):
            continue
        rim = _find_rim(region)
        free = rim & ~touching[inside]
        contrast = float(image[inside][region].max()) - level
        is_apart = free.sum() >= MIN_FREE * rim.sum()
        if is_apart and np.median(steepness[inside][free]) >= MIN_EDGE * contrast:
            marks[inside] |= region
    return marks


def _find_rim(region: Mask) -> Mask:
    """The region's pixels that have a neighbor outside of it."""
    padded = np.pad(region, 1).view(np.uint8)
    core = cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1]
    return region & (core == 0)


def _join(marks: Mask) -> NDArray[np.uint8]:
    """Marks with small gaps between them as one, and what a frame encloses with the frame."""
    reach = max(1, round(JOIN * max(marks.shape)))
    kernel = np.ones((reach, reach), np.uint8)
    joined = cv2.morphologyEx(marks.view(np.uint8), cv2.MORPH_CLOSE, kernel)
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(marks.shape, np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, thickness=cv2.FILLED)
    return filled


def _measure_steepness(image: Image) -> Image:
    """The largest rise between a pixel and its neighbors."""
    kernel = np.ones((3, 3), np.uint8)
    return cast(Image, cv2.dilate(image, kernel) - cv2.erode(image, kernel))


def _has_size(box: Box, shape: tuple[int, ...]) -> bool:
    """Whether the box is larger than dust and no edge of the film."""
    down, across = box.bottom - box.top, box.right - box.left
    thin, long = sorted((down, across))
    at_border = box.top == 0 or box.left == 0 or box.bottom == shape[0] or box.right == shape[1]
    spans = max(down / shape[0], across / shape[1]) > MAX_SPAN
    is_strip = thin < STRIP * max(shape) and long > 4 * thin
    return long >= MIN_SIZE * max(shape) and not (at_border and (spans or is_strip))


def _list_regions(mask: NDArray[np.uint8]) -> Iterator[tuple[Box, Mask]]:
    """Each connected region's box and its shape within."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for number, (left, top, across, down, _) in enumerate(stats[1:].tolist(), 1):
        box = Box(top, top + down, left, left + across)
        yield box, labels[box.top : box.bottom, box.left : box.right] == number


def _scale(box: Box, small: tuple[int, ...], shape: tuple[int, ...]) -> Box:
    """A box of the small grid in the image's, with one pixel more for letters' soft edges."""
    down, across = shape[0] / small[0], shape[1] / small[1]
    return Box(
        max(0, int(np.floor((box.top - 1) * down))),
        min(shape[0], int(np.ceil((box.bottom + 1) * down))),
        max(0, int(np.floor((box.left - 1) * across))),
        min(shape[1], int(np.ceil((box.right + 1) * across))),
    )
