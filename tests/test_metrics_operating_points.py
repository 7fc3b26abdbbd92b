"""Thresholds reach their targets at least cost; rates at any threshold agree with counting."""

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_curve

from mammo_core.metrics.bootstrap import PatientSums, resample, sum_by_patient
from mammo_core.metrics.estimate import percentile_estimate, widen_certain
from mammo_core.metrics.operating_points import (
    OUTCOMES,
    RATES,
    choose_thresholds,
    outcome_cells,
)
from mammo_core.metrics.threshold_sweep import ThresholdSweep


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.3
    scores = np.round(rng.beta(2 + 2 * truth, 4 - 2 * truth), 2)
    return scores, truth, np.repeat(np.arange(100), 3)


def rates(scores, truth, threshold):
    called = scores >= threshold
    return called[truth].mean(), (~called)[~truth].mean(), called.mean()


def test_youden_is_the_best_sum_on_scikit_learns_curve(rows):
    scores, truth, _ = rows
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    sensitivity, specificity, _ = rates(*rows[:2], choose_thresholds(scores, truth, 0.5)["youden"])
    assert sensitivity + specificity - 1 == pytest.approx((tpr - fpr).max())


@pytest.mark.parametrize("target", [0.90, 0.95])
def test_targets_are_reached_and_no_threshold_does_better(rows, target):
    scores, truth, _ = rows
    chosen = choose_thresholds(scores, truth, 0.5)
    every = np.array([rates(scores, truth, t) for t in [*np.unique(scores), 1.1]])
    at_specificity = rates(scores, truth, chosen[f"specificity_{target:.2f}"])
    assert at_specificity[1] >= target
    assert at_specificity[0] == every[every[:, 1] >= target, 0].max()
    at_sensitivity = rates(scores, truth, chosen[f"sensitivity_{target:.2f}"])
    assert at_sensitivity[0] >= target
    assert at_sensitivity[1] == every[every[:, 0] >= target, 1].max()


def test_the_recall_rate_is_the_largest_that_stays_within_its_target(rows):
    scores, truth, _ = rows
    chosen = choose_thresholds(scores, truth, 0.5)["recall_rate_0.10"]
    every = np.array([rates(scores, truth, t)[2] for t in np.unique(scores)])
    assert rates(scores, truth, chosen)[2] == every[every <= 0.10].max()


@pytest.mark.parametrize("ratio", [0.5, 1, 10, 100])
@pytest.mark.parametrize("prevalence", [None, 0.006])
def test_no_threshold_costs_less_than_that_of_least_cost(rows, ratio, prevalence):
    scores, truth, _ = rows
    share = truth.mean() if prevalence is None else prevalence

    def cost(threshold):
        sensitivity, specificity, _ = rates(scores, truth, threshold)
        return ratio * share * (1 - sensitivity) + (1 - share) * (1 - specificity)

    chosen = choose_thresholds(scores, truth, 0.5, cost_ratio=ratio, prevalence=prevalence)
    least = min(map(cost, [*np.unique(scores), 1.1]))
    assert cost(chosen[f"cost_ratio_{ratio:g}"]) == pytest.approx(least)


def test_at_balanced_costs_youden_is_the_least():
    """Costs that make up for the prevalence leave sensitivity + specificity to be maximized."""
    rng = np.random.default_rng(3)
    truth = np.arange(100) % 5 == 0
    scores = truth + rng.normal(size=100)
    chosen = choose_thresholds(scores, truth, 0.5, cost_ratio=4)
    assert chosen["cost_ratio_4"] == chosen["youden"]


def test_the_dearer_a_miss_the_lower_the_threshold(rows):
    scores, truth, _ = rows
    chosen = [
        choose_thresholds(scores, truth, 0.5, cost_ratio=ratio)[f"cost_ratio_{ratio:g}"]
        for ratio in (1, 10, 100)
    ]
    assert chosen == sorted(chosen, reverse=True)
    assert chosen[0] > chosen[-1]


def test_thresholds_are_finite_even_where_nothing_may_be_called():
    scores, truth = np.array([0.2, 1.0, 1.0]), np.array([False, True, False])
    chosen = choose_thresholds(scores, truth, 0.5)
    assert np.isfinite(list(chosen.values())).all()
    assert rates(scores, truth, chosen["specificity_0.95"])[1] == 1


def test_without_positives_only_thresholds_that_need_none_exist():
    scores = np.linspace(0, 1, 20)
    chosen = choose_thresholds(scores, np.zeros(20, dtype=bool), 0.3)
    assert chosen["youden"] is None
    assert chosen["sensitivity_0.90"] is None
    assert chosen["default"] == 0.3
    assert (scores >= chosen["recall_rate_0.10"]).mean() == 0.10


def test_a_score_equal_to_the_threshold_is_called():
    cells = outcome_cells(np.array([0.5, 0.5, 0.4, 0.4]), np.array([True, False, True, False]), 0.5)
    assert [OUTCOMES[cell] for cell in cells] == ["TP", "FP", "FN", "TN"]


@pytest.mark.parametrize("threshold", [0.0, 0.37, 0.5, 0.505, 1.0, 2.0])
def test_the_sweep_equals_a_bootstrap_made_for_that_threshold(rows, threshold):
    scores, truth, patients = rows
    got = ThresholdSweep(*rows, replicates=200, seed=4).at_threshold(threshold)
    sums = PatientSums(sum_by_patient(outcome_cells(scores, truth, threshold), patients, 4, 100))
    drawn = resample({"": sums}, n_patients=100, replicates=200, seed=4)[""]
    for name, rate in RATES.items():
        value = float(rate(*sums.totals))
        n_patients = np.count_nonzero(~np.isnan(rate(*sums.of_patients)))
        expected = widen_certain(percentile_estimate(value, rate(*drawn)), n_patients)
        assert got[name] == expected


def test_between_bins_the_sweep_stays_close_to_the_exact_bootstrap():
    rng = np.random.default_rng(1)
    truth = rng.random(6000) < 0.3
    scores, patients = rng.normal(truth, 1.0), np.repeat(np.arange(2000), 3)
    got = ThresholdSweep(scores, truth, patients, replicates=200).at_threshold(0.7123)
    sums = PatientSums(sum_by_patient(outcome_cells(scores, truth, 0.7123), patients, 4, 2000))
    drawn = resample({"": sums}, n_patients=2000, replicates=200, seed=0)[""]
    for name, rate in RATES.items():
        expected = percentile_estimate(float(rate(*sums.totals)), rate(*drawn))
        assert got[name].value == expected.value
        assert (got[name].low, got[name].high) == pytest.approx(
            (expected.low, expected.high), abs=1e-3
        )


@pytest.mark.parametrize("threshold", [0.0, 0.37, 0.5, 2.0])
def test_f1_at_a_threshold_equals_scikit_learns(rows, threshold):
    scores, truth, _ = rows
    got = ThresholdSweep(*rows, replicates=5).at_threshold(threshold)["f1"]
    assert got.value == pytest.approx(f1_score(truth, scores >= threshold, zero_division=0))


def test_where_nothing_is_called_ppv_is_undefined(rows):
    got = ThresholdSweep(*rows, replicates=20).at_threshold(2.0)
    assert got["ppv"].to_json() == {"value": None, "low": None, "high": None}
    assert json.dumps({k: v.to_json() for k, v in got.items()}, allow_nan=False)


def test_the_roc_band_holds_the_curve(rows):
    scores, truth, _ = rows
    at, low, high = ThresholdSweep(*rows, replicates=300).roc_band()
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    curve = np.interp(at, fpr, tpr)
    inside = (low <= curve + 1e-6) & (curve <= high + 1e-6)
    assert inside[1:-1].mean() > 0.95
