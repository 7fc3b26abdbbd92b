"""Probabilistic F1 against its definition, and against F1 where probabilities are certain."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from mammo_core.metrics.probabilistic_f1 import compute_pf1, soft_sums


def made_rows(seed=0):
    rng = np.random.default_rng(seed)
    return rng.dirichlet([1, 1, 1], 90), rng.integers(0, 3, 90), np.repeat(np.arange(30), 3)


def pf1(probabilities, labels, patients):
    return compute_pf1(soft_sums(probabilities, labels, patients).sum(axis=0))


def test_it_is_the_harmonic_mean_of_soft_precision_and_soft_recall():
    probabilities, labels, patients = made_rows()
    for k, value in enumerate(pf1(probabilities, labels, patients)):
        p, truth = probabilities[:, k], labels == k
        precision, recall = p[truth].sum() / p.sum(), p[truth].sum() / truth.sum()
        assert value == pytest.approx(2 * precision * recall / (precision + recall))


def test_certain_probabilities_give_f1_itself():
    probabilities, labels, patients = made_rows()
    called = probabilities.argmax(axis=1)
    expected = f1_score(labels, called, average=None)
    assert pf1(np.eye(3)[called], labels, patients) == pytest.approx(expected)


def test_giving_every_case_the_same_small_probability_scores_little():
    """What its maker had in mind: at a share q of positives, p = q everywhere gives pF1 = q."""
    labels = (np.arange(1000) < 20).astype(int)
    probabilities = np.tile([0.98, 0.02], (1000, 1))
    assert pf1(probabilities, labels, np.arange(1000))[1] == pytest.approx(0.02)


def test_without_positives_it_is_undefined_and_without_a_hit_zero():
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.5, 0.0, 0.5]] * 4)
    got = pf1(probabilities, labels, np.arange(4))
    assert np.isnan(got[2])
    assert got[1] == 0


def test_sums_of_patients_add_up_to_those_of_all_rows():
    probabilities, labels, patients = made_rows()
    parts = soft_sums(probabilities, labels, patients)
    whole = soft_sums(probabilities, labels, np.zeros(90, dtype=int))[0]
    assert parts.shape == (30, 3, 3)
    np.testing.assert_allclose(parts.sum(axis=0), whole)
