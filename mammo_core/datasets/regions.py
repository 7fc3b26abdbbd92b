"""Where a lesion lies, as a circle, a box or a polygon, and the mask that it makes.

Coordinates are continuous and count from the top left: pixel (r, c) covers [r, r + 1) x [c, c + 1)
and belongs to a region that holds its center.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Centers = NDArray[np.floating]
"""Rows (H, 1) or columns (1, W) of pixel centers, ascending."""
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Circle:
    """A disk, in pixels."""

    row: float
    column: float
    radius: float

    @property
    def bounds(self) -> Bounds:
        """(top, left, bottom, right)."""
        row, column, radius = self.row, self.column, self.radius
        return row - radius, column - radius, row + radius, column + radius

    def holds(self, rows: Centers, columns: Centers) -> Mask:
        """Which of the points at (rows, columns) lie in the disk."""
        return (rows - self.row) ** 2 + (columns - self.column) ** 2 <= self.radius**2


@dataclass(frozen=True)
class Box:
    """An upright rectangle, in pixels; bottom and right are outside of it."""

    top: float
    left: float
    bottom: float
    right: float

    @property
    def bounds(self) -> Bounds:
        """(top, left, bottom, right)."""
        return self.top, self.left, self.bottom, self.right

    def holds(self, rows: Centers, columns: Centers) -> Mask:
        """Which of the points at (rows, columns) lie in the rectangle."""
        inside_rows = (rows >= self.top) & (rows < self.bottom)
        return inside_rows & (columns >= self.left) & (columns < self.right)


@dataclass(frozen=True)
class Polygon:
    """A closed outline of (row, column) corners, in pixels; the even-odd rule says what is in."""

    corners: tuple[tuple[float, float], ...]

    @property
    def bounds(self) -> Bounds:
        """(top, left, bottom, right)."""
        rows, columns = zip(*self.corners, strict=True)
        return min(rows), min(columns), max(rows), max(columns)

    def holds(self, rows: Centers, columns: Centers) -> Mask:
        """Which of the points at (rows, columns) lie inside the outline.

        A ray to the left of an inner point crosses the outline an odd number of times
        (Shimrat 1962, doi:10.1145/368637.368653): each edge turns over what lies right of it.
        """
        down, across = rows.ravel(), columns.ravel()
        turns = np.zeros((down.size, across.size + 1), dtype=bool)
        for (r0, c0), (r1, c1) in zip(
            self.corners, (*self.corners[1:], self.corners[0]), strict=True
        ):
            first, last = np.searchsorted(down, sorted((r0, r1)))
            if first < last:
                crossings = c0 + (down[first:last] - r0) * (c1 - c0) / (r1 - r0)
                turns[np.arange(first, last), np.searchsorted(across, crossings)] ^= True
        return np.logical_xor.accumulate(turns[:, :-1], axis=1)


Region = Circle | Box | Polygon


def draw_mask(
    regions: Sequence[Region], shape: tuple[int, int], grid: tuple[int, int] | None = None
) -> Mask:
    """The union of the regions as a (rows, columns) mask.

    Args:
        regions: Regions in pixels of `grid`.
        shape: Rows and columns of the image, and of the mask.
        grid: Rows and columns in which the regions count; None where that is the image itself.
    """
    grid_rows, grid_columns = grid or shape
    rows = (np.arange(shape[0])[:, None] + 0.5) * (grid_rows / shape[0])
    columns = (np.arange(shape[1])[None, :] + 0.5) * (grid_columns / shape[1])
    mask = np.zeros(shape, dtype=bool)
    for region in regions:
        top, left, bottom, right = region.bounds
        down, across = _within(rows, top, bottom), _within(columns, left, right)
        mask[down, across] |= region.holds(rows[down], columns[:, across])
    return mask


def _within(centers: Centers, low: float, high: float) -> slice:
    """The places of the centers from low to high, both included."""
    line = centers.ravel()
    return slice(np.searchsorted(line, low), np.searchsorted(line, high, side="right"))
