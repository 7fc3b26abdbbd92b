"""Two models on the same images: paired tests and the difference with its interval."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, ndtr

from mammo_core.errors import BadTable
from mammo_core.metrics.auroc import (
    Placements,
    Z,
    clustered_covariance,
    compute_placements,
    estimate_auroc,
)
from mammo_core.metrics.bootstrap import PatientSums, resample
from mammo_core.metrics.cautions import list_cautions
from mammo_core.metrics.estimate import UNDEFINED, Estimate, percentile_estimate
from mammo_core.metrics.outcomes import is_correct
from mammo_core.metrics.selection import EvaluationOptions, select, select_split
from mammo_core.predictions import PredictionTable

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]


class DelongResult(NamedTuple):
    """DeLong's test of two AUROCs on the same rows; NaN where undefined."""

    auc_a: float
    auc_b: float
    z: float
    p: float


def delong(
    labels: ArrayLike, scores_a: ArrayLike, scores_b: ArrayLike, groups: ArrayLike | None = None
) -> DelongResult:
    """Two AUROCs and the two-sided test that they are equal.

    Args:
        labels: (N,) 1 or True for positive rows, 0 or False for negative ones.
        scores_a: (N,) in any scale.
        scores_b: (N,) in any scale.
        groups: (N,) what tells dependent rows, patients for instance; None: rows are independent.

    Returns:
        z and p are NaN where the difference has no variance: a score against itself.

    Raises:
        ValueError: Where lengths differ or labels are neither 0 nor 1.

    Source: DeLong et al. 1988, doi:10.2307/2531595; clustered: Obuchowski 1997,
        doi:10.2307/2533958.
    """
    labels = np.asarray(labels)
    scores = [np.asarray(s, dtype=np.float64) for s in (scores_a, scores_b)]
    rows = np.arange(len(labels)) if groups is None else pd.factorize(np.asarray(groups))[0]
    if {len(labels)} != {len(rows), *map(len, scores)}:
        raise ValueError("Expected labels, scores and groups of one length")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError("Expected labels of 0 and 1")
    is_positive = labels.astype(bool)
    a, b = (compute_placements(s, is_positive) for s in scores)
    error = _error_of_difference(a, b, is_positive, rows)
    z = (a.auroc - b.auroc) / error if error > 0 else np.nan
    return DelongResult(a.auroc, b.auroc, float(z), float(2 * ndtr(-abs(z))))


def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided exact p of McNemar's test, NaN where the models never differ.

    Args:
        only_a: Rows that only the first model has right.
        only_b: Rows that only the second has right.

    Source: McNemar 1947, doi:10.1007/BF02295996; exact by the binomial distribution.
    """
    n = only_a + only_b
    return float(min(1.0, 2 * bdtr(min(only_a, only_b), n, 0.5))) if n else float("nan")


def compare(
    a: PredictionTable, b: PredictionTable, options: EvaluationOptions, *, overlap: bool = False
) -> dict[str, Any]:
    """What distinguishes two models on the same images, as the verb `compare` prints it.

    The difference of AUROCs has a Wald interval from the clustered covariance. McNemar's test
    takes rows as independent, so that above patient level its p is too small; `mcnemar` says so.

    Args:
        a: A table at image level.
        b: Another of the same classes, its rows in any order.
        options: Split, level and so on; `threshold` plays no part.
        overlap: Whether images that only one table holds are left out instead of refused.

    Raises:
        BadTable: Where images, classes, labels or patients differ.
    """
    a, b = _pair(a, b, options, overlap=overlap)
    positive = a.class_index(options.positive)
    (a, warnings), (b, _) = select(a, options), select(b, options)
    return {
        "n": len(a),
        "patients": a.n_patients,
        "split": options.split,
        "level": options.level,
        "aggregation": options.aggregation,
        "positive": a.classes[positive],
        **_compare_aurocs(a, b, positive),
        **_compare_accuracies(a, b, options),
        "warnings": [*warnings, *list_cautions(a, positive)],
    }


def _compare_aurocs(a: PredictionTable, b: PredictionTable, positive: int) -> dict[str, Any]:
    is_positive, patients = a.labels == positive, a.patients
    scores_a, scores_b = a.probabilities[:, positive], b.probabilities[:, positive]
    result = delong(is_positive, scores_a, scores_b, patients)
    placements = (compute_placements(s, is_positive) for s in (scores_a, scores_b))
    error = _error_of_difference(next(placements), next(placements), is_positive, patients)
    return {
        "auroc_a": estimate_auroc(scores_a, is_positive, patients).to_json(),
        "auroc_b": estimate_auroc(scores_b, is_positive, patients).to_json(),
        "difference": _wald(result.auc_a - result.auc_b, error).to_json(),
        "delong_z": _or_none(result.z),
        "delong_p": _or_none(result.p),
    }


def _compare_accuracies(
    a: PredictionTable, b: PredictionTable, options: EvaluationOptions
) -> dict[str, Any]:
    right_a, right_b = is_correct(a), is_correct(b)
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    return {
        "accuracy_difference": _accuracy_difference(a, right_a, right_b, options).to_json(),
        "mcnemar_p": _or_none(mcnemar(only_a, only_b)),
        "mcnemar": {
            "only_a_right": only_a,
            "only_b_right": only_b,
            "clustered": options.level == "patient",
        },
    }


def _accuracy_difference(
    table: PredictionTable, right_a: Mask, right_b: Mask, options: EvaluationOptions
) -> Estimate:
    won = np.bincount(table.patients, weights=right_a.astype(float) - right_b)
    sums = PatientSums(np.stack([won, np.bincount(table.patients)], axis=1))
    drawn = resample(
        {"": sums},
        n_patients=table.n_patients,
        replicates=options.bootstrap,
        seed=options.seed,
    )[""]
    return percentile_estimate(float(sums.totals[0] / sums.totals[1]), drawn[0] / drawn[1])


def _error_of_difference(
    a: Placements, b: Placements, is_positive: Mask, groups: NDArray[np.integer]
) -> float:
    """Standard error of the difference of two AUROCs, 0 or NaN where there is none."""
    if np.isnan(a.auroc):
        return float("nan")
    # The difference's own placements: no cancellation between nearly equal variances.
    difference = Placements(
        a.auroc - b.auroc, a.of_positives - b.of_positives, a.of_negatives - b.of_negatives
    )
    variance = clustered_covariance([difference], is_positive, groups)[0, 0]
    return float(np.sqrt(np.maximum(variance, 0)))


def _wald(value: float, error: float) -> Estimate:
    if np.isnan(value):
        return UNDEFINED
    if np.isnan(error):
        return Estimate(value)
    return Estimate(value, max(value - Z * error, -1.0), min(value + Z * error, 1.0))


def _pair(
    a: PredictionTable, b: PredictionTable, options: EvaluationOptions, *, overlap: bool
) -> tuple[PredictionTable, PredictionTable]:
    """Both tables' rows of the same images in the same order."""
    if a.classes != b.classes:
        raise BadTable(
            f"Expected two tables of the same classes, got {', '.join(a.classes)} and "
            f"{', '.join(b.classes)}"
        )
    a, b = select_split(a, options.split)[0], select_split(b, options.split)[0]
    common = _check_images(a, b, overlap=overlap)
    for column in ("label", "patient_id"):
        _check_agreement(a, b, common, column)
    return _take_images(a, common), _take_images(b, common)


def _check_images(a: PredictionTable, b: PredictionTable, *, overlap: bool) -> pd.Index:
    images = [pd.Index(table.frame["image_id"]) for table in (a, b)]
    common = images[0].intersection(images[1])
    if not len(common) or (not overlap and len(common) < max(map(len, images))):
        raise BadTable(
            f"Expected two tables of the same images, got {len(a)} and {len(b)} images, "
            f"{len(common)} of them in both" + ("; --overlap compares those" if len(common) else "")
        )
    return common


def _take_images(table: PredictionTable, images: pd.Index) -> PredictionTable:
    return table.take(np.sort(pd.Index(table.frame["image_id"]).get_indexer(images)))


def _check_agreement(a: PredictionTable, b: PredictionTable, images: pd.Index, column: str) -> None:
    ours, theirs = (t.frame.set_index("image_id")[column].loc[images].fillna("") for t in (a, b))
    differs = ours.to_numpy(dtype=object) != theirs.to_numpy(dtype=object)
    if differs.any():
        raise BadTable(
            f"Expected both tables to give image '{images[differs][0]}' the same {column}; "
            f"{int(differs.sum())} images differ"
        )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
