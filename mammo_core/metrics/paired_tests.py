"""Paired tests of two models on the same rows."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, ndtr

from mammo_core.metrics.auroc import (
    Placements,
    clustered_covariance,
    compute_placements,
    count_smaller_side,
    estimate_auroc,
)
from mammo_core.metrics.estimate import UNDEFINED, Estimate, none_if_nan
from mammo_core.metrics.gaps import compare_splits, logit_ends
from mammo_core.metrics.pairing import Pair
from mammo_core.metrics.parts import Part, Split
from mammo_core.metrics.reclassification import tell_right

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


def compare_aurocs(pair: Pair) -> dict[str, Any]:
    """`auroc_a, auroc_b, difference, delong_z, delong_p`, clustered by patient.

    z and p are DeLong's; the interval of the difference joins those of both AUROCs.
    """
    result = delong(pair.is_positive, *pair.scores, pair.patients)
    a, b = (estimate_auroc(s, pair.is_positive, pair.patients).to_json() for s in pair.scores)
    return {
        "auroc_a": a,
        "auroc_b": b,
        "difference": estimate_auroc_difference(pair).to_json(),
        "delong_z": none_if_nan(result.z),
        "delong_p": none_if_nan(result.p),
    }


def estimate_auroc_difference(pair: Pair) -> Estimate:
    """A's AUROC less B's with the interval that joins both AUROCs' own, see `compare_splits`.

    Two models that are not the same but rank these rows alike have no interval: other patients may
    part them.
    """
    a, b = (compute_placements(scores, pair.is_positive) for scores in pair.scores)
    if np.isnan(a.auroc):
        return UNDEFINED
    error = _error_of_difference(a, b, pair.is_positive, pair.patients)
    if error == 0 or np.isnan(error):
        certain = 0.0 if error == 0 and pair.is_same else None
        return Estimate(a.auroc - b.auroc, certain, certain)
    return compare_splits([_join_parts(a, b, pair)], logit_ends)[0].difference


def compare_accuracies(pair: Pair, level: str) -> dict[str, Any]:
    """`mcnemar_p` and `mcnemar`, of right or not."""
    right = tell_right(pair)
    only_a, only_b = (int(right[name].sum()) for name in ("only_a", "only_b"))
    return {
        "mcnemar_p": none_if_nan(mcnemar(only_a, only_b)),
        "mcnemar": {
            "only_a_right": only_a,
            "only_b_right": only_b,
            "clustered": level == "patient",
        },
    }


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


def _join_parts(a: Placements, b: Placements, pair: Pair) -> Split:
    """Both AUROCs as numbers of which one is compared with the other."""
    covariance = clustered_covariance([a, b], pair.is_positive, pair.patients)
    n_patients = count_smaller_side(pair.is_positive, pair.patients)
    parts = [
        Part(one.auroc, float(max(variance, 0.0)), len(pair), n_patients)
        for one, variance in zip((a, b), np.diag(covariance), strict=True)
    ]
    scale = np.sqrt(parts[0].variance * parts[1].variance)
    correlation = float(np.clip(covariance[0, 1] / scale, -1, 1)) if scale > 0 else 0.0
    return Split(parts[0], parts[1], correlation)
