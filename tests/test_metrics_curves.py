"""Curves to draw: scikit-learn's corners, few points, no visible loss."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve as sk_precision_recall
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sk_roc

from mammo_core.metrics.curves import precision_recall_curve, roc_curve


def made_rows(n, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    return truth + rng.normal(size=n), truth


def test_corners_of_a_short_roc_curve_are_scikit_learns_and_lose_no_area():
    scores, truth = made_rows(60)
    expected = set(zip(*sk_roc(truth, scores, drop_intermediate=False), strict=True))
    got = roc_curve(scores, truth)
    assert set(zip(got.x, got.y, got.thresholds, strict=True)) <= expected
    assert np.trapezoid(got.y, got.x) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


def test_points_of_the_precision_recall_curve_are_scikit_learns():
    scores, truth = np.round(made_rows(60)[0], 1), made_rows(60)[1]
    precision, recall, thresholds = sk_precision_recall(truth, scores)
    expected = set(zip(thresholds, recall[:-1], precision[:-1], strict=True))
    got = precision_recall_curve(scores, truth)
    assert set(zip(got.thresholds, got.x, got.y, strict=True)) <= expected


@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve])
def test_thinning_keeps_the_curve_within_a_hundredth(curve):
    scores, truth = made_rows(30_000)
    thin, full = curve(scores, truth), curve(scores, truth, max_points=10**9)
    assert len(thin.x) <= 500 < len(full.x)
    kept = np.flatnonzero(full.x >= 0.01)  # precision jumps at the first few calls
    gap = np.abs(np.interp(full.x, thin.x, thin.y) - full.y)[kept]
    assert gap.max() < 0.01


def test_a_perfect_curve_is_its_corner():
    got = roc_curve(np.arange(10.0), np.arange(10) > 6)
    assert list(zip(got.x, got.y, strict=True)) == [(0, 0), (0, 1), (1, 1)]


def test_without_both_kinds_there_is_no_curve():
    scores = np.arange(5.0)
    assert roc_curve(scores, np.ones(5, dtype=bool)) is None
    assert precision_recall_curve(scores, np.zeros(5, dtype=bool)) is None
