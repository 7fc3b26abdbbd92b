"""What follows from a confusion matrix; each function takes many matrices at once.

Confusions are (K, K, ...): rows true, columns predicted, then any replicates. Undefined is NaN.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]


def divide(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    """The ratio in float64, NaN where the denominator is 0."""
    above, below = np.broadcast_arrays(
        np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    )
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)


def compute_accuracy(confusion: Array) -> Array:
    """Share of rows predicted right."""
    return divide(_diagonal(confusion).sum(axis=0), confusion.sum(axis=(0, 1)))


def compute_balanced_accuracy(confusion: Array) -> Array:
    """Mean recall of the classes present."""
    return _mean_of_present(compute_recall(confusion))


def compute_macro_f1(confusion: Array) -> Array:
    """Mean F1 of the classes present."""
    return _mean_of_present(compute_f1(confusion))


def compute_weighted_f1(confusion: Array) -> Array:
    """Mean F1 of the classes, each weighted by its rows."""
    support = confusion.sum(axis=1)
    f1 = np.where(support > 0, compute_f1(confusion), 0)
    return divide((support * f1).sum(axis=0), support.sum(axis=0))


def compute_cohen_kappa(confusion: Array) -> Array:
    """Agreement beyond chance, unweighted. Source: Cohen 1960, doi:10.1177/001316446002000104."""
    return _weigh_disagreement(confusion, 0)


def compute_linear_kappa(confusion: Array) -> Array:
    """Agreement beyond chance; a miss by two classes is twice as bad as by one.

    For classes with an order, BI-RADS for instance. Source: Cohen 1968, doi:10.1037/h0026256.
    """
    return _weigh_disagreement(confusion, 1)


def compute_quadratic_kappa(confusion: Array) -> Array:
    """Agreement beyond chance; a miss by two classes is four times as bad as by one.

    Source: as `compute_linear_kappa`.
    """
    return _weigh_disagreement(confusion, 2)


def compute_mcc(confusion: Array) -> Array:
    """Correlation of truth and call over all classes; NaN where either is always the same class.

    Source: Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006; of two classes it is Matthews'
        coefficient, doi:10.1016/0005-2795(75)90109-9.
    """
    confusion = np.asarray(confusion, np.float64)
    n, support, called = confusion.sum(axis=(0, 1)), confusion.sum(axis=1), confusion.sum(axis=0)
    covariance = n * _diagonal(confusion).sum(axis=0) - (support * called).sum(axis=0)
    spreads = [n * n - (of_class * of_class).sum(axis=0) for of_class in (support, called)]
    return divide(covariance, np.sqrt(spreads[0] * spreads[1]))


def compute_precision(confusion: Array) -> Array:
    """(K, ...) share of a class's calls that are right; NaN for a class that is never called."""
    return divide(_diagonal(confusion), confusion.sum(axis=0))


def compute_recall(confusion: Array) -> Array:
    """(K, ...) share of a class's rows that are called; NaN for an absent class."""
    return divide(_diagonal(confusion), confusion.sum(axis=1))


def compute_specificity(confusion: Array) -> Array:
    """(K, ...) share of the other classes' rows that are not called this class."""
    support, called = confusion.sum(axis=1), confusion.sum(axis=0)
    others = confusion.sum(axis=(0, 1)) - support
    return divide(others - (called - _diagonal(confusion)), others)


def compute_f1(confusion: Array) -> Array:
    """(K, ...) harmonic mean of precision and recall; NaN for an absent class, 0 without a hit."""
    support, called = confusion.sum(axis=1), confusion.sum(axis=0)
    f1 = divide(2 * _diagonal(confusion), support + called)
    return np.where(support > 0, f1, np.nan)


SUMMARIES: dict[str, Callable[[Array], Array]] = {
    "accuracy": compute_accuracy,
    "balanced_accuracy": compute_balanced_accuracy,
    "macro_f1": compute_macro_f1,
    "weighted_f1": compute_weighted_f1,
    "mcc": compute_mcc,
    "cohen_kappa": compute_cohen_kappa,
    "linear_kappa": compute_linear_kappa,
    "quadratic_kappa": compute_quadratic_kappa,
}
PER_CLASS: dict[str, Callable[[Array], Array]] = {
    "precision": compute_precision,
    "recall": compute_recall,
    "specificity": compute_specificity,
    "f1": compute_f1,
}


def _diagonal(confusion: Array) -> Array:
    return np.moveaxis(np.diagonal(confusion), -1, 0)


def _weigh_disagreement(confusion: Array, power: int) -> Array:
    """1 - observed / expected disagreement, each weighted by the distance to that power."""
    confusion = np.asarray(confusion, np.float64)
    classes = np.arange(len(confusion))
    distances = np.abs(classes[:, None] - classes)
    weights = distances.astype(np.float64) ** power * (distances > 0)
    observed = np.einsum("ij,ij...->...", weights, confusion)
    chance = np.einsum("ij,i...,j...->...", weights, confusion.sum(axis=1), confusion.sum(axis=0))
    return 1 - divide(observed * confusion.sum(axis=(0, 1)), chance)


def _mean_of_present(values: Array) -> Array:
    present = ~np.isnan(values)
    return divide(np.where(present, values, 0).sum(axis=0), present.sum(axis=0))
