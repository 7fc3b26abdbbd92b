"""Findings without a label, in every class alike: lymph nodes and single harmless specks."""

import numpy as np

from mammo_core.phantom.calcifications import draw_speck
from mammo_core.phantom.fields import Field
from mammo_core.phantom.geometry import Shape
from mammo_core.phantom.muscle import draw_lymph_node
from mammo_core.phantom.patches import fill_polygons, patch_of
from mammo_core.phantom.patient import Patient, View
from mammo_core.types import Laterality

SPECK_SHARE = 0.25
NODE_SHARE = 0.45


def draw_findings(
    tissue: Field, patient: Patient, shape: Shape, laterality: Laterality, view: View
) -> Field:
    """The tissue with what may be found in any breast."""
    both_views = patient.generator("findings", laterality)
    has_speck = both_views.random() < SPECK_SHARE
    has_node = both_views.random() < NODE_SHARE
    place = both_views.uniform(0.25, 0.8), both_views.uniform(-0.5, 0.5)
    if has_speck:
        tissue = _add_speck(tissue, shape, place, both_views)
    if has_node and view == "MLO":
        tissue = _add_node(tissue, shape, both_views)
    return tissue


def _add_speck(
    tissue: Field, shape: Shape, place: tuple[float, float], rng: np.random.Generator
) -> Field:
    spacing = shape.frame.spacing_mm
    column = int(shape.nipple[0] * place[0] / spacing)
    rows = np.flatnonzero(shape.skin_depth[:, column] > 5)
    if not len(rows):
        return tissue
    row = int(np.clip(shape.nipple[1] / spacing + place[1] * len(rows) / 2, rows[0], rows[-1]))
    patch = patch_of(1.5, spacing)
    speck = draw_speck(rng, (0.0, 0.0), rng.uniform(0.35, 0.9), 0.1, 1.2)
    added = tissue.copy()
    top, left = max(0, row - patch.half), max(0, column - patch.half)
    window = added[top : row + patch.half + 1, left : column + patch.half + 1]
    shade = 0.6 * fill_polygons(patch, [(speck, 1.0)])
    window += shade[: window.shape[0], : window.shape[1]]
    return added


def _add_node(tissue: Field, shape: Shape, rng: np.random.Generator) -> Field:
    frame = shape.frame
    y = rng.uniform(0.06, 0.24) * frame.height_mm
    row = shape.skin_depth[int(y / frame.spacing_mm)]
    inside = np.flatnonzero(row > 8)
    if not len(inside):
        return tissue
    x = inside[-1] * frame.spacing_mm * rng.uniform(0.45, 0.85)
    return tissue + draw_lymph_node(shape, (x, y), rng.uniform(3.0, 6.0), rng) * (shape.cover > 0.5)
