"""Small square patches in which lesions are drawn before they are laid into a view."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.phantom.fields import Field

SUBPIXEL_BITS = 4
Polygon = NDArray[np.float64]


@dataclass(frozen=True)
class Patch:
    """A square grid of (2 half + 1) pixels a side, its center at (0, 0) millimeters.

    Attributes:
        half: Pixels from the center to the edge.
        spacing_mm: Millimeters a pixel.
    """

    half: int
    spacing_mm: float

    @property
    def side(self) -> int:
        """Pixels a side."""
        return 2 * self.half + 1

    @property
    def grid(self) -> tuple[Field, Field]:
        """(x, y) of the pixels in millimeters, (1, side) and (side, 1)."""
        line = np.arange(-self.half, self.half + 1, dtype=np.float32) * np.float32(self.spacing_mm)
        return line[None, :], line[:, None]

    def polar(self) -> tuple[Field, Field]:
        """(radius in millimeters, angle) of the pixels."""
        x, y = self.grid
        return np.hypot(x, y), np.arctan2(y, x)


def patch_of(radius_mm: float, spacing_mm: float) -> Patch:
    """The patch that holds a disk of this radius."""
    return Patch(max(3, math.ceil(radius_mm / spacing_mm)), spacing_mm)


def fill_polygons(patch: Patch, polygons: Iterable[tuple[Polygon, float]]) -> Field:
    """(side, side) of polygons ((K, 2) millimeters, brightness 0 to 1), later ones on top.

    Drawn on a finer grid and averaged, so that specks below a pixel keep their mass.
    """
    finer = 4 if patch.spacing_mm < 0.6 else 8
    canvas = np.zeros((patch.side * finer,) * 2, np.uint8)
    scale, center = finer / patch.spacing_mm, finer * patch.side / 2 - 0.5
    for polygon, brightness in polygons:
        points = np.round((polygon * scale + center) * (1 << SUBPIXEL_BITS)).astype(np.int32)
        value = round(255 * brightness)
        cv2.fillPoly(canvas, [points], value, cv2.LINE_8, SUBPIXEL_BITS)
    return _reduce(canvas, patch)


def draw_rays(patch: Patch, lines: Iterable[tuple[Polygon, float, float]]) -> Field:
    """(side, side) of tapering lines ((K, 2) millimeters, width in millimeters, brightness)."""
    finer = 3
    canvas = np.zeros((patch.side * finer,) * 2, np.uint8)
    scale, center = finer / patch.spacing_mm, finer * patch.side / 2 - 0.5
    for line, width_mm, brightness in lines:
        points = np.round((line * scale + center) * (1 << SUBPIXEL_BITS)).astype(np.int32)
        for k in range(len(points) - 1):
            width = width_mm * (1 - 0.75 * k / len(points)) * scale
            value = round(255 * brightness * min(1.0, width))
            thick = max(1, round(width))
            cv2.line(canvas, points[k], points[k + 1], value, thick, cv2.LINE_AA, SUBPIXEL_BITS)
    return _reduce(canvas, patch)


def _reduce(canvas: NDArray[np.uint8], patch: Patch) -> Field:
    size = (patch.side, patch.side)
    return cv2.resize(canvas.astype(np.float32) / 255, size, interpolation=cv2.INTER_AREA)


def wander(
    rng: np.random.Generator,
    start: tuple[float, float],
    angle: float,
    length: float,
    *,
    step: float = 1.0,
    bend: float = 0.07,
) -> Polygon:
    """(K, 2) points of a line of this length that keeps its direction but for small turns."""
    count = max(3, int(length / step))
    angles = angle + np.cumsum(rng.normal(0, bend, count))
    steps = np.column_stack([np.cos(angles), np.sin(angles)]) * (length / count)
    return np.vstack([start, np.asarray(start) + np.cumsum(steps, axis=0)])
