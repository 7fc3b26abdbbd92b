"""Thresholds on the positive class's probability, and the rates at each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.classification import divide

Array = NDArray[np.floating]
Choice = Callable[["Candidates"], float | None]

COST_RATIO = 10.0
"""False recalls that a missed positive costs unless something else is said; a convention."""
OUTCOMES = ("TP", "FP", "FN", "TN")
Rate = Callable[[Array, Array, Array, Array], Array]

RATES: dict[str, Rate] = {
    "sensitivity": lambda tp, fp, fn, tn: divide(tp, tp + fn),
    "specificity": lambda tp, fp, fn, tn: divide(tn, tn + fp),
    "ppv": lambda tp, fp, fn, tn: divide(tp, tp + fp),
    "npv": lambda tp, fp, fn, tn: divide(tn, tn + fn),
    "recall_rate": lambda tp, fp, fn, tn: divide(tp + fp, tp + fp + fn + tn),
    "f1": lambda tp, fp, fn, tn: np.where(tp + fn > 0, divide(2 * tp, 2 * tp + fp + fn), np.nan),
}
"""Each from the numbers of true positives, false positives, false negatives, true negatives."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Every threshold that calls another set of rows positive.

    Attributes:
        thresholds: (T,) the distinct scores ascending, then one just above the highest, which
            calls nothing. A row is called positive where its score is at least the threshold.
        sensitivity: (T,) falling; NaN without positives.
        specificity: (T,) rising; NaN without negatives.
        recall_rate: (T,) falling: the share of all rows that is called.
        prevalence: Share of the rows that is positive.
    """

    thresholds: Array
    sensitivity: Array
    specificity: Array
    recall_rate: Array
    prevalence: float


def list_candidates(scores: Array, is_positive: NDArray[np.bool_]) -> Candidates:
    """The candidates of (N,) scores and truths."""
    distinct = np.unique(scores)
    thresholds = np.append(distinct, np.nextafter(distinct[-1], np.inf))
    positives, negatives = np.sort(scores[is_positive]), np.sort(scores[~is_positive])
    hits = len(positives) - np.searchsorted(positives, thresholds)
    alarms = len(negatives) - np.searchsorted(negatives, thresholds)
    return Candidates(
        thresholds,
        divide(hits, len(positives)),
        divide(len(negatives) - alarms, len(negatives)),
        divide(hits + alarms, len(scores)),
        float(np.mean(is_positive)),
    )


def choose_youden(candidates: Candidates) -> float | None:
    """Largest sensitivity + specificity; of equals the lowest threshold, which misses least."""
    index = candidates.sensitivity + candidates.specificity
    return _threshold(candidates, int(np.argmax(index))) if not np.isnan(index).any() else None


def choose_specificity(candidates: Candidates, target: float) -> float | None:
    """Specificity at least the target with the largest sensitivity, then specificity."""
    if np.isnan(candidates.sensitivity).any() or np.isnan(candidates.specificity).any():
        return None
    first = int(np.argmax(candidates.specificity >= target))
    same = candidates.sensitivity == candidates.sensitivity[first]
    return _threshold(candidates, int(np.flatnonzero(same)[-1]))


def choose_sensitivity(candidates: Candidates, target: float) -> float | None:
    """Sensitivity at least the target with the largest specificity, then sensitivity."""
    if np.isnan(candidates.sensitivity).any() or np.isnan(candidates.specificity).any():
        return None
    last = int(np.flatnonzero(candidates.sensitivity >= target)[-1])
    return _threshold(
        candidates, int(np.argmax(candidates.specificity == candidates.specificity[last]))
    )


def choose_recall_rate(candidates: Candidates, target: float) -> float | None:
    """The lowest threshold that calls at most the target share of all rows."""
    return _threshold(candidates, int(np.argmax(candidates.recall_rate <= target)))


def choose_cost(
    candidates: Candidates, ratio: float, prevalence: float | None = None
) -> float | None:
    """Least expected cost where a missed positive costs `ratio` times a false recall.

    Of equals the lowest threshold, which misses least.

    Args:
        candidates: Of the rows to choose on.
        ratio: Above 0.
        prevalence: Of those whom the threshold is for; None: as among the rows.

    Source: Metz 1978, doi:10.1016/S0001-2998(78)80014-2.
    """
    share = candidates.prevalence if prevalence is None else prevalence
    missed, recalled = 1 - candidates.sensitivity, 1 - candidates.specificity
    cost = ratio * share * missed + (1 - share) * recalled
    least = np.flatnonzero(np.isclose(cost, cost.min(), rtol=1e-12, atol=0))
    return _threshold(candidates, int(least[0])) if len(least) else None


CHOICES: dict[str, Choice] = {
    "youden": choose_youden,
    "specificity_0.90": lambda candidates: choose_specificity(candidates, 0.90),
    "specificity_0.95": lambda candidates: choose_specificity(candidates, 0.95),
    "sensitivity_0.90": lambda candidates: choose_sensitivity(candidates, 0.90),
    "sensitivity_0.95": lambda candidates: choose_sensitivity(candidates, 0.95),
    "recall_rate_0.10": lambda candidates: choose_recall_rate(candidates, 0.10),
}


def choose_thresholds(
    scores: Array,
    is_positive: NDArray[np.bool_],
    default: float,
    *,
    cost_ratio: float = COST_RATIO,
    prevalence: float | None = None,
) -> dict[str, float | None]:
    """The named thresholds, `default` last; None where a class is missing.

    Args:
        scores: (N,) of the positive class.
        is_positive: (N,).
        default: The threshold of that name.
        cost_ratio: As in `choose_cost`, and the prevalence.
        prevalence: See there.
    """
    candidates = list_candidates(scores, is_positive)
    return {
        **{name: choose(candidates) for name, choose in CHOICES.items()},
        f"cost_ratio_{cost_ratio:g}": choose_cost(candidates, cost_ratio, prevalence),
        "default": default,
    }


def outcome_cells(
    scores: Array, is_positive: NDArray[np.bool_], threshold: float
) -> NDArray[np.intp]:
    """(N,) the place of each row's outcome in `OUTCOMES`."""
    return 2 * (scores < threshold).astype(np.intp) + ~is_positive


def _threshold(candidates: Candidates, at: int) -> float:
    return float(candidates.thresholds[at])
