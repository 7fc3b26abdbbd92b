"""Percentile and BCa intervals: what they share, and BCa against scipy's."""

import numpy as np
import pytest
from scipy import stats

from mammo_core.metrics.bootstrap import PatientSums, leave_out, resample
from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import UNDEFINED, Estimate, widen_certain
from mammo_core.metrics.intervals import INTERVALS, estimate_by_bca, estimate_by_percentiles
from mammo_core.metrics.rankings import AveragePrecisionReplicates

N = 40


def made_sums(seed=0, n=N):
    """(patients, 2) two quantities of each patient, the ratio of whose sums is asked for."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.exponential(2.0, n), rng.integers(1, 5, n)], axis=1)


def ratio(sums):
    return float(sums[:, 0].sum() / sums[:, 1].sum())


@pytest.mark.parametrize("seed", range(4))
def test_bca_equals_scipys_from_the_same_draws(seed):
    """scipy's `bootstrap` draws indices; ours counts. Fed with its replicates, the ends agree."""
    sums = made_sums(seed)
    theirs = stats.bootstrap(
        (sums[:, 0], sums[:, 1]),
        lambda a, b, axis=-1: a.sum(axis=axis) / b.sum(axis=axis),
        paired=True, method="BCa", n_resamples=499, random_state=seed,
    )  # fmt: skip
    statistic = PatientSums(sums)
    left_out = leave_out({"": statistic}, n_patients=N)[""]
    got = estimate_by_bca(ratio(sums), theirs.bootstrap_distribution, divide(*left_out))
    assert (got.low, got.high) == pytest.approx(tuple(theirs.confidence_interval), abs=1e-5)


def test_leaving_out_a_patient_is_deleting_his_rows():
    sums = made_sums()
    left_out = divide(*leave_out({"": PatientSums(sums)}, n_patients=N)[""])
    expected = [ratio(np.delete(sums, k, axis=0)) for k in range(N)]
    np.testing.assert_allclose(left_out, expected, rtol=1e-6)


def test_leaving_out_holds_for_rankings_too():
    rng = np.random.default_rng(1)
    truth, scores, patients = rng.random(N * 3) < 0.3, rng.random(N * 3), np.repeat(range(N), 3)
    statistic = AveragePrecisionReplicates(scores, truth, patients, N)
    left_out = leave_out({"": statistic}, n_patients=N)[""]
    for k in (0, N // 2, N - 1):
        kept = patients != k
        alone = AveragePrecisionReplicates(scores[kept], truth[kept], patients[kept], N)
        assert left_out[k] == pytest.approx(alone(np.ones((N, 1)))[0], abs=1e-6)


def test_many_patients_are_left_out_in_groups_that_say_the_same():
    sums = made_sums(n=5000)
    drawn = resample({"": PatientSums(sums)}, n_patients=5000, replicates=400, seed=0)[""]
    in_groups = divide(*leave_out({"": PatientSums(sums)}, n_patients=5000)[""])
    assert len(in_groups) == 1000
    one_by_one = (sums[:, 0].sum() - sums[:, 0]) / (sums[:, 1].sum() - sums[:, 1])
    got, expected = (
        estimate_by_bca(ratio(sums), divide(*drawn), left_out)
        for left_out in (in_groups, one_by_one)
    )
    width = expected.high - expected.low
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high), abs=0.03 * width)


def test_without_bias_and_skewness_bca_is_the_percentile_interval():
    replicates = np.linspace(0, 1, 101)
    flat = np.array([0.4, 0.5, 0.6])
    one, other = (f(0.5, replicates, flat) for f in (estimate_by_percentiles, estimate_by_bca))
    assert (other.low, other.high) == pytest.approx((one.low, one.high))


def test_bca_moves_its_ends_against_the_bias():
    """Replicates that lie above their value three times in four."""
    replicates = np.linspace(0, 1, 101)
    one = estimate_by_percentiles(0.25, replicates, np.zeros(0))
    other = estimate_by_bca(0.25, replicates, np.zeros(0))
    assert other.low < one.low
    assert other.high < one.high


def test_bca_has_no_ends_where_all_replicates_lie_above_their_value():
    estimate = estimate_by_bca(0.1, np.linspace(0.2, 0.3, 50), np.zeros(0))
    assert (estimate.value, estimate.low, estimate.high) == (0.1, None, None)


@pytest.mark.parametrize("interval", INTERVALS.values(), ids=INTERVALS)
def test_undefined_stays_undefined_and_undefined_draws_are_dropped(interval):
    nothing = np.zeros(0)
    assert interval(np.nan, np.ones(5), nothing) == UNDEFINED
    assert interval(0.5, nothing, nothing).low is None
    replicates = np.linspace(0, 1, 101)
    holes = np.append(replicates, [np.nan] * 7)
    left_out = np.array([0.3, 0.5, np.nan, 0.4])
    assert interval(0.4, holes, left_out) == interval(0.4, replicates, left_out[[0, 1, 3]])


@pytest.mark.parametrize("interval", INTERVALS.values(), ids=INTERVALS)
def test_an_interval_holds_its_value(interval):
    rng = np.random.default_rng(0)
    for value in (0.1, 0.5, 0.9):
        estimate = interval(value, rng.beta(2, 2, 200), rng.normal(0.5, 0.01, 30))
        assert estimate.low <= value <= estimate.high


@pytest.mark.parametrize("n", [2, 7, 24, 400])
def test_what_all_draws_agree_on_has_the_exact_binomial_interval_of_its_patients(n):
    for hits, value in ((n, 1.0), (0, 0.0)):
        exact = stats.binomtest(hits, n).proportion_ci(method="exact")
        got = widen_certain(Estimate(value, value, value), n)
        assert (got.low, got.high) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize(
    "estimate", [Estimate(1.0, 0.9, 1.0), Estimate(0.4, 0.3, 0.6), Estimate(0.5), UNDEFINED]
)
def test_what_draws_differ_on_keeps_its_interval(estimate):
    assert widen_certain(estimate, 10) == estimate


def test_rounding_makes_nothing_less_certain():
    got = widen_certain(Estimate(1 - 1e-16, 1 - 2e-16, 1.0), 10)
    assert got.low == pytest.approx(0.025 ** (1 / 10))


def test_one_patient_alone_has_no_interval():
    assert widen_certain(Estimate(1.0, 1.0, 1.0), 1) == Estimate(1.0)
