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
    cover, skin_depth = _fill(points, _nipple_bump(nipple, shared, own, view), frame)
    muscle, slope = _draw_muscle(patient, view, frame, shared, own, points)
    return Shape(frame, cover, skin_depth, nipple, muscle, slope)


def _cc_outline(
    patient: Patient,
    depth: float,
    frame: Frame,
    shared: np.random.Generator,
    own: np.random.Generator,
) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """A lopsided, blunt arch that the chest wall cuts off, sometimes with a fold at its foot."""
    cut = shared.uniform(4, 26)
    half = min(patient.half_width_mm + 0.35 * cut, 0.47 * frame.height_mm)
    upper = half * shared.uniform(0.94, 1.10)
    lower = half * shared.uniform(0.86, 1.02)
    middle = frame.height_mm * 0.5 + 0.5 * (upper - lower) + own.normal(0, 2)
    flat = shared.uniform(1.9, 2.45, size=2)  # how blunt each half is toward the nipple
    full = shared.uniform(1.45, 2.1, size=2)  # how upright each half meets the chest wall
    t = np.linspace(-1, 1, 241)
    side = (t > 0).astype(int)
    arch = (1 - np.abs(t) ** flat[side]) ** (1 / full[side])
    sway = 0.018 * shared.normal() * np.sin(2 * np.pi * t) + 0.02 * shared.normal() * np.sin(
        np.pi * t
    )
    x = (depth + cut) * arch * (1 + sway + 0.006 * own.normal() * np.sin(3 * t)) - cut
    y = middle + t * np.where(side == 1, lower, upper)
    foot = shared.uniform(4, 14) * (shared.random(2) < (0.25, 0.4))
    x = np.maximum(x, foot[side] * np.exp((np.abs(t) - 1.0) / 0.05) - 6 * (foot[side] == 0))
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
    y = height * shared.uniform(0.54, 0.66) + own.normal(0, 2.5)
    drop = min(patient.half_width_mm * shared.uniform(0.66, 0.84), 0.98 * (height - y))
    armpit = depth * shared.uniform(0.50, 0.80)
    lean = shared.uniform(0.22, 0.40), shared.uniform(0.62, 0.78)
    sag = shared.uniform(-0.02, 0.06)
    fold = shared.uniform(4, 16)
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
            (0.17 * depth + fold * 0.4, y + 1.07 * drop),
            (fold, y + 1.16 * drop),
            (fold * shared.uniform(0.9, 1.3), y + 1.32 * drop),
            (fold * shared.uniform(1.2, 2.4), max(height, y + 1.5 * drop) + MARGIN_MM),
        ]
    )
    knots[1:-3] += own.normal(0, 0.8, size=knots[1:-3].shape)
    knots[5] = depth, y
    distance = np.hypot(*np.diff(knots, axis=0).T) ** 0.6
    along = np.r_[0, np.cumsum(distance)]
    curve = CubicSpline(along, knots)(np.linspace(0, along[-1], 320))
    near = np.where(np.abs(curve[:, 1] - y) < 0.12 * height, curve[:, 0], -np.inf)
    tip = int(np.argmax(near))
    ends = [(-MARGIN_MM, curve[-1, 1]), (-MARGIN_MM, -MARGIN_MM)]
    return np.vstack([curve, ends]), (float(curve[tip, 0]), float(curve[tip, 1]))


def _nipple_bump(
    nipple: tuple[float, float], shared: np.random.Generator, own: np.random.Generator, view: View
) -> NDArray[np.float64]:
    """A small blunt polygon on the skin, now and then so flat that it hardly shows."""
    length = shared.uniform(0.5, 4.6)
    width = shared.uniform(3.6, 5.4)
    tilt = (0.0 if view == "CC" else 0.18) + own.normal(0, 0.12)
    t = np.linspace(-np.pi / 2, np.pi / 2, 25)
    x = length * np.cos(t) ** 0.6
    y = width * np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 1.2
    outer = np.column_stack([x, y])
    base = np.array([(-6.0, width), (-6.0, -width)])
    turn = np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]])
    return np.vstack([outer, base]) @ turn + np.array(nipple)


def _fill(
    outline: NDArray[np.float64], bump: NDArray[np.float64], frame: Frame
) -> tuple[Field, Field]:
    """(cover, depth under the skin) of polygons in millimeters."""
    margin = math.ceil(MARGIN_MM / frame.spacing_mm)
    canvas = np.zeros((frame.rows + 2 * margin, frame.columns + 2 * margin), np.uint8)
    for polygon in (outline, bump):
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
    foot = frame.height_mm * (0.24 + 0.34 * patient.pectoral) + own.normal(0, 4)
    top = min(armpit - shared.uniform(9, 22), foot * shared.uniform(0.38, 0.60))
    bend = shared.uniform(0.72, 1.22)  # below 1 bulging, above 1 hollow
    wave = shared.normal(0, 1.3), shared.uniform(0, 6)
    x, y = frame.grid()
    rest = np.clip(1 - y / np.float32(foot), 0, 1)
    edge = top * rest**bend + wave[0] * np.sin(y * np.float32(0.045) + wave[1]) * rest
    slope = math.atan2(top, foot)
    return ((edge - x) * math.cos(slope) - 20 * (y > foot)).astype(np.float32), slope


def _cc_muscle(
    frame: Frame, shared: np.random.Generator, own: np.random.Generator
) -> tuple[Field | None, float]:
    """A low hill of muscle along the chest wall, in about every third CC view."""
    if shared.random() > 0.35:
        return None, 0.0
    x, y = frame.grid()
    center = frame.height_mm * shared.uniform(0.42, 0.58)
    hill = shared.uniform(3, 9) + own.normal(0, 0.6)
    width = shared.uniform(28, 48)
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
