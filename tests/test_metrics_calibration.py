"""Calibration against closed forms, scikit-learn and statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit
from sklearn.metrics import brier_score_loss

from mammo_core.metrics.calibration import (
    bin_sums,
    compute_brier,
    compute_ece,
    fit_logistic,
    reliability_bins,
    squared_error_sums,
    to_logits,
)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    scores = rng.random(400)
    return scores, rng.random(400) < scores**2, np.repeat(np.arange(100), 4)


def fit(scores, truth):
    weights = np.stack([~truth, truth]).astype(float)[:, :, None]
    return [float(v[0]) for v in fit_logistic(to_logits(scores), *weights)]


def test_brier_equals_scikit_learns(rows):
    scores, truth, _ = rows
    got = compute_brier(squared_error_sums(*rows).sum(axis=0))
    assert float(got) == pytest.approx(brier_score_loss(truth, scores))


def test_ece_is_the_mean_distance_of_promise_and_outcome_by_bin():
    scores = np.array([0.05, 0.05, 0.95, 0.95, 1.0, 0.0])
    truth = np.array([False, True, True, False, True, False])
    # Bin 0 promises 0.1 / 3 and keeps 1 / 3, bin 9 promises 2.9 / 3 and keeps 2 / 3.
    got = compute_ece(bin_sums(scores, truth, np.arange(6)).sum(axis=0))
    assert float(got) == pytest.approx((3 * 0.9 / 3 + 3 * 0.9 / 3) / 6)


def test_probabilities_that_keep_their_word_have_no_calibration_error():
    scores = np.repeat([0.25, 0.75], 4)
    truth = np.array([True, False, False, False, True, True, True, False])
    sums = bin_sums(scores, truth, np.zeros(8, dtype=int)).sum(axis=0)
    assert float(compute_ece(sums)) == 0
    assert fit(scores, truth) == pytest.approx([0, 1], abs=1e-9)


def test_slope_and_intercept_equal_statsmodels(rows):
    scores, truth, _ = rows
    expected = sm.Logit(truth, sm.add_constant(to_logits(scores))).fit(disp=0, tol=1e-12).params
    assert fit(scores, truth) == pytest.approx(expected, abs=1e-6)


def test_weights_count_as_repeated_rows(rows):
    scores, truth, _ = rows
    weights = np.random.default_rng(1).integers(0, 4, 400)
    x = to_logits(scores)
    got = fit_logistic(x, (weights * ~truth)[:, None], (weights * truth)[:, None])
    assert [float(v[0]) for v in got] == pytest.approx(
        fit(np.repeat(scores, weights), np.repeat(truth, weights)), abs=1e-8
    )


def test_a_distorted_logit_is_found_again():
    x = np.linspace(-6, 6, 2001)
    p = expit(0.7 + 0.5 * x)
    intercept, slope = fit_logistic(x, (1 - p)[:, None], p[:, None])
    assert (intercept[0], slope[0]) == pytest.approx((0.7, 0.5), abs=1e-9)


@pytest.mark.parametrize(
    "truth", [[0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0] * 6, [1] * 6], ids=str
)
def test_separated_or_absent_classes_have_no_fit(truth):
    scores = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.8])
    assert np.isnan(fit(scores, np.array(truth, dtype=bool))).all()


def test_constant_probabilities_have_no_fit():
    assert np.isnan(fit(np.full(6, 0.4), np.arange(6) > 2)).all()


def test_probabilities_of_zero_and_one_stay_finite():
    assert np.isfinite(to_logits(np.array([0.0, 1.0]))).all()


def test_reliability_bins_hold_every_row_and_their_shares(rows):
    scores, truth, _ = rows
    bins = reliability_bins(*rows, replicates=100)
    assert sum(b.n for b in bins) == 400
    for b in bins:
        inside = (scores >= b.low) & (scores < b.high)
        assert b.n == inside.sum()
        assert b.mean_probability == pytest.approx(scores[inside].mean())
        assert b.positive_share.value == pytest.approx(truth[inside].mean())
        assert b.positive_share.low <= b.positive_share.value <= b.positive_share.high


def test_empty_bins_are_left_out():
    bins = reliability_bins(np.full(8, 0.55), np.arange(8) > 3, np.arange(8), replicates=10)
    assert [(b.low, b.n) for b in bins] == [(0.5, 8)]
