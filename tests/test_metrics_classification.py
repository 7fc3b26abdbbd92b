"""Numbers of the confusion matrix against scikit-learn; undefined ones are NaN, not 0."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from statsmodels.stats.inter_rater import cohens_kappa

from mammo_core.metrics.classification import (
    PER_CLASS,
    SUMMARIES,
    compute_f1,
    compute_linear_kappa,
    compute_macro_f1,
    compute_mcc,
    compute_precision,
    compute_quadratic_kappa,
    compute_recall,
    compute_specificity,
)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 200)
    return truth, np.where(rng.random(200) < 0.6, truth, rng.integers(0, 3, 200))


SCIKIT_LEARNS = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "macro_f1": lambda *rows: sk.f1_score(*rows, average="macro", labels=np.unique(rows[0])),
    "weighted_f1": lambda *rows: sk.f1_score(*rows, average="weighted"),
    "mcc": sk.matthews_corrcoef,
    "cohen_kappa": sk.cohen_kappa_score,
    "linear_kappa": lambda *rows: sk.cohen_kappa_score(*rows, weights="linear", labels=range(4)),
    "quadratic_kappa": lambda *rows: sk.cohen_kappa_score(
        *rows, weights="quadratic", labels=range(4)
    ),
}
CALLS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(CALLS)
def test_summaries_equal_scikit_learns_whatever_classes_are_absent(calls):
    truth, predicted = np.array(calls).T
    confusion = sk.confusion_matrix(truth, predicted, labels=range(4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's, of absent classes and of 0 / 0
        expected = {name: f(truth, predicted) for name, f in SCIKIT_LEARNS.items()}
    assert set(expected) == set(SUMMARIES)
    for name, compute in SUMMARIES.items():
        value = float(compute(confusion))
        # Where nothing can be said, scikit-learn's MCC is 0 and its kappas NaN.
        assert value == pytest.approx(expected[name], abs=1e-9) or np.isnan(value)
        assert not np.isnan(value) or name == "mcc" or np.isnan(expected[name])


def test_a_truth_or_a_call_that_never_varies_has_no_correlation():
    assert np.isnan(compute_mcc(np.array([[5, 3], [0, 0]])))
    assert np.isnan(compute_mcc(np.array([[5, 0], [3, 0]])))
    assert compute_mcc(np.array([[5, 1], [1, 0]])) == pytest.approx(-1 / 6)


def test_of_two_classes_all_kappas_are_one():
    confusion = np.array([[40, 9], [6, 15]])
    expected = pytest.approx(float(SUMMARIES["cohen_kappa"](confusion)))
    assert compute_linear_kappa(confusion) == expected
    assert compute_quadratic_kappa(confusion) == expected


@pytest.mark.parametrize("seed", range(5))
def test_weighted_kappas_equal_statsmodels(seed):
    """Grades 0 to 5 as of BI-RADS, two readers who agree more often than by chance."""
    rng = np.random.default_rng(seed)
    confusion = rng.integers(1, 30, (6, 6)) + np.diag(rng.integers(10, 60, 6))
    for weights, kappa in (
        ("linear", compute_linear_kappa),
        ("quadratic", compute_quadratic_kappa),
    ):
        assert kappa(confusion) == pytest.approx(cohens_kappa(confusion, wt=weights).kappa)


def test_a_miss_by_two_grades_costs_weighted_kappas_more_than_one_by_one_grade():
    near, far = (np.diag([20, 20, 20]) for _ in range(2))
    near[0, 1] = far[0, 2] = 5
    for kappa in (compute_linear_kappa, compute_quadratic_kappa):
        assert kappa(far) < kappa(near)
    loss = [1 - float(kappa(far)) for kappa in (compute_linear_kappa, compute_quadratic_kappa)]
    assert loss[1] > loss[0]


def test_the_published_weighted_kappa_is_met():
    """Two raters, Cohen 1968, table 1, doi:10.1037/h0026256: unweighted kappa .492."""
    confusion = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    assert SUMMARIES["cohen_kappa"](confusion) == pytest.approx(0.492, abs=5e-4)


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
