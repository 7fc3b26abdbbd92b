"""Points against a mammogram, fitted: zones from the mammograms, weights from the strangers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate_fitting.measuring import Row
from gate_fitting.variants import CROPS
from mammo_core.gate_points import (
    FRAME_FEATURES,
    LOGARITHMIC,
    OFFSET,
    REASONS,
    GateNumbers,
    Objection,
    scale_feature,
)
from mammo_core.picture_features import PictureFeatures

Array = NDArray[np.float64]

FEATURES = tuple(field.name for field in fields(PictureFeatures))

TONES = frozenset(
    (
        *("contrast", "slope", "residual", "anisotropy", "texture", "gradient_ratio"),
        *("rim_texture", "skin_level", "skin_rise", "core_rise"),
    )
)
"""Features that films, detectors and their processing change; the others are anatomy."""

TAIL, CHANGED_TAIL = 0.01, 0.05
"""A zone spans the mammograms as they are and the changed ones, but for these shares a side."""

MARGINS = {"anatomy": 0.02, "tone": 0.05}
"""Beyond that span a zone has a margin, as a share of it."""

MARGINS_ALONE = {"anatomy": 0.3, "tone": 1.0}
"""The same where one source alone was fitted on: nothing is known then about how others look."""

FRAME_TAIL = 0.03
"""What is left out on each side of a feature of crops within the breast."""

NOISE, NOISE_SHARE = "colored noise", 0.9
"""The kind of strangers that a crop is told from, by a direction that so many of them lack."""

KNOWN = {"box_ratio": (1.0, 3.5)}
"""Spans that zones hold in any case: what mammograms of several other archives were found to have
in an earlier trial, craniocaudal views among them, which the sources at hand are short of."""

MIN_IMAGES = 10
"""A source of fewer images does not count as one."""

STRENGTH = 0.05
"""Of the ridge penalty on the points."""

ASK_ODDS, REFUSE_ODDS = 1 / 3, 3.0
"""Odds of a stranger, both sorts being equally frequent, from which on the gate asks or refuses."""


@dataclass(frozen=True)
class Ramp:
    """Points that rise from 0 to 1 between two scaled values of one feature."""

    feature: int
    start: float
    end: float


def fit(rows: Sequence[Row]) -> GateNumbers:
    """The gate's numbers by rows of mammograms and strangers; of odd ones only crops count."""
    mammograms = [row for row in rows if row.sort == "mammogram"]
    strangers = [row for row in rows if row.sort == "stranger"]
    ours, theirs = _scale_rows(mammograms), _scale_rows(strangers)
    as_is = np.array([not row.change for row in mammograms])
    zones = _span_zones(ours[as_is], ours[~as_is | as_is.all()], count_sources(mammograms))
    ramps = _build_ramps(zones, theirs)
    weights = np.concatenate([_weigh(mammograms), _weigh(strangers)])
    base, points = _solve(_evaluate(ramps, np.vstack([ours, theirs])), len(ours), weights)
    refuse_above = base + float(np.log(REFUSE_ODDS))
    return GateNumbers(
        _collect(ramps, points, refuse_above),
        base + float(np.log(ASK_ODDS)),
        refuse_above,
        _bound_frames(
            [row for row in rows if row.change in CROPS],
            [row for row in strangers if row.source == NOISE],
        ),
    )


def _bound_frames(crops: Sequence[Row], noise: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """What crops within the breast span; tissue has more of a direction than noise."""
    bounds = {}
    for name in FRAME_FEATURES:
        values = [getattr(row.frame, name) for row in crops]
        bounds[name] = _round(np.quantile(values, [FRAME_TAIL, 1 - FRAME_TAIL]))
    low, high = bounds["anisotropy"]
    reached = np.quantile([low, *(row.frame.anisotropy for row in noise)], NOISE_SHARE)
    return {**bounds, "anisotropy": _round(np.array([max(low, float(reached)), high]))}


def count_sources(mammograms: Sequence[Row]) -> int:
    """How many sources have enough mammograms as they are."""
    counts = Counter(row.source for row in mammograms if not row.change)
    return max(1, sum(n >= MIN_IMAGES for n in counts.values()))


def _scale_rows(rows: Sequence[Row]) -> Array:
    """(N, features) on the scales on which they are weighed."""
    raw = np.array([[getattr(row.features, name) for name in FEATURES] for row in rows])
    return np.stack([scale_feature(n, raw[:, j]) for j, n in enumerate(FEATURES)], axis=1)


def _span_zones(as_is: Array, changed: Array, n_sources: int) -> Array:
    """(low, high, span) of each feature's zone, (3, features)."""
    (low, high), (lower, higher) = (
        np.quantile(values, [tail, 1 - tail], axis=0)
        for values, tail in ((as_is, TAIL), (changed, CHANGED_TAIL))
    )
    low, high = np.minimum(low, lower), np.maximum(high, higher)
    for name, ends in KNOWN.items():
        j, (least, most) = FEATURES.index(name), scale_feature(name, np.array(ends))
        low[j], high[j] = min(low[j], least), max(high[j], most)
    span = np.maximum(high - low, 1e-3)
    margins = MARGINS_ALONE if n_sources == 1 else MARGINS
    margin = span * [margins["tone" if name in TONES else "anatomy"] for name in FEATURES]
    return np.stack([low - margin, high + margin, span])


def _build_ramps(zones: Array, theirs: Array) -> list[Ramp]:
    """Up to four ramps on each side of each feature's zone."""
    ramps = []
    for j, (low, high, span) in enumerate(zones.T):
        sides = {
            "low": -_place_knots(-low, -theirs[:, j], span),
            "high": _place_knots(high, theirs[:, j], span),
        }
        for side, knots in sides.items():
            if (FEATURES[j], side) in REASONS:
                ramps += [Ramp(j, a, b) for a, b in pairwise(knots)]
    return ramps


def _place_knots(end: float, values: Array, span: float) -> Array:
    """The zone's end, a quarter span beyond, and where the strangers beyond it lie."""
    beyond = values[values > end]
    if len(beyond) < MIN_IMAGES:
        return np.array([end, end + span / 4, end + span])
    return np.unique([end, end + span / 4, *np.quantile(beyond, [0.3, 0.6, 0.9])])


def _evaluate(ramps: Sequence[Ramp], scaled: Array) -> Array:
    """(N, ramps) in [0, 1]."""
    return np.stack(
        [np.clip((scaled[:, r.feature] - r.start) / (r.end - r.start), 0, 1) for r in ramps], axis=1
    )


def _weigh(rows: Sequence[Row]) -> Array:
    """Weights that sum to half; a group counts by the root of its size."""
    groups = [(row.source, row.sort == "mammogram" and bool(row.change)) for row in rows]
    counts = Counter(groups)
    weights = np.array([counts[group] ** -0.5 for group in groups])
    return weights / (2 * weights.sum())


def _solve(design: Array, n_ours: int, weights: Array) -> tuple[float, Array]:
    """(base, points of each ramp, none negative) of a weighted ridge logistic regression."""
    from scipy.optimize import minimize

    n = len(design)
    truth = np.arange(n) >= n_ours

    def lose(theta: Array) -> tuple[float, Array]:
        logit = design @ theta[1:] - theta[0]
        loss = n * weights @ (np.logaddexp(0, logit) - truth * logit)
        slope = n * weights * (1 / (1 + np.exp(-logit)) - truth)
        gradient = np.append(-slope.sum(), design.T @ slope + STRENGTH * theta[1:])
        return float(loss + STRENGTH / 2 * theta[1:] @ theta[1:]), gradient

    bounds = [(None, None), *[(0, None)] * design.shape[1]]
    start = np.full(design.shape[1] + 1, 0.1)
    found = minimize(lose, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), found.x[1:]


def _collect(ramps: Sequence[Ramp], points: Array, refuse_above: float) -> tuple[Objection, ...]:
    """Each feature's ramps as curves, those without points left out; none refuses alone."""
    most = np.floor(1000 * refuse_above) / 1000
    objections = []
    for name, side in REASONS:
        used = [
            (ramp, value)
            for ramp, value in zip(ramps, points, strict=True)
            if FEATURES[ramp.feature] == name and (ramp.end > ramp.start) == (side == "high")
        ]
        curve = np.minimum(np.append(0, np.cumsum([value for _, value in used])), most)
        at = [used[0][0].start, *(ramp.end for ramp, _ in used)]
        if curve[-1] > 0.01:
            objections.append(Objection(name, side, _unscale(name, at), _round(curve)))
    return tuple(objections)


def _unscale(name: str, values: Sequence[float]) -> tuple[float, ...]:
    plain = np.exp(values) - OFFSET if name in LOGARITHMIC else np.asarray(values)
    return _round(plain)


def _round(values: Array) -> tuple[Any, ...]:
    return tuple(float(f"{value:.5g}") for value in values)
