"""Calibration against closed forms, scikit-learn and statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit
from sklearn.metrics import brier_score_loss
from statsmodels.stats.proportion import proportion_confint

from mammo_core.metrics.brier_decomposition import decompose_brier
from mammo_core.metrics.calibration import (
    BINNINGS,
    bin_sums,
    compute_brier,
    compute_ece,
    compute_mean_excess,
    equal_mass_edges,
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
    bins = reliability_bins(*rows)
    assert sum(b.n for b in bins) == 400
    for b in bins:
        inside = (scores >= b.low) & (scores < b.high)
        assert b.n == inside.sum()
        assert b.mean_probability == pytest.approx(scores[inside].mean())
        assert b.positive_share.value == pytest.approx(truth[inside].mean())
        assert b.positive_share.low <= b.positive_share.value <= b.positive_share.high


def test_a_bin_without_positives_has_an_interval_all_the_same():
    scores, patients = np.full(24, 0.05), np.repeat(np.arange(12), 2)
    (one,) = reliability_bins(scores, np.zeros(24, dtype=bool), patients)
    # Of patients, not rows: they may be alike.
    few, many = (proportion_confint(0, n, method="wilson")[1] for n in (12, 24))
    assert (one.positive_share.value, one.positive_share.low) == (0, 0)
    assert one.positive_share.high >= few > many


def test_empty_bins_are_left_out():
    bins = reliability_bins(np.full(8, 0.55), np.arange(8) > 3, np.arange(8))
    assert [(b.low, b.n) for b in bins] == [(0.5, 8)]


def totals(scores, truth, patients=None):
    patients = np.zeros(len(scores), dtype=int) if patients is None else patients
    rated = (scores, truth, patients)
    return bin_sums(*rated).sum(axis=0), squared_error_sums(*rated).sum(axis=0)


def test_brier_is_reliability_less_resolution_plus_uncertainty(rows):
    parts = decompose_brier(*totals(*rows))
    total = parts.reliability - parts.resolution + parts.uncertainty
    assert float(total) == pytest.approx(brier_score_loss(rows[1], rows[0]), abs=1e-12)


def test_the_parts_of_brier_equal_the_sums_of_stephenson_written_out(rows):
    scores, truth, _ = rows
    places = (scores * 10).astype(int)
    share, n = truth.mean(), len(truth)
    reliability = between = variance = covariance = 0.0
    for place in range(10):
        f, o = scores[places == place], truth[places == place]
        reliability += len(f) * (f.mean() - o.mean()) ** 2 / n
        between += len(f) * (o.mean() - share) ** 2 / n
        variance += ((f - f.mean()) ** 2).sum() / n
        covariance += 2 * ((o - o.mean()) * (f - f.mean())).sum() / n
    parts = decompose_brier(*totals(*rows))
    assert float(parts.reliability) == pytest.approx(reliability)
    assert float(parts.resolution) == pytest.approx(between - variance + covariance)
    assert float(parts.uncertainty) == pytest.approx(share * (1 - share))


def test_with_one_probability_a_bin_resolution_is_murphys():
    scores = np.repeat([0.25, 0.75], 4)
    truth = np.array([True, False, False, False, True, True, False, False])
    parts = decompose_brier(*totals(scores, truth))
    # Shares 1/4 and 1/2 around 3/8; the second bin promises 1/4 too much.
    assert float(parts.resolution) == pytest.approx(1 / 64)
    assert float(parts.reliability) == pytest.approx(1 / 32)


def test_who_always_says_the_share_has_no_skill_and_an_oracle_all():
    truth = np.arange(8) < 2
    constant = decompose_brier(*totals(np.full(8, 0.25), truth))
    oracle = decompose_brier(*totals(truth.astype(float), truth))
    assert [float(constant.skill), float(oracle.skill)] == pytest.approx([0, 1])


def test_without_one_class_there_is_no_skill():
    assert np.isnan(decompose_brier(*totals(np.full(4, 0.2), np.zeros(4, dtype=bool))).skill)


def test_the_mean_excess_is_what_is_promised_beyond_what_is_kept(rows):
    scores, truth, _ = rows
    got = compute_mean_excess(totals(*rows)[0])
    assert float(got) == pytest.approx(scores.mean() - truth.mean())


def test_bins_of_equal_mass_hold_equally_many_rows(rows):
    bins = reliability_bins(*rows, binning="equal_mass")
    assert [b.n for b in bins] == [40] * 10


def test_tied_scores_share_a_bin_of_equal_mass():
    scores = np.repeat([0.0, 0.1, 0.5, 1.0], [50, 30, 15, 5])
    edges = equal_mass_edges(scores)
    assert (edges[0], edges[-1]) == (0, 1)
    assert (np.diff(edges) > 0).all()
    bins = reliability_bins(scores, scores > 0.2, np.arange(100), binning="equal_mass")
    assert sum(b.n for b in bins) == 100


@pytest.mark.parametrize("binning", BINNINGS)
def test_every_binning_covers_0_to_1_upwards(rows, binning):
    edges = BINNINGS[binning](rows[0])
    assert (edges[0], edges[-1]) == (0, 1)
    assert (np.diff(edges) > 0).all()
