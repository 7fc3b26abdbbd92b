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


@dataclass(frozen=True)
class Circle:
    """A disk, in pixels."""

    row: float
    column: float
    radius: float

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

    def holds(self, rows: Centers, columns: Centers) -> Mask:
        """Which of the points at (rows, columns) lie in the rectangle."""
        inside_rows = (rows >= self.top) & (rows < self.bottom)
        return inside_rows & (columns >= self.left) & (columns < self.right)


@dataclass(frozen=True)
class Polygon:
    """A closed outline of (row, column) corners, in pixels; the even-odd rule says what is in."""

    corners: tuple[tuple[float, float], ...]

    def holds(self, rows: Centers, columns: Centers) -> Mask:
        """Which of the points at (rows, columns) lie inside the outline.

        A ray to the left of an inner point crosses the outline an odd number of times
        (Shimrat 1962, doi:10.1145/368637.368653).
        """
        inside = np.zeros(np.broadcast_shapes(rows.shape, columns.shape), dtype=bool)
        for (r0, c0), (r1, c1) in zip(
            self.corners, (*self.corners[1:], self.corners[0]), strict=True
        ):
            if r0 != r1:
                crossing = c0 + (rows - r0) * (c1 - c0) / (r1 - r0)
                inside ^= ((rows < r0) != (rows < r1)) & (columns >= crossing)
        return inside


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
        mask |= region.holds(rows, columns)
    return mask
