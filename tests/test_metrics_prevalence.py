"""Predictive values at another prevalence are those of a population mixed anew."""

import numpy as np
import pytest

from mammo_core.errors import BadConfiguration
from mammo_core.metrics.operating_points import RATES
from mammo_core.metrics.prevalence import AT_PREVALENCE, rates_at_prevalence
from mammo_core.metrics.threshold_sweep import ThresholdSweep


def made_rows():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.3
    return rng.normal(truth, 1.0), truth, np.repeat(np.arange(100), 3)


def at(sensitivity, specificity, prevalence):
    rates = {"sensitivity": np.array(sensitivity), "specificity": np.array(specificity)}
    return {k: float(v) for k, v in rates_at_prevalence(rates, prevalence).items()}


def test_they_are_those_of_a_population_counted_by_hand():
    """10,000 women, 60 with cancer, 54 of them called, and 795 of the other 9,940."""
    got = at(54 / 60, 1 - 795 / 9940, 60 / 10_000)
    assert got["ppv_at_prevalence"] == pytest.approx(54 / (54 + 795))
    assert got["npv_at_prevalence"] == pytest.approx(9145 / (9145 + 6))
    assert got["recall_rate_at_prevalence"] == pytest.approx((54 + 795) / 10_000)
    assert got["f1_at_prevalence"] == pytest.approx(2 * 54 / (2 * 54 + 795 + 6))


@pytest.mark.parametrize("threshold", [-1.0, 0.3, 1.7])
def test_at_the_datas_own_prevalence_they_are_the_datas_own_rates(threshold):
    scores, truth, patients = made_rows()
    sweep = ThresholdSweep(scores, truth, patients, replicates=20)
    got = sweep.at_threshold(threshold, prevalence=truth.mean())
    for name in ("ppv", "npv", "recall_rate", "f1"):
        assert got[f"{name}_at_prevalence"].value == pytest.approx(got[name].value)


def test_a_call_of_a_useless_test_says_nothing():
    got = at(0.3, 0.7, 0.006)  # calls 30 % of either kind
    assert got["ppv_at_prevalence"] == pytest.approx(0.006)
    assert got["npv_at_prevalence"] == pytest.approx(0.994)


def test_ppv_falls_and_npv_rises_as_cancers_become_rarer():
    ppv, npv = (
        [at(0.8, 0.9, prevalence)[name] for prevalence in (0.3, 0.1, 0.01)]
        for name in ("ppv_at_prevalence", "npv_at_prevalence")
    )
    assert ppv == sorted(ppv, reverse=True)
    assert npv == sorted(npv)


def test_where_nothing_is_called_ppv_is_undefined_and_npv_the_share_of_negatives():
    got = at(0.0, 1.0, 0.006)
    assert np.isnan(got["ppv_at_prevalence"])
    assert got["npv_at_prevalence"] == pytest.approx(0.994)


@pytest.mark.parametrize("missing", ["sensitivity", "specificity"])
def test_without_a_kind_of_cases_all_are_undefined(missing):
    rates = {"sensitivity": 0.8, "specificity": 0.9, missing: np.nan}
    assert np.isnan(list(at(*rates.values(), 0.006).values())).all()


def test_the_sweep_gives_every_rate_with_an_interval_around_it():
    got = ThresholdSweep(*made_rows(), replicates=50).at_threshold(0.5, prevalence=0.006)
    assert list(got) == [*RATES, *AT_PREVALENCE]
    for estimate in got.values():
        assert estimate.low < estimate.value < estimate.high


def test_without_a_prevalence_the_sweep_says_nothing_of_any():
    assert list(ThresholdSweep(*made_rows(), replicates=5).at_threshold(0.5)) == list(RATES)


def test_a_specificity_of_one_leaves_as_much_open_as_its_patients_do():
    """40 healthy patients, none called: up to 1 - .025 ** (1 / 40) of such may be."""
    truth, patients = np.arange(160) % 4 == 0, np.arange(160) // 4
    scores = np.where(truth & (patients % 2 == 0), 0.9, 0.1)
    got = ThresholdSweep(scores, truth, patients, replicates=50).at_threshold(0.5, 0.006)
    unseen = 1 - 0.025 ** (1 / 40)
    assert got["specificity"].low == pytest.approx(1 - unseen)
    assert got["ppv_at_prevalence"].value == 1
    low = got["sensitivity"].low
    assert got["ppv_at_prevalence"].low == pytest.approx(
        low * 0.006 / (low * 0.006 + unseen * 0.994)
    )
    most = got["sensitivity"].high * 0.006 + unseen * 0.994
    assert got["recall_rate_at_prevalence"].high == pytest.approx(most)


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, 60, float("nan")])
def test_a_prevalence_leaves_both_kinds(prevalence):
    with pytest.raises(BadConfiguration, match="prevalence between 0 and 1"):
        at(0.8, 0.9, prevalence)
