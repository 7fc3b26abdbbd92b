"""How well columns predict a label out of fold, with an interval over patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from mammo_core.datasets.ridge_logistic import fit_ridge_logistic
from mammo_core.metrics.estimate import UNDEFINED, Estimate

FOLDS = 5
MIN_PATIENTS = 5
"""Fewer patients with or without positive rows give no cross-validated AUROC."""

Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Trial:
    """Labels and folds on which sets of columns are tried.

    Attributes:
        is_positive: (N,).
        patients: (N,) from 0 on.
        folds: (N,) the fold in which each row is tested; None where there are too few patients.
    """

    is_positive: NDArray[np.bool_]
    patients: Codes
    folds: Codes | None

    def run(self, columns: Sequence[Codes]) -> Estimate:
        """AUROC of the scores that models of the other folds give each row."""
        from mammo_core.metrics.auroc import estimate_auroc

        if self.folds is None:
            return UNDEFINED
        scores = np.zeros(len(self.folds))
        if columns:
            scores = _score(_one_hot_rows(columns), self.is_positive, self.folds)
        return _widen(estimate_auroc(np.round(scores, 9), self.is_positive, self.patients))


def _score(rows: "Rows", is_positive: NDArray[np.bool_], folds: Codes) -> NDArray[np.float64]:
    """(N,) log odds by the models of the other folds, each around its own mean.

    Each model's level goes with its share of positives, which is the higher the fewer of them the
    fold left out holds: compared across folds, levels alone would rank rows the wrong way round.
    """
    scores = np.empty(len(folds))
    for fold in range(FOLDS):
        test = folds == fold
        odds = rows.fit(is_positive, ~test)[rows.of]
        scores[test] = odds[test] - odds.mean()
    return scores


def _widen(auroc: Estimate) -> Estimate:
    """The interval with twice the variance, on the logit scale.

    DeLong takes the scores as given. Where nothing can be learned, the AUROCs of two of K folds,
    whose models share their training rows but for the two folds themselves, correlate by
    1 / (K - 1), so that the variance of their mean is 1 + (K - 1) / (K - 1) = 2 times that of
    independent ones, whatever K is; where much can be learned, this is cautious.

    Source: the correlation is that of Nadeau and Bengio 2003, doi:10.1023/A:1024068626366.
    """
    if auroc.low is None or auroc.high is None or auroc.value in (None, 0.0, 1.0):
        return auroc
    middle, ends = logit(auroc.value), logit(np.array([auroc.low, auroc.high]))
    low, high = expit(middle + np.sqrt(2) * (ends - middle))
    return Estimate(auroc.value, float(low), float(high))


@dataclass(frozen=True, eq=False)
class Rows:
    """The distinct combinations of values, and which one each image has.

    Attributes:
        design: (D, levels) 0 and 1.
        of: (N,) a row of the design each.
    """

    design: NDArray[np.float64]
    of: Codes

    def fit(self, is_positive: NDArray[np.bool_], used: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(D,) log odds of each combination, from the rows used."""
        size = len(self.design)
        n = np.bincount(self.of[used], minlength=size)
        k = np.bincount(self.of[used & is_positive], minlength=size)
        weights = fit_ridge_logistic(self.design[n > 0], n[n > 0], k[n > 0])
        return weights[0] + self.design @ weights[1:]


def _one_hot_rows(columns: Sequence[Codes]) -> Rows:
    distinct, of = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    design = [np.eye(column.max() + 1)[column] for column in distinct.T]
    return Rows(np.hstack(design), of.ravel())


def deal_folds(is_positive: NDArray[np.bool_], patients: Codes, seed: int) -> Codes | None:
    """(N,) the fold of each row, patient by patient; None where there are too few patients.

    Patients are shuffled and dealt round: those with positive rows only, with both kinds, with
    negative rows only, so that each kind of row is in every fold.
    """
    positive = np.bincount(patients, weights=is_positive) > 0
    negative = np.bincount(patients, weights=~is_positive) > 0
    if min(positive.sum(), negative.sum()) < MIN_PATIENTS:
        return None
    order = np.random.default_rng(seed).permutation(len(positive))
    order = order[np.argsort(negative[order].astype(int) - positive[order], kind="stable")]
    fold_of = np.empty(len(order), np.intp)
    fold_of[order] = np.arange(len(order)) % FOLDS
    return fold_of[patients]
