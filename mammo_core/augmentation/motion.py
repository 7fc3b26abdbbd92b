"""All moving steps of an image as one motion, so that its pixels are interpolated once."""

import functools
import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import Strengths
from mammo_core.augmentation.lots import Lots, swing

Matrix = NDArray[np.float64]
"""3x3, of (x, y, 1)."""
Field = NDArray[np.float32]
"""(rows, columns, 2) of a coarse grid: pixels to the right and down."""

STILL: Matrix = np.eye(3)
ELASTIC_POINTS = (8, 5)
"""(rows, columns) of the points that elastic deformation displaces; it is smooth between them."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Where each pixel goes.

    Attributes:
        matrix: From the place in the source to that in the result; whole numbers are the pixels'
            centers.
        field: By how much a place of the result looks beside itself before the matrix; None where
            nothing bends.
    """

    matrix: Matrix
    field: Field | None = None

    def after(self, first: Matrix) -> "Motion":
        """This motion of what another matrix moves before."""
        return Motion(self.matrix @ first, self.field)

    def warp(self, source: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
        """The (rows, columns) result of an (H, W) source; 0 where it shows what lies outside."""
        if self.field is not None:
            places = _look_up(self.matrix, self.field, shape)
            # The stubs know no map of x and y in one array, which goes without a second.
            return cv2.remap(source, places, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
        if source.shape == shape and np.array_equal(self.matrix, STILL):
            return source
        return cv2.warpAffine(source, self.matrix[:2], shape[::-1], flags=cv2.INTER_LINEAR)


def draw_image_motion(
    strengths: Strengths, shape: tuple[int, int], lots: Lots, rng: np.random.Generator
) -> Motion:
    """The motion of a whole image of that (rows, columns), never mirrored left to right.

    The chest wall is the left edge, as preprocessing puts it.
    """
    is_flipped = lots.flip < strengths.get("flip", 0.0)
    first = _reflect(shape[0]) if is_flipped else STILL
    return _find_motion(strengths, shape, (0.0, (shape[0] - 1) / 2), lots, rng).after(first)


def draw_patch_motion(strengths: Strengths, size: int, lots: Lots) -> Motion:
    """A square patch in one of its eight positions; no pixel of it is interpolated.

    Laterality has no meaning inside a patch, so that the flip may also turn it by quarters. Any
    finer motion would blur every patch, while the images that the network is judged on are sharp.
    """
    if "flip" not in strengths:
        return Motion(STILL)
    first = _reflect(size) if lots.flip < strengths["flip"] else STILL
    return Motion(_turn_quarters(size, int(4 * lots.quarters)) @ first)


def shift_matrix(right: float, down: float) -> Matrix:
    """The motion by so many pixels."""
    return np.array([[1.0, 0.0, right], [0.0, 1.0, down], [0.0, 0.0, 1.0]])


def _find_motion(
    strengths: Strengths,
    shape: tuple[int, int],
    pivot: tuple[float, float],
    lots: Lots,
    rng: np.random.Generator,
) -> Motion:
    """Rotation and scale around the pivot (x, y), shift, elastic deformation."""
    angle = math.radians(swing(strengths.get("rotate", 0.0), lots.rotate))
    turned = _turn_scale(angle, 1 + swing(strengths.get("scale", 0.0), lots.scale), pivot)
    reach = strengths.get("shift", 0.0) * shape[0]
    matrix = shift_matrix(swing(reach, lots.right), swing(reach, lots.down)) @ turned
    return Motion(matrix, _draw_field(strengths.get("elastic", 0.0) * shape[0], rng))


def _turn_scale(angle: float, scale: float, pivot: tuple[float, float]) -> Matrix:
    """The pivot stays where it is."""
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    x, y = pivot
    return np.array([[c, s, x - c * x - s * y], [-s, c, y + s * x - c * y], [0.0, 0.0, 1.0]])


def _reflect(rows: int) -> Matrix:
    return np.array([[1.0, 0.0, 0.0], [0.0, -1.0, rows - 1.0], [0.0, 0.0, 1.0]])


def _turn_quarters(size: int, quarters: int) -> Matrix:
    quarter = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, size - 1.0], [0.0, 0.0, 1.0]])
    return np.linalg.matrix_power(quarter, quarters)


def _draw_field(deviation: float, rng: np.random.Generator) -> Field | None:
    """Displacements with that standard deviation in pixels; at the left edge only up and down."""
    if not deviation:
        return None
    field = rng.standard_normal((*ELASTIC_POINTS, 2), np.float32) * np.float32(deviation)
    field[:, 0, 0] = 0
    return field


def _look_up(matrix: Matrix, field: Field, shape: tuple[int, int]) -> Field:
    """(rows, columns, 2): (x, y) in the source of each pixel of the result."""
    places = np.asarray(cv2.resize(field, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
    places += _list_places(shape)
    return np.asarray(cv2.transform(places, np.linalg.inv(matrix)[:2]), np.float32)


@functools.lru_cache(maxsize=2)
def _list_places(shape: tuple[int, int]) -> Field:
    """(rows, columns, 2): (x, y) of each pixel."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.stack([x, y], axis=-1).astype(np.float32)
