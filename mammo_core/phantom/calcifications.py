"""Calcifications, drawn in patches: fine pleomorphic, coarse, vascular, and single specks."""

import math

import numpy as np
from numpy.typing import NDArray

from mammo_core.phantom.drawing import Drawing
from mammo_core.phantom.fields import Field, blur
from mammo_core.phantom.patches import Patch, Polygon, fill_polygons, patch_of, wander
from mammo_core.phantom.patient import Lesion

Specks = list[tuple[Polygon, float]]


def draw_pleomorphic_calcifications(
    lesion: Lesion, spacing_mm: float, thickness_mm: float
) -> Drawing:
    """A tight group of fine specks of many shapes and shades."""
    rng = np.random.default_rng(lesion.seed)
    patch = patch_of(lesion.radius_mm + 2, spacing_mm)
    squeeze, turn = rng.uniform(0.5, 1.0), rng.uniform(0, np.pi)
    specks: Specks = []
    for _ in range(int(rng.integers(14, 36))):
        angle, radius = rng.uniform(0, 2 * np.pi), lesion.radius_mm * 0.8 * rng.random() ** 0.6
        along, across = radius * math.cos(angle), radius * math.sin(angle) * squeeze
        center = (
            along * math.cos(turn) - across * math.sin(turn),
            along * math.sin(turn) + across * math.cos(turn),
        )
        speck = draw_speck(rng, center, rng.uniform(0.24, 0.68), irregular=0.3, long=1.6)
        specks.append((speck, rng.uniform(0.35, 1.0)))
    return _finish(patch, specks, lesion, strength=0.85)


def draw_coarse_calcifications(lesion: Lesion, spacing_mm: float, thickness_mm: float) -> Drawing:
    """A few large, dense, lumpy pieces, as in an old fibroadenoma."""
    rng = np.random.default_rng(lesion.seed)
    patch = patch_of(1.8 * lesion.radius_mm + 2, spacing_mm)
    specks: Specks = []
    for _ in range(int(rng.integers(3, 9))):
        center = tuple(rng.normal(0, 0.45, 2) * lesion.radius_mm)
        size = lesion.radius_mm * rng.uniform(0.35, 1.0)
        specks.append((draw_speck(rng, center, size, 0.2, 1.3), rng.uniform(0.6, 1.0)))
    return _finish(patch, specks, lesion, strength=0.9)


def draw_vascular_calcifications(lesion: Lesion, spacing_mm: float, thickness_mm: float) -> Drawing:
    """Two broken parallel tracks in the walls of a winding vessel."""
    rng = np.random.default_rng(lesion.seed)
    length = 2 * lesion.radius_mm
    patch = patch_of(0.75 * length, spacing_mm)
    heading = rng.normal(0, 0.5) + np.pi
    start = -0.5 * length * math.cos(heading), -0.5 * length * math.sin(heading)
    path = wander(rng, start, heading, length, step=0.8, bend=0.09)
    width = rng.uniform(0.8, 1.3)
    tracks = [speck for side in (-1, 1) for speck in _track(rng, path, side * width)]
    vessel = blur(fill_polygons(patch, [(_ribbon(path, width), 1.0)]), 0.4 / spacing_mm)
    drawing = _finish(patch, tracks, lesion, strength=0.5)
    region = blur((vessel > 0.2).astype(np.float32), 0.8 / spacing_mm) > 0.1
    return Drawing(patch, drawing.added + 0.07 * vessel, region | drawing.region, drawing.displaced)


def draw_speck(
    rng: np.random.Generator,
    center: tuple[float, ...],
    diameter_mm: float,
    irregular: float,
    long: float,
) -> Polygon:
    """(9, 2) outline of one speck, up to `long` times longer than its mean width."""
    angles = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    radius = diameter_mm / 2 * np.exp(irregular * rng.normal(size=9))
    stretch, turn = rng.uniform(1, long), rng.uniform(0, np.pi)
    along, across = radius * np.cos(angles) * stretch, radius * np.sin(angles) / stretch
    x = center[0] + along * math.cos(turn) - across * math.sin(turn)
    y = center[1] + along * math.sin(turn) + across * math.cos(turn)
    return np.column_stack([x, y])


def _track(rng: np.random.Generator, path: Polygon, offset: float) -> Specks:
    specks: Specks = []
    steps = np.diff(path, axis=0)
    heading = np.arctan2(steps[:, 1], steps[:, 0])
    for point, angle in zip(path[1:], heading, strict=True):
        if rng.random() < 0.68:
            center = point[0] - offset * math.sin(angle), point[1] + offset * math.cos(angle)
            speck = draw_speck(rng, center, rng.uniform(0.45, 0.85), 0.2, 1.5)
            specks.append((speck, rng.uniform(0.4, 0.9)))
    return specks


def _ribbon(path: Polygon, half_width: float) -> Polygon:
    """The polygon around a line."""
    steps = np.gradient(path, axis=0)
    normal = np.column_stack([-steps[:, 1], steps[:, 0]])
    normal = normal / np.hypot(*normal.T)[:, None] * half_width
    return np.vstack([path + normal, (path - normal)[::-1]])


def _finish(patch: Patch, specks: Specks, lesion: Lesion, strength: float) -> Drawing:
    shade = fill_polygons(patch, specks)
    added = blur(shade, 0.10 / patch.spacing_mm) * strength * (0.55 + 0.45 * lesion.contrast)
    nothing = np.zeros_like(added)
    return Drawing(patch, added.astype(np.float32), _group(shade, patch), nothing)


def _group(shade: Field, patch: Patch) -> NDArray[np.bool_]:
    """The area that the specks span: each with a rim of 1.5 mm, gaps closed."""
    reach = max(1.0, 1.5 / patch.spacing_mm)
    spread = blur((shade > 0.02).astype(np.float32), reach)
    return (spread > 0.06) | (shade > 0.08)
