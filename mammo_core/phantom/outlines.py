"""Outlines of breasts as polygons in millimeters, the chest wall at x = 0."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from mammo_core.phantom.fields import Frame
from mammo_core.phantom.patient import Patient, Streams

Polygon = NDArray[Any]
"""(K, 2) points (x, y) in millimeters."""

FOLD_SHARE = 0.55  # of the MLO views show the fold under the breast
MLO_NIPPLE_TILT = 0.18
MARGIN_MM = 30.0  # how far outlines run on beyond the frame, so that its edges are no skin


@dataclass(frozen=True, eq=False)
class Outline:
    """What is skin and what is not in one view.

    Attributes:
        polygons: Breast, nipple and perhaps abdomen, which overlap.
        nipple: (x, y) in millimeters.
        armpit_mm: How far the upper edge of an MLO view reaches from the chest wall; 0 in CC.
    """

    polygons: tuple[Polygon, ...]
    nipple: tuple[float, float]
    armpit_mm: float = 0.0


def draw_cc_outline(patient: Patient, depth: float, frame: Frame, streams: Streams) -> Outline:
    """A lopsided arch that the chest wall cuts off."""
    shared, own = streams.shared, streams.own
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
    nipple = float(x[tip]), float(y[tip])
    ends = [(-MARGIN_MM, y[-1]), (-MARGIN_MM, y[0])]
    breast = np.vstack([np.column_stack([x, y]), ends])
    return Outline((breast, _draw_nipple(nipple, 0.0, streams)), nipple)


def draw_mlo_outline(patient: Patient, depth: float, frame: Frame, streams: Streams) -> Outline:
    """From the armpit over a hanging arch to the fold under the breast, or off the frame."""
    shared, own = streams.shared, streams.own
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
    nipple = float(curve[tip, 0]), float(curve[tip, 1])
    breast = np.vstack([curve, ends])
    bump = _draw_nipple(nipple, MLO_NIPPLE_TILT, streams)
    return Outline((breast, bump, *_draw_abdomen(breast, frame, shared)), nipple, armpit)


def _draw_abdomen(breast: Polygon, frame: Frame, shared: np.random.Generator) -> list[Polygon]:
    """The belly's skin below the fold under the breast, where the view reaches so far."""
    if shared.random() > FOLD_SHARE:
        return []
    lower = breast[(breast[:, 1] > 0.5 * frame.height_mm) & (breast[:, 0] > 0)]
    fold = float(lower[:, 1].max()) - shared.uniform(2, 7)
    bottom = frame.height_mm + MARGIN_MM
    y = np.linspace(fold, bottom, 20)
    reach = shared.uniform(10, 34)
    x = reach * (1 - np.exp(-(y - fold) / shared.uniform(18, 50)))
    return [np.vstack([np.column_stack([x, y]), [(-MARGIN_MM, bottom), (-MARGIN_MM, fold - 8)]])]


def _draw_nipple(nipple: tuple[float, float], tilt: float, streams: Streams) -> Polygon:
    """A small blunt polygon on the skin, now and then so flat that it hardly shows."""
    shared, own = streams.shared, streams.own
    length = max(0.0, shared.normal(1.8, 1.3))
    width = shared.uniform(6.5, 9.5)
    tilt = tilt + own.normal(0, 0.12)
    y = np.linspace(-width, width, 41)
    bump = length * np.exp(-((y / (0.5 * width)) ** 4)) - 2.5 * (y / width) ** 2
    outer = np.column_stack([bump, y])
    base = np.array([(-9.0, width), (-9.0, -width)])
    turn = np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]])
    return np.vstack([outer, base]) @ turn + np.array(nipple)
