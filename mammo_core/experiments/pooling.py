"""What the parts of a cross-validation say together: pooled, on average, and how far apart."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.auroc import (
    clustered_covariance,
    compute_placements,
    count_smaller_side,
    estimate_on_logit_scale,
)
from mammo_core.metrics.bootstrap import PatientSums, resample, sum_by_patient
from mammo_core.metrics.estimate import UNDEFINED, Estimate
from mammo_core.metrics.operating_points import RATES
from mammo_core.metrics.sections.outcome_sums import of_outcomes
from mammo_core.metrics.sections.question import Estimates
from mammo_core.predictions import PredictionTable

FOLD, THRESHOLD = "fold", "fold_threshold"
# Why both are told: Forman and Scholz 2010, doi:10.1145/1882471.1882479.
MEANINGS = {
    "pooled": (
        "Pooled: one ranking of all out-of-fold images. Their scores come from different models, "
        "so that a model whose scores all lie higher or lower than the others' shifts it."
    ),
    "mean": (
        "Mean of the folds: each model ranks its own held-out images only. It says what one "
        "training is worth on average; a fold without both sides counts in the pooled value alone."
    ),
    "interval": (
        "Intervals are over patients and take the models as given: what another dealing or seed "
        "would change shows in the spread over folds alone."
    ),
}


def describe_folds(table: PredictionTable, replicates: int, seed: int) -> dict[str, Any]:
    """The mean of the folds' AUROCs, their spread, and rates at each fold's own threshold.

    Args:
        table: Out-of-fold predictions with the columns `FOLD` and `THRESHOLD`, all labeled.
        replicates: Of the bootstrap behind the rates' intervals.
        seed: Of the bootstrap.
    """
    folds = table.frame[FOLD].to_numpy()
    scores, is_positive = table.probabilities[:, -1], table.labels == len(table.classes) - 1
    mean, values = average_aurocs(scores, is_positive, table.patients, folds)
    return {
        "mean_auroc": mean.to_json(),
        "n": len(np.unique(folds)),
        "n_defined": len(values),
        "sd": float(np.std(values, ddof=1)) if len(values) > 1 else None,
        "lowest": min(values, default=None),
        "highest": max(values, default=None),
        "at_own_thresholds": rate_at_own_thresholds(table, replicates, seed),
        "meanings": MEANINGS,
    }


def average_aurocs(
    scores: NDArray[np.floating],
    is_positive: NDArray[np.bool_],
    patients: NDArray[np.integer],
    folds: NDArray[Any],
) -> tuple[Estimate, list[float]]:
    """(the mean AUROC of the folds that have one, those AUROCs).

    Folds hold different patients, so that the variance of the mean is the sum of the folds'
    clustered variances over the squared number of folds (LeDell et al. 2015,
    doi:10.1214/15-EJS1035, with Obuchowski's variance in place of theirs); the interval is taken
    on the logit scale. It has no ends where no variance can be had.

    Args:
        scores: (N,) of the positive class.
        is_positive: (N,).
        patients: (N,) small non-negative integers.
        folds: (N,) names.
    """
    values, variances = [], []
    for fold in np.unique(folds):
        rows = folds == fold
        placements = compute_placements(scores[rows], is_positive[rows])
        if np.isnan(placements.auroc):
            continue
        values.append(placements.auroc)
        of_fold = clustered_covariance([placements], is_positive[rows], patients[rows])
        variances.append(of_fold[0, 0])
    if not values:
        return UNDEFINED, []
    mean, variance = float(np.mean(values)), float(np.sum(variances)) / len(values) ** 2
    if not 0 < mean < 1 or not variance > 0:
        return Estimate(mean), values
    degrees = count_smaller_side(is_positive, patients) - len(values)
    return estimate_on_logit_scale(mean, variance, degrees), values


def rate_at_own_thresholds(
    table: PredictionTable, replicates: int, seed: int
) -> dict[str, dict[str, float | None]]:
    """Sensitivity, specificity and so on, each image called by its own fold's threshold."""
    thresholds = table.frame[THRESHOLD].to_numpy(np.float64)
    is_positive = table.labels == len(table.classes) - 1
    missed = table.probabilities[:, -1] < thresholds
    cells = 2 * missed.astype(np.intp) + ~is_positive
    sums = PatientSums(sum_by_patient(cells, table.patients, 4, table.n_patients))
    drawn = resample({"cells": sums}, n_patients=table.n_patients, replicates=replicates, seed=seed)
    estimates = Estimates(drawn, replicates)
    return {
        name: estimates.of_rates("cells", sums, of_outcomes(rate))[0]
        for name, rate in RATES.items()
    }
