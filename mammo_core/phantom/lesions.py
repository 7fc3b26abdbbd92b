"""Lesions laid into a view: how each kind is drawn, where it goes, how the tissue takes it."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.phantom.calcifications import (
    draw_coarse_calcifications,
    draw_pleomorphic_calcifications,
    draw_vascular_calcifications,
)
from mammo_core.phantom.drawing import Drawing
from mammo_core.phantom.fields import Field, blur
from mammo_core.phantom.geometry import Shape
from mammo_core.phantom.masses import (
    draw_architectural_distortion,
    draw_circumscribed_mass,
    draw_indistinct_mass,
    draw_spiculated_mass,
)
from mammo_core.phantom.patient import Lesion, View

DRAWINGS: dict[str, Callable[[Lesion, float, float], Drawing]] = {
    "circumscribed_mass": draw_circumscribed_mass,
    "coarse_calcifications": draw_coarse_calcifications,
    "vascular_calcifications": draw_vascular_calcifications,
    "spiculated_mass": draw_spiculated_mass,
    "indistinct_mass": draw_indistinct_mass,
    "pleomorphic_calcifications": draw_pleomorphic_calcifications,
    "architectural_distortion": draw_architectural_distortion,
}
"""Each takes (lesion, spacing in mm, breast thickness in mm)."""

LARGEST_INSET_MM = 12.0


def place_lesion(lesion: Lesion, shape: Shape, view: View) -> tuple[float, float]:
    """(x, y) in millimeters: `depth_mm` behind the nipple, inside the breast and off the muscle."""
    x = shape.nipple[0] - lesion.depth_mm
    column = int(np.clip(x / shape.frame.spacing_mm, 0, shape.frame.columns - 1))
    inset = min(lesion.radius_mm, LARGEST_INSET_MM) + 3
    allowed = shape.skin_depth[:, column] > inset
    if shape.muscle_depth is not None:
        allowed &= shape.muscle_depth[:, column] < -inset
    rows = np.flatnonzero(allowed)
    if not len(rows):
        rows = np.array([int(np.argmax(shape.skin_depth[:, column]))])
    up = lesion.lateral if view == "CC" else 0.75 * lesion.superior + 0.3 * lesion.lateral
    low, high = rows[0] * shape.frame.spacing_mm, rows[-1] * shape.frame.spacing_mm
    middle = float(np.clip(shape.nipple[1], low, high))
    reach = middle - max(low, middle - 70) if up > 0 else high - middle
    return x, middle - 0.85 * up * reach


def lay_in(
    tissue: Field, drawing: Drawing, center: tuple[float, float], shape: Shape
) -> tuple[Field, NDArray[np.bool_]]:
    """(tissue with the lesion, (H, W) mask of the lesion)."""
    spacing, half = shape.frame.spacing_mm, drawing.patch.half
    row, column = int(center[1] / spacing), int(center[0] / spacing)
    window, part = _overlap(tissue.shape, row, column, half)
    changed = _pull(tissue, (row, column), drawing.pull_mm / spacing)
    under = changed[window]
    smooth = blur(changed, 4.0 / spacing)[window]
    displaced = drawing.displaced[part]
    inside = shape.cover[window] > 0.5
    laid = under * (1 - displaced) + smooth * displaced + drawing.added[part]
    changed[window] = np.where(inside, laid, under)
    mask = np.zeros(tissue.shape, bool)
    mask[window] = drawing.region[part] & inside
    return changed, mask


def _overlap(
    shape: tuple[int, ...], row: int, column: int, half: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """(window in the image, part of the patch) where a patch around a pixel meets the image."""
    top, bottom = max(0, row - half), min(shape[0], row + half + 1)
    left, right = max(0, column - half), min(shape[1], column + half + 1)
    window = slice(top, bottom), slice(left, right)
    offset = half - row, half - column
    part = (
        slice(top + offset[0], bottom + offset[0]),
        slice(left + offset[1], right + offset[1]),
    )
    return window, part


def _pull(tissue: Field, center: tuple[int, int], radius: float) -> Field:
    """The tissue drawn in toward a pixel within about `radius` pixels; a copy in any case."""
    if radius <= 0:
        return tissue.copy()
    y, x = np.mgrid[0 : tissue.shape[0], 0 : tissue.shape[1]].astype(np.float32)
    dy, dx = y - center[0], x - center[1]
    stretch = 1 + 0.38 * np.exp(-(dx**2 + dy**2) / np.float32((0.8 * radius) ** 2))
    maps = center[1] + dx * stretch, center[0] + dy * stretch
    return cv2.remap(tissue, *maps, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
