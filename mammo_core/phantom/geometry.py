"""The breast in one view: where it is, how deep under the skin, where muscle lies."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from mammo_core.phantom.fields import Field, Frame, blur, ramp, resize, smooth_pair
from mammo_core.phantom.outlines import (
    MARGIN_MM,
    Outline,
    Polygon,
    draw_cc_outline,
    draw_mlo_outline,
)
from mammo_core.phantom.patient import Patient, Streams, View
from mammo_core.types import Laterality

SUBPIXEL_BITS = 4
LARGEST_SHARE = 0.86  # of the frame's width that a breast may take


@dataclass(frozen=True, eq=False)
class Shape:
    """The breast in one view, chest wall on the left, lateral or superior side up.

    Attributes:
        frame: The pixel grid.
        cover: (H, W) share of each pixel that is breast, 0 to 1.
        skin_depth: (H, W) millimeters to the skin, 0 outside.
        nipple: (x, y) in millimeters.
        muscle_depth: (H, W) millimeters into the pectoral muscle, negative outside it; None where
            the view shows none.
        muscle_slope: Angle of the muscle's edge against the vertical, radians.
    """

    frame: Frame
    cover: Field
    skin_depth: Field
    nipple: tuple[float, float]
    muscle_depth: Field | None
    muscle_slope: float


def build_shape(patient: Patient, laterality: Laterality, view: View, frame: Frame) -> Shape:
    """The shape of one view; left and right share a stream and differ by a little of their own."""
    streams = patient.streams("outline", view, laterality)
    depth = min(patient.depth_mm, LARGEST_SHARE * frame.width_mm)
    draw = draw_cc_outline if view == "CC" else draw_mlo_outline
    outline = draw(patient, depth, frame, streams)
    cover, skin_depth = _fill(outline.polygons, frame)
    if view == "CC":
        muscle, slope = _cc_muscle(frame, streams), 0.0
    else:
        muscle, slope = _mlo_muscle(patient, outline, frame, streams)
    return Shape(frame, cover, skin_depth, outline.nipple, muscle, slope)


def _fill(polygons: tuple[Polygon, ...], frame: Frame) -> tuple[Field, Field]:
    """(cover, depth under the skin) of polygons in millimeters."""
    margin = math.ceil(MARGIN_MM / frame.spacing_mm)
    canvas = np.zeros((frame.rows + 2 * margin, frame.columns + 2 * margin), np.uint8)
    for polygon in polygons:
        points = (polygon / frame.spacing_mm + margin - 0.5) * (1 << SUBPIXEL_BITS)
        cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], 255, cv2.LINE_AA, SUBPIXEL_BITS)
    distance = cv2.distanceTransform((canvas > 127).astype(np.uint8), cv2.DIST_L2, 5)
    inner = slice(margin, margin + frame.rows), slice(margin, margin + frame.columns)
    cover = canvas[inner].astype(np.float32) / 255
    return cover, distance[inner] * np.float32(frame.spacing_mm)


def _mlo_muscle(
    patient: Patient, outline: Outline, frame: Frame, streams: Streams
) -> tuple[Field, float]:
    """(depth into the muscle, slope of its edge): a wedge in the upper corner at the chest wall."""
    shared, own = streams.shared, streams.own
    foot = frame.height_mm * (0.24 + 0.34 * patient.pectoral) + own.normal(0, 8)
    room = outline.armpit_mm - shared.uniform(9, 22)
    top = min(room, foot * shared.uniform(0.36, 0.62) * own.uniform(0.92, 1.08))
    bend = shared.uniform(0.55, 1.10) + own.normal(0, 0.04)  # below 1 bulging, above 1 hollow
    wave = shared.normal(0, 1.5), shared.uniform(0, 6)
    x, y = frame.grid()
    rest = np.clip(1 - y / np.float32(foot), 0, 1)
    edge = top * rest**bend + wave[0] * np.sin(y * np.float32(0.045) + wave[1]) * rest
    slope = math.atan2(top, foot)
    return ((edge - x) * math.cos(slope) - 20 * (y > foot)).astype(np.float32), slope


def _cc_muscle(frame: Frame, streams: Streams) -> Field | None:
    """Depth into a low hill of muscle along the chest wall, in about every seventh CC view."""
    shared, own = streams.shared, streams.own
    if shared.random() > 0.2 or own.random() > 0.7:
        return None
    x, y = frame.grid()
    center = frame.height_mm * shared.uniform(0.42, 0.58) + own.normal(0, 10)
    hill = shared.uniform(6, 12) * own.uniform(0.7, 1.2)
    width = shared.uniform(30, 50)
    edge = hill * np.exp(-(((y - center) / width) ** 2)) * 1.6 - 0.6 * hill
    return (edge - x).astype(np.float32)


def scalloped_depth(shape: Shape, rng: np.random.Generator, step_mm: float) -> Field:
    """Depth under the skin on a coarse grid, wavering by a few millimeters along the skin."""
    coarse = shape.frame.coarse(step_mm)
    wave, _ = smooth_pair(rng, coarse, step_mm, 14.0)
    return resize(shape.skin_depth, coarse) + 2.2 * wave


def muscle_share(shape: Shape) -> Field:
    """How much of each pixel is muscle, with a border that is soft as real ones are."""
    if shape.muscle_depth is None:
        return np.zeros(shape.frame.shape, np.float32)
    return blur(ramp(shape.muscle_depth, -1.5, 3.5), 0.6 / shape.frame.spacing_mm)
