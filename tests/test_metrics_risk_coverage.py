"""Referring the least sure cases: closed forms, chance, and the best that is possible."""

import numpy as np
import pytest

from mammo_core.errors import BadConfiguration
from mammo_core.metrics.bootstrap import Draws, PatientSums, resample
from mammo_core.metrics.kept_rate import KeptKind, KeptRate
from mammo_core.metrics.referral_sweep import ErrorsLeft, ReferralSweep
from mammo_core.metrics.risk_coverage import (
    JudgedRows,
    compute_best_aurc,
    compute_row_aurc,
    find_limit,
)


def judged(uncertainty, is_wrong, patients=None, is_positive=None, is_called=None):
    n = len(uncertainty)
    none = np.zeros(n, dtype=bool)
    return JudgedRows(
        np.asarray(uncertainty, float),
        np.asarray(is_wrong, bool),
        none if is_positive is None else np.asarray(is_positive, bool),
        none if is_called is None else np.asarray(is_called, bool),
        np.arange(n) if patients is None else np.asarray(patients),
    )


def simulate(n_patients=100, seed=0, views=4):
    """Rows that are wrong the more often the less sure the model is."""
    rng = np.random.default_rng(seed)
    n = n_patients * views
    uncertainty = rng.random(n)
    is_positive = rng.random(n) < 0.3
    is_wrong = rng.random(n) < 0.6 * uncertainty
    patients = np.repeat(np.arange(n_patients), views)
    return judged(uncertainty, is_wrong, patients, is_positive, is_positive ^ is_wrong)


def mean_risk(uncertainty, is_wrong):
    """The definition, row by row, for distinct uncertainties."""
    wrong = np.asarray(is_wrong)[np.argsort(uncertainty)]
    return np.mean(np.cumsum(wrong) / np.arange(1, len(wrong) + 1))


def test_the_area_is_the_mean_error_rate_of_the_surest_rows():
    rows = simulate()
    expected = mean_risk(rows.uncertainty, rows.is_wrong)
    assert compute_row_aurc(rows) == pytest.approx(expected, rel=1e-12)


def test_ties_count_as_their_mean_over_all_orders():
    rng = np.random.default_rng(0)
    uncertainty, is_wrong = rng.integers(0, 3, 12), rng.random(12) < 0.4
    orders = [mean_risk(uncertainty + rng.random(12) / 2, is_wrong) for _ in range(20_000)]
    tied = compute_row_aurc(judged(uncertainty, is_wrong))
    assert tied == pytest.approx(np.mean(orders), abs=4 * np.std(orders) / np.sqrt(len(orders)))


def test_an_uncertainty_that_is_the_same_everywhere_leaves_the_error_rate():
    is_wrong = np.arange(20) < 7
    assert compute_row_aurc(judged(np.ones(20), is_wrong)) == pytest.approx(7 / 20)


def test_an_uncertainty_at_random_leaves_the_error_rate_in_expectation():
    rng = np.random.default_rng(1)
    is_wrong = np.arange(200) < 60
    areas = [compute_row_aurc(judged(rng.random(200), is_wrong)) for _ in range(400)]
    assert np.mean(areas) == pytest.approx(0.3, abs=4 * np.std(areas) / 20)


def test_who_knows_the_errors_has_the_least_area():
    rows = simulate(30)
    n_wrong = int(rows.is_wrong.sum())
    best = compute_row_aurc(judged(rows.is_wrong + 0.001 * rows.uncertainty, rows.is_wrong))
    assert best == pytest.approx(compute_best_aurc(len(rows), n_wrong))
    assert best < compute_row_aurc(rows) < n_wrong / len(rows)


def test_no_errors_no_area():
    assert compute_best_aurc(10, 0) == 0
    assert compute_row_aurc(judged(np.arange(10), np.zeros(10))) == 0


@pytest.mark.parametrize(("share", "kept"), [(0, 10), (0.1, 9), (0.15, 9), (0.3, 7), (0.99, 1)])
def test_never_more_than_the_share_is_referred(share, kept):
    uncertainty = np.arange(10) / 10
    assert (uncertainty <= find_limit(uncertainty, share)).sum() == kept


def test_ties_are_kept_together():
    uncertainty = np.array([0.1, 0.5, 0.5, 0.5])
    assert find_limit(uncertainty, 0.5) == 0.5  # referring one of the three would refer all


@pytest.mark.parametrize("share", [-0.1, 1.0, 2.0])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(BadConfiguration, match="share"):
        find_limit(np.ones(3), share)


def test_what_is_left_is_counted_as_by_hand():
    rows = simulate()
    found = ReferralSweep(rows, replicates=20).at_share(0.2)
    is_kept = rows.uncertainty <= found.limit
    assert found.n_kept + found.n_referred == len(rows)
    assert found.n_kept == is_kept.sum()
    kept_positive = is_kept & rows.is_positive
    estimates = {name: one.value for name, one in found.estimates.items()}
    assert estimates["error_rate"] == pytest.approx(rows.is_wrong[is_kept].mean())
    assert estimates["sensitivity"] == pytest.approx(rows.is_called[kept_positive].mean())
    assert found.n_wrong_referred == (rows.is_wrong & ~is_kept).sum()


def test_the_interval_is_that_of_a_bootstrap_over_patients_by_hand():
    rows = simulate(40)  # 160 distinct values: the bins are the values
    sweep = ReferralSweep(rows, replicates=2000, seed=3)
    is_kept = rows.uncertainty <= find_limit(rows.uncertainty, 0.3)
    rng, drawn = np.random.default_rng(9), []
    for _ in range(4000):
        chosen = np.bincount(rng.integers(0, 40, 40), minlength=40)[rows.patients] * is_kept
        drawn.append((chosen * rows.is_wrong).sum() / chosen.sum())
    found = sweep.at_share(0.3).estimates["error_rate"]
    assert (found.low, found.high) == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=0.012)


def test_the_area_of_replicates_is_that_of_repeated_rows():
    from mammo_core.metrics.risk_coverage import compute_aurc

    rows = simulate(12)
    counts = np.random.default_rng(2).integers(0, 3, 12)[rows.patients]
    block = np.argsort(np.argsort(rows.uncertainty))
    weights = [np.bincount(block, counts * of_kind) for of_kind in (~rows.is_wrong, rows.is_wrong)]
    repeated = np.repeat(np.arange(len(rows)), counts)
    again = judged(rows.uncertainty[repeated], rows.is_wrong[repeated])
    area = compute_aurc(*(kind[:, None] for kind in weights))
    assert area[0] == pytest.approx(compute_row_aurc(again))


def test_few_bins_change_an_interval_little():
    rows = simulate(500)  # 2,000 distinct values in 1,024 bins
    found = ReferralSweep(rows, replicates=300).at_share(0.1).estimates["error_rate"]
    halved = judged(np.round(rows.uncertainty, 3), rows.is_wrong, rows.patients)
    exact = ReferralSweep(halved, replicates=300).at_share(0.1).estimates["error_rate"]
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.004)


def test_the_curve_begins_with_all_rows():
    rows = simulate()
    first = ErrorsLeft(rows, replicates=50).curve[0]
    assert first["value"] == pytest.approx(rows.is_wrong.mean())
    assert first["low"] < first["value"] < first["high"]


def test_without_positives_there_is_no_sensitivity():
    found = ReferralSweep(judged([0.1, 0.2, 0.3], [0, 1, 0]), replicates=10).at_share(0.4)
    assert found.to_json()["sensitivity"] == {"value": None, "low": None, "high": None}


def test_a_rate_without_a_miss_is_as_uncertain_as_its_patients_are_few():
    rows = judged(np.arange(12) / 12, np.zeros(12), np.repeat(np.arange(6), 2))
    found = ReferralSweep(rows, replicates=20).at_share(0.0).estimates["error_rate"]
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 6))  # Clopper and Pearson of 0 in 6


def test_the_rows_of_one_patient_have_no_interval():
    sweep = ReferralSweep(judged([0.1, 0.2], [0, 0], [0, 0]), replicates=10)
    none = {"value": 0.0, "low": None, "high": None}
    assert sweep.at_share(0.0).to_json()["error_rate"] == none
    assert sweep.errors.aurc.to_json() == none


def test_draws_that_are_kept_are_those_of_a_bootstrap_at_once():
    statistics = {"": PatientSums(np.random.default_rng(1).integers(0, 5, (70, 3)))}
    kept = Draws(70, replicates=40, seed=5).resample(statistics)[""]
    at_once = resample(statistics, n_patients=70, replicates=40, seed=5)[""]
    np.testing.assert_array_equal(kept, at_once)


@pytest.mark.parametrize("digits", [1, 9])
def test_a_rate_at_one_limit_is_that_of_a_bootstrap_for_all_limits(digits):
    rows, rng = simulate(n_patients=600), np.random.default_rng(2)
    uncertainty, is_kind = np.round(rows.uncertainty, digits), rng.random(len(rows)) < 0.6
    is_hit, draws = rng.random(len(rows)) < 0.7, Draws(rows.n_patients, replicates=60)
    kind = KeptKind(uncertainty, rows.patients, is_kind)
    whole = KeptRate(uncertainty[is_kind], is_hit[is_kind], rows.patients[is_kind], draws)
    for limit in np.quantile(uncertainty, [0.02, 0.3, 0.77, 1.0]):
        assert kind.estimate(is_hit, limit, draws) == whole.estimate(limit)
