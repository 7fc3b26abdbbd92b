"""AUROC where few healthy women are recalled: the part of the curve that screening can use."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.classification import divide
from mammo_core.metrics.rankings import ScoreBins

Array = NDArray[np.floating]
MAX_FPR = 0.2
"""The highest false positive rate that counts."""


class PartialAurocReplicates:
    """Standardized partial AUROC for drawn patients, over up to 1,024 bins of the score."""

    def __init__(
        self,
        scores: Array,
        is_positive: NDArray[np.bool_],
        patients: NDArray[np.integer],
        n_patients: int,
    ) -> None:
        """Sort the rows into bins; see `ScoreBins`. All that no draw can reach share the lowest."""
        raised = np.maximum(scores, _lowest_in_reach(scores[~is_positive], patients[~is_positive]))
        self._bins = ScoreBins(raised, is_positive, patients, n_patients)

    def __call__(self, counts: Array) -> NDArray[np.float64]:
        """(b,) for (patients, b) counts; NaN where a draw lacks positives or negatives."""
        return _standardized_area(*self._bins(counts))


def compute_partial_auroc(scores: Array, is_positive: NDArray[np.bool_]) -> float:
    """The area under the curve up to `MAX_FPR`, standardized: chance is .5, perfection 1.

    NaN without rows of both kinds. It may lie below .5 where the curve does.

    Source: McClish 1989, doi:10.1177/0272989X8900900307.
    """
    levels, level = np.unique(scores, return_inverse=True)
    negatives, positives = (
        np.bincount(level[of_kind], minlength=len(levels))[:, None].astype(np.float64)
        for of_kind in (~is_positive, is_positive)
    )
    return float(_standardized_area(negatives, positives)[0])


def _lowest_in_reach(negatives: Array, patients: NDArray[np.integer]) -> float:
    """The score from which on more negatives lie than `MAX_FPR` by six standard errors.

    The error is that of rows which depend on each other wholly within a patient, the largest that
    there can be.
    """
    if not len(negatives):
        return -np.inf
    sizes = np.bincount(patients)
    error = np.sqrt(MAX_FPR * (1 - MAX_FPR) * (sizes**2).sum()) / len(negatives)
    share = MAX_FPR + 6 * error
    return float(np.quantile(negatives, 1 - share)) if share < 1 else -np.inf


def _standardized_area(negatives: Array, positives: Array) -> NDArray[np.float64]:
    """(b,) from (levels, b) weights of ascending scores."""
    fpr, tpr = (_share_at_or_above(weights) for weights in (negatives, positives))
    width, rise = np.diff(fpr, axis=0), np.diff(tpr, axis=0)
    kept = np.diff(np.minimum(fpr, MAX_FPR), axis=0)
    share = np.divide(kept, width, out=np.zeros_like(kept), where=width > 0)
    area = np.einsum("ij,ij->j", kept, tpr[:-1] + rise * share / 2)
    by_chance = MAX_FPR**2 / 2
    standardized: NDArray[np.float64] = (1 + (area - by_chance) / (MAX_FPR - by_chance)) / 2
    return standardized


def _share_at_or_above(weights: Array) -> NDArray[np.float64]:
    """(levels + 1, b) rising from 0 as the threshold falls; NaN where there is no weight."""
    above = np.zeros((len(weights) + 1, weights.shape[1]))
    np.cumsum(weights[::-1], axis=0, out=above[1:])
    return divide(above, above[-1])
