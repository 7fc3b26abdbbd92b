"""Which part of an image is to be erased, as a user names it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration

FORMS = "lesion, top:METHOD:SHARE, box:TOP,LEFT,BOTTOM,RIGHT or outline:ROW,COLUMN;ROW,COLUMN;..."
SMOOTHING = 1 / 50
"""Standard deviation, as a share of the shorter side, by which a map is smoothed before its top
area is taken: an area is erased, not the pixel dust of a gradient."""


@dataclass(frozen=True)
class Lesion:
    """What the lesion mask covers."""


@dataclass(frozen=True)
class TopArea:
    """Where a method's map is highest.

    Attributes:
        method: A key of `METHODS`.
        share: The area as a share of the breast's, above 0 and up to 1.
    """

    method: str
    share: float


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the image's own grid, half-open.

    Attributes:
        top, left, bottom, right: Rows and columns.
    """

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Outline:
    """A polygon in pixels of the image's own grid.

    Attributes:
        corners: (row, column) of three corners at least.
    """

    corners: tuple[tuple[float, float], ...]


Named = Lesion | TopArea | Box | Outline


def read_region(text: str) -> Named:
    """The region that `FORMS` describes.

    Raises:
        BadConfiguration: For another form, or numbers that describe no region.
    """
    kind, _, rest = text.partition(":")
    if kind not in _READERS:
        raise BadConfiguration(f"Expected a region as {FORMS}, got '{text}'")
    try:
        return _READERS[kind](rest)
    except (ValueError, TypeError):
        raise BadConfiguration(f"Expected a region as {FORMS}, got '{text}'") from None


def draw_box(box: Box, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """(rows, columns), True in the box.

    Raises:
        BadConfiguration: Where it reaches beyond the image or is empty.
    """
    fits = 0 <= box.top < box.bottom <= shape[0] and 0 <= box.left < box.right <= shape[1]
    if not fits:
        raise BadConfiguration(
            f"Expected a box of top < bottom and left < right within {shape[0]} x {shape[1]} "
            f"pixels, got top {box.top}, left {box.left}, bottom {box.bottom}, right {box.right}"
        )
    mask = np.zeros(shape, dtype=bool)
    mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def draw_polygon(outline: Outline, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """(rows, columns), True within the polygon; what of it lies beyond the image is left out."""
    import cv2

    corners = np.array(outline.corners)[:, ::-1]
    mask = np.zeros(shape, dtype=np.uint8)
    cv2.fillPoly(mask, [np.round(np.clip(corners, -1, max(shape))).astype(np.int32)], 1)
    return mask.astype(bool)


def take_top(attribution: NDArray[np.float32], n_pixels: int) -> NDArray[np.bool_]:
    """(H, W), True on the highest positive values of a smoothed map, `n_pixels` at most.

    Raises:
        BadConfiguration: Where no value is positive: nothing in the map speaks for the target.
    """
    import cv2

    sigma = SMOOTHING * min(attribution.shape)
    smooth = cv2.GaussianBlur(attribution, (0, 0), max(0.5, sigma)).astype(np.float32)
    order = np.argsort(-smooth, axis=None, kind="stable")[: max(1, n_pixels)]
    top = np.zeros(attribution.shape, dtype=bool)
    top.flat[order] = smooth.flat[order] > 0
    if not top.any():
        raise BadConfiguration(
            "Expected a map with positive values, but nothing in it speaks for the class: it has "
            "no top area; choose another method or class"
        )
    return top


def _read_lesion(text: str) -> Lesion:
    if text:
        raise ValueError(text)
    return Lesion()


def _read_top(text: str) -> TopArea:
    from mammo_core.attribution import choose_methods

    method, _, share = text.partition(":")
    choose_methods([method])
    area = TopArea(method, float(share))
    if not 0 < area.share <= 1:
        raise BadConfiguration(
            f"Expected a share of the breast above 0 and up to 1, got {area.share:g}"
        )
    return area


def _read_box(text: str) -> Box:
    return Box(*(int(number) for number in text.split(",")))


def _read_outline(text: str) -> Outline:
    corners = tuple(_read_corner(corner) for corner in text.split(";") if corner.strip())
    if len(corners) < 3:
        raise BadConfiguration(f"Expected an outline of three corners at least, got {len(corners)}")
    return Outline(corners)


def _read_corner(text: str) -> tuple[float, float]:
    row, column = (float(number) for number in text.split(","))
    if not np.isfinite([row, column]).all():
        raise ValueError(text)
    return row, column


_READERS: dict[str, Callable[[str], Any]] = {
    "lesion": _read_lesion,
    "top": _read_top,
    "box": _read_box,
    "outline": _read_outline,
}
