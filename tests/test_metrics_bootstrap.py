"""The bootstrap by weights gives what repeating rows would give, and draws patients, not rows."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from mammo_core.metrics.bootstrap import (
    PatientSums,
    bootstrap_auroc,
    draw_patients,
    resample,
    sum_by_patient,
)
from mammo_core.metrics.estimate import UNDEFINED, percentile_estimate
from mammo_core.metrics.rankings import (
    AurocReplicates,
    AveragePrecisionReplicates,
    ScoreBins,
    compute_average_precision,
)

N_PATIENTS = 50


def made_rows(share, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.random(200) < share
    scores = np.round(truth + rng.normal(size=200), 1)
    return scores, truth, np.repeat(np.arange(N_PATIENTS), 4)


def drawn(statistic, replicates=40):
    """(replicates of the statistic, the counts that they were drawn with)."""
    answer = resample(
        {"statistic": statistic, "counts": lambda counts: counts},
        n_patients=N_PATIENTS,
        replicates=replicates,
        seed=3,
    )
    return answer["statistic"], answer["counts"]


@pytest.mark.parametrize("share", [0.2, 0.8])
@pytest.mark.parametrize(
    ("kind", "reference"),
    [(AurocReplicates, roc_auc_score), (AveragePrecisionReplicates, average_precision_score)],
)
def test_replicates_equal_scikit_learn_with_repeated_rows(kind, reference, share):
    scores, truth, patients = made_rows(share)
    got, counts = drawn(kind(scores, truth, patients, N_PATIENTS))
    for value, weights in zip(got, counts.T, strict=True):
        rows = np.repeat(np.arange(200), weights[patients].astype(int))
        assert value == pytest.approx(reference(truth[rows], scores[rows]), abs=1e-6)


def test_sums_of_patients_equal_sums_of_repeated_rows():
    _, truth, patients = made_rows(0.3)
    sums = PatientSums(sum_by_patient(truth.astype(int), patients, 2, N_PATIENTS))
    got, counts = drawn(sums)
    expected = [(counts[patients] * (truth == k)[:, None]).sum(axis=0) for k in (0, 1)]
    np.testing.assert_array_equal(got, expected)
    assert sums.totals.tolist() == [(~truth).sum(), truth.sum()]


def test_bins_hold_every_drawn_row_once():
    scores, truth, patients = made_rows(0.3)
    bins = ScoreBins(scores, truth, patients, N_PATIENTS)
    got, counts = drawn(bins)
    np.testing.assert_array_equal(got.sum(axis=(0, 1)), counts[patients].sum(axis=0))
    np.testing.assert_array_equal(bins.edges[bins.bin_of_row], scores)


def test_many_scores_share_at_most_the_bins_there_are():
    scores = np.random.default_rng(0).random(20_000)
    bins = ScoreBins(scores, scores > 0.5, np.arange(20_000), 20_000)
    sizes = np.bincount(bins.bin_of_row)
    assert len(sizes) == ScoreBins.MAX_BINS
    assert sizes.max() <= 2 * sizes.min()


def test_average_precision_equals_scikit_learns():
    scores, truth, _ = made_rows(0.3)
    expected = average_precision_score(truth, scores)
    assert compute_average_precision(scores, truth) == pytest.approx(expected, abs=1e-12)


def test_a_draw_without_positives_is_undefined():
    scores, _, patients = made_rows(0.3)
    truth = patients == 0  # one patient: absent from a third of the draws
    got, counts = drawn(AurocReplicates(scores, truth, patients, N_PATIENTS))
    np.testing.assert_array_equal(np.isnan(got), counts[0] == 0)


def test_each_draw_holds_as_many_patients_as_there_are():
    counts = draw_patients(np.random.default_rng(0), 30, 200)
    assert counts.shape == (30, 200)
    assert set(counts.sum(axis=0)) == {30}
    assert counts.mean(axis=1) == pytest.approx(np.ones(30), abs=0.3)


def test_the_seed_alone_decides():
    rows = made_rows(0.3)
    one = bootstrap_auroc(*rows, replicates=50, seed=1)
    np.testing.assert_array_equal(one, bootstrap_auroc(*rows, replicates=50, seed=1))
    assert not np.array_equal(one, bootstrap_auroc(*rows, replicates=50, seed=2))


def test_the_first_replicates_stay_when_more_are_drawn():
    rows = made_rows(0.3)
    few, many = (bootstrap_auroc(*rows, replicates=n) for n in (32, 64))
    np.testing.assert_array_equal(few, many[:32])


def test_no_replicates_keep_their_shape():
    got, _ = drawn(PatientSums(np.ones((N_PATIENTS, 3))), replicates=0)
    assert got.shape == (3, 0)


def test_the_interval_is_the_percentile_one_and_drops_undefined_draws():
    replicates = np.append(np.linspace(0, 1, 101), [np.nan] * 7)
    estimate = percentile_estimate(0.5, replicates)
    assert (estimate.low, estimate.high) == pytest.approx((0.025, 0.975))


def test_the_interval_holds_its_value_even_where_replicates_are_biased():
    estimate = percentile_estimate(0.1, np.linspace(0.2, 0.3, 50))
    assert estimate.low == 0.1


def test_an_undefined_value_has_no_interval():
    assert percentile_estimate(np.nan, np.ones(5)) == UNDEFINED
