"""Numbers of the confusion matrix against scikit-learn; undefined ones are NaN, not 0."""

import numpy as np
import pytest
from sklearn import metrics as sk

from mammo_core.metrics.classification import (
    PER_CLASS,
    SUMMARIES,
    compute_f1,
    compute_macro_f1,
    compute_precision,
    compute_recall,
    compute_specificity,
)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 200)
    return truth, np.where(rng.random(200) < 0.6, truth, rng.integers(0, 3, 200))


def test_summaries_equal_scikit_learns(rows):
    confusion = sk.confusion_matrix(*rows)
    expected = {
        "accuracy": sk.accuracy_score(*rows),
        "balanced_accuracy": sk.balanced_accuracy_score(*rows),
        "macro_f1": sk.f1_score(*rows, average="macro"),
        "cohen_kappa": sk.cohen_kappa_score(*rows),
    }
    assert {name: float(f(confusion)) for name, f in SUMMARIES.items()} == pytest.approx(expected)


def test_numbers_of_each_class_equal_scikit_learns(rows):
    confusion, (truth, predicted) = sk.confusion_matrix(*rows), rows
    np.testing.assert_allclose(
        compute_precision(confusion), sk.precision_score(*rows, average=None)
    )
    np.testing.assert_allclose(compute_recall(confusion), sk.recall_score(*rows, average=None))
    np.testing.assert_allclose(compute_f1(confusion), sk.f1_score(*rows, average=None))
    specificity = [sk.recall_score(truth != k, predicted != k) for k in range(3)]
    np.testing.assert_allclose(compute_specificity(confusion), specificity)


def test_many_matrices_at_once_equal_one_by_one():
    stack = np.random.default_rng(1).integers(0, 9, (3, 3, 5))
    for function in (*SUMMARIES.values(), *PER_CLASS.values()):
        one_by_one = np.stack([function(stack[..., i]) for i in range(5)], axis=-1)
        np.testing.assert_allclose(function(stack), one_by_one)


def test_an_absent_class_is_undefined_and_left_out_of_the_mean():
    confusion = np.array([[8, 1, 1], [0, 0, 0], [2, 0, 4]])
    assert np.isnan(compute_recall(confusion)[1])
    assert np.isnan(compute_f1(confusion)[1])
    assert compute_macro_f1(confusion) == pytest.approx(np.mean([16 / 20, 8 / 11]))


def test_precision_of_a_class_never_called_is_undefined_and_its_f1_is_zero():
    confusion = np.array([[5, 0], [3, 0]])
    assert np.isnan(compute_precision(confusion)[1])
    assert compute_f1(confusion)[1] == 0


def test_perfect_predictions_score_one_everywhere():
    confusion = np.diag([4, 5, 6])
    for function in (*SUMMARIES.values(), *PER_CLASS.values()):
        assert np.all(function(confusion) == 1)


def test_swapping_two_classes_swaps_sensitivity_and_specificity():
    confusion = np.array([[7, 3], [2, 9]])
    np.testing.assert_allclose(
        compute_recall(confusion[::-1, ::-1]), compute_specificity(confusion)
    )
