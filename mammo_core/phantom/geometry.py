"""Breast outlines of the two views: where there is breast, and where pectoral muscle."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from mammo_core.phantom.fields import Field, Frame, blur, ramp, resize, smooth_pair
from mammo_core.phantom.patient import Patient, View
from mammo_core.types import Laterality

FOLD_SHARE = 0.55  # of the MLO views show the fold under the breast
MARGIN_MM = 30.0  # how far outlines run on beyond the frame, so that its edges are no skin
SUBPIXEL_BITS = 4


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
    """The outline of one view; the two sides share a stream and differ by a little of their own."""
    shared = patient.generator("outline", view)
    own = patient.generator("outline", view, laterality)
    depth = min(patient.depth_mm, 0.86 * frame.width_mm)
    outline = _cc_outline if view == "CC" else _mlo_outline
    points, nipple = outline(patient, depth, frame, shared, own)
    bump = _nipple_bump(nipple, shared, own, view)
    parts = [points, bump] if view == "CC" else [points, bump, *_abdomen(points, frame, shared)]
    cover, skin_depth = _fill(parts, frame)
    muscle, slope = _draw_muscle(patient, view, frame, shared, own, points)
    return Shape(frame, cover, skin_depth, nipple, muscle, slope)


def _cc_outline(
    patient: Patient,
    depth: float,
    frame: Frame,
    shared: np.random.Generator,
    own: np.random.Generator,
) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """A lopsided arch that the chest wall cuts off."""
    cut = shared.uniform(2, 24)
    half = min(patient.half_width_mm + 0.35 * cut, 0.47 * frame.height_mm)
    upper = half * (shared.uniform(0.96, 1.12) + own.normal(0, 0.015))
    lower = half * (shared.uniform(0.82, 1.0) + own.normal(0, 0.015))
    middle = frame.height_mm * 0.5 + 0.5 * (upper - lower) + own.normal(0, 5)
    blunt = shared.random()  # from a parabola's tip to a wide front
    flat = 1.75 + 1.1 * blunt + shared.normal(0, 0.12, size=2)
    full = 1.15 + 1.0 * blunt + shared.normal(0, 0.12, size=2)
    t = np.linspace(-1, 1, 241)
    side = (t > 0).astype(int)
    arch = (1 - np.abs(t) ** flat[side]) ** (1 / full[side])
    bumps = sum(
        (0.010 * shared.normal() + 0.006 * own.normal())
        * np.sin(k * np.pi * t + shared.uniform(0, 6))
        for k in (1, 2, 3)
    )
    x = (depth + cut) * arch * (1 + bumps) - cut
    y = middle + t * np.where(side == 1, lower, upper)
    tip = int(np.argmax(x))
    ends = [(-MARGIN_MM, y[-1]), (-MARGIN_MM, y[0])]
    return np.vstack([np.column_stack([x, y]), ends]), (float(x[tip]), float(y[tip]))


def _mlo_outline(
    patient: Patient,
    depth: float,
    frame: Frame,
    shared: np.random.Generator,
    own: np.random.Generator,
) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """From the armpit over a hanging arch to the fold under the breast, or off the frame."""
    height = frame.height_mm
    drop = patient.half_width_mm * shared.uniform(0.66, 0.84)
    y = height - 1.16 * drop - shared.uniform(-6, 24) + own.normal(0, 5)
    y = float(np.clip(y, 0.50 * height, 0.72 * height))
    armpit = depth * (shared.uniform(0.50, 0.80) + own.normal(0, 0.03))
    lean = shared.uniform(0.22, 0.40), shared.uniform(0.62, 0.78)
    sag = shared.uniform(-0.02, 0.06)
    knots = np.array(
        [
            (armpit - 0.02 * depth, -MARGIN_MM),
            (armpit, 0.04 * y),
            (armpit + lean[0] * (depth - armpit), 0.36 * y),
            (armpit + lean[1] * (depth - armpit), 0.66 * y),
            (armpit + 0.93 * (depth - armpit), 0.87 * y),
            (depth, y),
            ((0.93 + sag) * depth, y + 0.36 * drop),
            ((0.73 + sag) * depth, y + 0.70 * drop),
            ((0.42 + sag) * depth, y + 0.95 * drop),
            (0.14 * depth, y + 1.08 * drop),
            (-8.0, y + 1.15 * drop),
            (-MARGIN_MM, y + 1.2 * drop),
        ]
    )
    knots[1:-2] += own.normal(0, 1.1, size=knots[1:-2].shape)
    knots[5] = depth, y
    distance = np.hypot(*np.diff(knots, axis=0).T) ** 0.6
    along = np.r_[0, np.cumsum(distance)]
    curve = CubicSpline(along, knots)(np.linspace(0, along[-1], 320))
    near = np.where(np.abs(curve[:, 1] - y) < 0.12 * height, curve[:, 0], -np.inf)
    tip = int(np.argmax(near))
    ends = [(-MARGIN_MM, curve[-1, 1]), (-MARGIN_MM, -MARGIN_MM)]
    return np.vstack([curve, ends]), (float(curve[tip, 0]), float(curve[tip, 1]))


def _abdomen(
    outline: NDArray[np.float64], frame: Frame, shared: np.random.Generator
) -> list[NDArray[np.float64]]:
    """The belly's skin below the fold under the breast, where the view reaches so far."""
    if shared.random() > FOLD_SHARE:
        return []
    lower = outline[(outline[:, 1] > 0.5 * frame.height_mm) & (outline[:, 0] > 0)]
    fold = float(lower[:, 1].max()) - shared.uniform(2, 7)
    bottom = frame.height_mm + MARGIN_MM
    y = np.linspace(fold, bottom, 20)
    reach = shared.uniform(10, 34)
    x = reach * (1 - np.exp(-(y - fold) / shared.uniform(18, 50)))
    return [np.vstack([np.column_stack([x, y]), [(-MARGIN_MM, bottom), (-MARGIN_MM, fold - 8)]])]


def _nipple_bump(
    nipple: tuple[float, float], shared: np.random.Generator, own: np.random.Generator, view: View
) -> NDArray[np.float64]:
    """A small blunt polygon on the skin, now and then so flat that it hardly shows."""
    length = max(0.0, shared.normal(1.8, 1.3))
    width = shared.uniform(6.5, 9.5)
    tilt = (0.0 if view == "CC" else 0.18) + own.normal(0, 0.12)
    y = np.linspace(-width, width, 41)
    bump = length * np.exp(-((y / (0.5 * width)) ** 4)) - 2.5 * (y / width) ** 2
    outer = np.column_stack([bump, y])
    base = np.array([(-9.0, width), (-9.0, -width)])
    turn = np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]])
    return np.vstack([outer, base]) @ turn + np.array(nipple)


def _fill(polygons: list[NDArray[np.float64]], frame: Frame) -> tuple[Field, Field]:
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


def _draw_muscle(
    patient: Patient,
    view: View,
    frame: Frame,
    shared: np.random.Generator,
    own: np.random.Generator,
    outline: NDArray[np.float64],
) -> tuple[Field | None, float]:
    """(depth into the muscle, slope of its edge) of the pectoral muscle."""
    if view == "CC":
        return _cc_muscle(frame, shared, own)
    armpit = float(np.interp(0, outline[:320, 1][:60], outline[:320, 0][:60]))
    foot = frame.height_mm * (0.24 + 0.34 * patient.pectoral) + own.normal(0, 8)
    top = min(
        armpit - shared.uniform(9, 22), foot * shared.uniform(0.36, 0.62) * own.uniform(0.92, 1.08)
    )
    bend = shared.uniform(0.55, 1.10) + own.normal(0, 0.04)  # below 1 bulging, above 1 hollow
    wave = shared.normal(0, 1.5), shared.uniform(0, 6)
    x, y = frame.grid()
    rest = np.clip(1 - y / np.float32(foot), 0, 1)
    edge = top * rest**bend + wave[0] * np.sin(y * np.float32(0.045) + wave[1]) * rest
    slope = math.atan2(top, foot)
    return ((edge - x) * math.cos(slope) - 20 * (y > foot)).astype(np.float32), slope


def _cc_muscle(
    frame: Frame, shared: np.random.Generator, own: np.random.Generator
) -> tuple[Field | None, float]:
    """A low hill of muscle along the chest wall, in about every third CC view."""
    if shared.random() > 0.2 or own.random() > 0.7:
        return None, 0.0
    x, y = frame.grid()
    center = frame.height_mm * shared.uniform(0.42, 0.58) + own.normal(0, 10)
    hill = shared.uniform(6, 12) * own.uniform(0.7, 1.2)
    width = shared.uniform(30, 50)
    edge = hill * np.exp(-(((y - center) / width) ** 2)) * 1.6 - 0.6 * hill
    return (edge - x).astype(np.float32), 0.0


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
