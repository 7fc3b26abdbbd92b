"""Partial AUROC against scikit-learn's, and its replicates against repeated rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mammo_core.metrics.bootstrap import resample
from mammo_core.metrics.partial_auroc import (
    MAX_FPR,
    PartialAurocReplicates,
    compute_partial_auroc,
)

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ROWS)
def test_it_equals_scikit_learns_with_ties(rows):
    truth, scores = np.array([t for t, _ in rows]), np.array([s / 6 for _, s in rows])
    got = compute_partial_auroc(scores, truth)
    if 0 < truth.sum() < len(truth):
        assert got == pytest.approx(roc_auc_score(truth, scores, max_fpr=MAX_FPR))
    else:
        assert np.isnan(got)


def test_chance_is_one_half_and_perfection_one():
    truth = np.arange(100) % 4 == 0
    assert compute_partial_auroc(np.ones(100), truth) == pytest.approx(0.5)
    assert compute_partial_auroc(truth.astype(float), truth) == pytest.approx(1)


def test_what_happens_beyond_its_range_changes_nothing():
    """The lower half of the scores: positives and negatives there may change places."""
    rng = np.random.default_rng(0)
    truth, scores = rng.random(400) < 0.5, rng.random(400)
    low = scores < 0.5
    changed = np.where(low, rng.permutation(scores[low])[np.cumsum(low) - 1], scores)
    assert compute_partial_auroc(changed, truth) == pytest.approx(
        compute_partial_auroc(scores, truth)
    )
    assert roc_auc_score(truth, changed) != pytest.approx(roc_auc_score(truth, scores))


def drawn(scores, truth, patients, replicates):
    """(replicates, the counts that they were drawn with)."""
    n = patients.max() + 1
    statistics = {"": PartialAurocReplicates(scores, truth, patients, n), "counts": lambda c: c}
    answer = resample(statistics, n_patients=n, replicates=replicates, seed=1)
    return answer[""], answer["counts"]


def test_replicates_equal_scikit_learn_with_repeated_rows():
    rng = np.random.default_rng(2)
    truth, patients = rng.random(200) < 0.3, np.repeat(np.arange(50), 4)
    scores = np.round(truth + rng.normal(size=200), 1)
    got, counts = drawn(scores, truth, patients, 30)
    for value, weights in zip(got, counts.T, strict=True):
        expected = roc_auc_score(truth, scores, max_fpr=MAX_FPR, sample_weight=weights[patients])
        assert value == pytest.approx(expected, abs=1e-6)


def test_bins_of_many_scores_cost_less_than_a_thousandth():
    rng = np.random.default_rng(3)
    truth, patients = rng.random(8000) < 0.2, np.arange(8000) // 4
    scores = truth + rng.normal(size=8000)
    got, counts = drawn(scores, truth, patients, 5)
    for value, weights in zip(got, counts.T, strict=True):
        expected = roc_auc_score(truth, scores, max_fpr=MAX_FPR, sample_weight=weights[patients])
        assert value == pytest.approx(expected, abs=1e-3)
