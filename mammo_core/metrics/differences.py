"""By how much two models differ in each measure, with one draw of patients for both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.auroc import count_smaller_side
from mammo_core.metrics.bootstrap import PatientSums, Statistic, resample, sum_by_patient
from mammo_core.metrics.calibration import (
    bin_sums,
    compute_brier,
    compute_ece,
    squared_error_sums,
)
from mammo_core.metrics.classification import SUMMARIES
from mammo_core.metrics.estimate import (
    UNDEFINED,
    Estimate,
    is_certain,
    none_if_nan,
    number_estimate,
    percentile_estimate,
    share_estimate,
)
from mammo_core.metrics.joined_intervals import subtract_estimates
from mammo_core.metrics.pairing import Pair
from mammo_core.metrics.rankings import AveragePrecisionReplicates, compute_average_precision
from mammo_core.metrics.sections.classification import count_behind_shares
from mammo_core.metrics.sections.question import Compute, Question

Array = NDArray[np.floating]

LOWER_IS_BETTER = ("brier", "ece")
RANKING = "average_precision"


class Side(NamedTuple):
    """A measure of one model: what `evaluate` says of it, and its (B,) replicates."""

    estimate: Estimate
    replicates: Array


@dataclass(frozen=True)
class Difference:
    """A measure of two models.

    Attributes:
        a: Of the one.
        b: Of the other.
        difference: A minus B.
    """

    a: Estimate
    b: Estimate
    difference: Estimate

    def to_json(self) -> dict[str, Any]:
        """{"a": ..., "b": ..., "difference": ...}, each an estimate."""
        parts = {"a": self.a, "b": self.b, "difference": self.difference}
        return {name: part.to_json() for name, part in parts.items()}


def tell_difference(a: Side, b: Side, *, is_same: bool) -> Difference:
    """Both models' estimates and their difference, from replicates of the same draws.

    Args:
        a: Of the one model.
        b: Of the other.
        is_same: As in `estimate_difference`.
    """
    return Difference(a.estimate, b.estimate, estimate_difference(a, b, is_same=is_same))


def estimate_difference(a: Side, b: Side, *, is_same: bool) -> Estimate:
    """A minus B with the percentile interval of what the draws say.

    Where no draw changes one side, a rate of 0 or 1 above all, the draws of the difference know of
    the other side only. The interval is then joined from both sides' own, and there is none where
    a side has none. Nor is there one where both vary and differ by the same in every draw: a width
    of 0 would claim to be certain. Between a model and itself it is.

    Args:
        a: Of the one model.
        b: Of the other.
        is_same: Whether both give the same scores, and are judged by the same rule.
    """
    of_a, of_b = a.estimate.value, b.estimate.value
    if of_a is None or of_b is None:
        return UNDEFINED
    drawn = np.subtract(a.replicates, b.replicates)
    if is_same:
        return percentile_estimate(of_a - of_b, drawn)
    if is_certain(a.replicates) or is_certain(b.replicates):
        return subtract_estimates(a.estimate, b.estimate)
    return number_estimate(of_a - of_b, drawn)


def sum_confusions(question: Question) -> PatientSums:
    """Totals (K, K): rows true, columns predicted."""
    table, n = question.table, len(question.table.classes)
    cells = table.labels * n + table.predicted
    sums = sum_by_patient(cells, table.patients, n * n, table.n_patients)
    return PatientSums(sums.reshape(-1, n, n))


def sum_squared_errors(question: Question) -> PatientSums:
    """Totals (2,): squared errors of the score, and rows."""
    rated = question.scores, question.is_positive, question.table.patients
    return PatientSums(squared_error_sums(*rated))


def sum_bins(question: Question) -> PatientSums:
    """Totals (10, 3): rows, scores and positives in bins of the score."""
    return PatientSums(bin_sums(question.scores, question.is_positive, question.table.patients))


TOTALS: dict[str, Callable[[Question], PatientSums]] = {
    "confusion": sum_confusions,
    "squared_errors": sum_squared_errors,
    "bins": sum_bins,
}
MEASURES: dict[str, tuple[str, Compute]] = {
    **{name: ("confusion", compute) for name, compute in SUMMARIES.items()},
    "brier": ("squared_errors", compute_brier),
    "ece": ("bins", compute_ece),
}
"""Each from a key of `TOTALS` and what is computed of those totals (..., B)."""


def measure_differences(
    pair: Pair, *, replicates: int = 1000, seed: int = 0
) -> dict[str, Difference]:
    """The differences in all that needs no threshold: average precision and `MEASURES`.

    Args:
        pair: Both models' rows.
        replicates: Of the bootstrap.
        seed: Of the draws.
    """
    models = [_Model(Question(table, pair.positive)) for table in (pair.a, pair.b)]
    statistics = {
        f"{name} {place}": statistic
        for place, model in enumerate(models)
        for name, statistic in model.statistics.items()
    }
    drawn = resample(statistics, n_patients=pair.a.n_patients, replicates=replicates, seed=seed)
    both = [
        model.measure({name: drawn[f"{name} {place}"] for name in model.statistics})
        for place, model in enumerate(models)
    ]
    a, b = both
    return {name: tell_difference(a[name], b[name], is_same=pair.is_same) for name in a}


class _Model:
    """What is drawn of one model, and what its draws come to."""

    def __init__(self, question: Question) -> None:
        rated = question.scores, question.is_positive
        table = question.table
        self._precision = compute_average_precision(*rated)
        self._n_rarer = count_smaller_side(question.is_positive, table.patients)
        self._totals = {name: add(question) for name, add in TOTALS.items()}
        ranking = AveragePrecisionReplicates(*rated, table.patients, table.n_patients)
        self.statistics: dict[str, Statistic] = {RANKING: ranking, **self._totals}

    def measure(self, drawn: dict[str, Array]) -> dict[str, Side]:
        """Estimates and replicates by the name of the measure."""
        found = {RANKING: self._rank(drawn[RANKING])}
        shares = count_behind_shares(self._totals["confusion"])
        for name, (totals, compute) in MEASURES.items():
            value = float(compute(self._totals[totals].totals[..., None])[0])
            replicates = compute(drawn[totals])
            found[name] = Side(_estimate(value, replicates, shares.get(name)), replicates)
        return found

    def _rank(self, replicates: Array) -> Side:
        if self._n_rarer < 2:
            one = Estimate(none_if_nan(self._precision))
            return Side(one, replicates)
        return Side(share_estimate(self._precision, replicates, self._n_rarer), replicates)


def _estimate(value: float, replicates: Array, n_patients: int | None) -> Estimate:
    """Of a share of so many patients, or of what is no share."""
    if n_patients is None:
        return number_estimate(value, replicates)
    return share_estimate(value, replicates, n_patients)
