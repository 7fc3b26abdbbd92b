"""Regions of the same size and shape elsewhere in the breast: what erasing anything would do."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import bounding_box

Region = NDArray[np.bool_]
TRIES = 50
"""How often a place is drawn before a piece, or a whole region, counts as not to be had."""


@dataclass(frozen=True, eq=False)
class _Piece:
    """A connected part of a region.

    Attributes:
        shape: (h, w) bool, cut to the part.
        corners: (places, 2) rows and columns at which its first pixel may lie.
    """

    shape: Region
    corners: NDArray[np.intp]

    def window(self, corner: NDArray[np.intp]) -> tuple[slice, slice]:
        """Where it lies."""
        return tuple(
            slice(int(start), int(start) + side)
            for start, side in zip(corner, self.shape.shape, strict=True)
        )  # type: ignore[return-value]


def draw_regions(region: Region, allowed: Region, count: int, seed: int) -> list[Region]:
    """Up to `count` different regions with the area and the pieces of `region`, placed at random.

    Every connected piece keeps its shape and is put anywhere in `allowed`, the pieces without
    overlap; regions themselves may overlap each other.

    Args:
        region: (H, W), with a pixel at least.
        allowed: (H, W), where pixels of a random region may lie.
        count: How many are wanted.
        seed: Of the places.

    Returns:
        (H, W) regions: fewer than wanted, or none, where `allowed` is too small.
    """
    pieces = _cut_pieces(region, allowed)
    if not all(len(piece.corners) for piece in pieces):
        return []
    generator = np.random.default_rng(seed)
    found: dict[bytes, Region] = {}
    for _ in range(TRIES * count):
        drawn = _place(pieces, allowed, generator)
        if drawn is not None:
            found.setdefault(drawn.tobytes(), drawn)
        if len(found) == count:
            break
    return list(found.values())


def _cut_pieces(region: Region, allowed: Region) -> list[_Piece]:
    """The largest first, which is the hardest to place."""
    count, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=8)
    corners: dict[tuple[tuple[int, ...], bytes], NDArray[np.intp]] = {}
    pieces = []
    for number in range(1, count):
        top, bottom, left, right = bounding_box(labels == number)
        shape = labels[top:bottom, left:right] == number
        key = shape.shape, shape.tobytes()
        if key not in corners:
            corners[key] = _find_corners(shape, allowed)
        pieces.append(_Piece(shape, corners[key]))
    return sorted(pieces, key=lambda piece: -int(piece.shape.sum()))


def _find_corners(shape: Region, allowed: Region) -> NDArray[np.intp]:
    """(places, 2): where all of the shape's pixels are allowed."""
    fits = cv2.matchTemplate(
        allowed.astype(np.float32), shape.astype(np.float32), cv2.TM_CCORR
    )  # counts of allowed pixels, by Fourier transform: whole numbers but for rounding
    return np.argwhere(fits > shape.sum() - 0.5)


def _place(
    pieces: Sequence[_Piece], allowed: Region, generator: np.random.Generator
) -> Region | None:
    """All pieces somewhere, None where one of them found no free place."""
    free = allowed.copy()
    for piece in pieces:
        window = _find_window(piece, free, generator)
        if window is None:
            return None
        free[window] &= ~piece.shape
    return allowed & ~free


def _find_window(
    piece: _Piece, free: Region, generator: np.random.Generator
) -> tuple[slice, slice] | None:
    for _ in range(TRIES):
        window = piece.window(piece.corners[generator.integers(len(piece.corners))])
        if free[window][piece.shape].all():
            return window
    return None
