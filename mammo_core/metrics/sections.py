"""The sections of an evaluation: which totals each needs drawn, and what it says of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.auroc import estimate_auroc
from mammo_core.metrics.bootstrap import PatientSums, Statistic, sum_by_patient
from mammo_core.metrics.calibration import (
    bin_sums,
    compute_brier,
    compute_ece,
    fit_logistic,
    squared_error_sums,
    to_logits,
)
from mammo_core.metrics.classification import (
    PER_CLASS,
    SUMMARIES,
)
from mammo_core.metrics.estimate import UNDEFINED, percentile_estimate
from mammo_core.metrics.operating_points import (
    OUTCOMES,
    RATES,
    Rate,
    choose_thresholds,
    outcome_cells,
)
from mammo_core.metrics.rankings import (
    AveragePrecisionReplicates,
    ScoreBins,
    compute_average_precision,
)
from mammo_core.metrics.subgroups import estimate_subgroup_auroc, list_subgroups
from mammo_core.predictions import PredictionTable

Array = NDArray[np.floating]
Compute = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Question:
    """A table at its level, and the class that is asked about.

    Attributes:
        table: Every label known.
        positive: Index of the class.
        threshold: Of the operating point `default`.
    """

    table: PredictionTable
    positive: int
    threshold: float = 0.5

    @cached_property
    def scores(self) -> Array:
        """(N,) probability of the positive class."""
        return self.table.probabilities[:, self.positive]

    @cached_property
    def is_positive(self) -> NDArray[np.bool_]:
        """(N,) whether the positive class is the true one."""
        return self.table.labels == self.positive


class Estimates:
    """Replicates by name, made into estimates; remembers in which of them any was undefined."""

    def __init__(self, drawn: Mapping[str, Array], replicates: int) -> None:
        self._drawn = drawn
        self._is_incomplete = np.zeros(replicates, dtype=bool)

    @property
    def n_incomplete(self) -> int:
        """In how many replicates some estimate asked for so far was undefined and left out."""
        return int(self._is_incomplete.sum())

    def estimate(self, value: float, replicates: Array) -> dict[str, float | None]:
        """A value with the percentile interval of its (B,) replicates."""
        if not np.isnan(value):
            self._is_incomplete |= np.isnan(replicates)
        return percentile_estimate(value, replicates).to_json()

    def of(self, name: str, value: float) -> dict[str, float | None]:
        """A value with the interval of the replicates of that name."""
        return self.estimate(value, self._drawn[name])

    def drawn(self, name: str) -> Array:
        """(..., B) replicates of that name."""
        return self._drawn[name]

    def of_sums(
        self, name: str, sums: PatientSums, compute: Compute
    ) -> list[dict[str, float | None]]:
        """Estimates of what `compute` makes of totals (..., B): one for each leading element."""
        values = np.ravel(compute(sums.totals[..., None]))
        drawn = compute(self._drawn[name])
        replicates = drawn.reshape(len(values), drawn.shape[-1])
        return [self.estimate(float(v), r) for v, r in zip(values, replicates, strict=True)]

    def of_rates(
        self, name: str, sums: PatientSums, compute: Compute
    ) -> list[dict[str, float | None]]:
        """As `of_sums` for rates; no interval where a single patient has the rows of one.

        Every replicate of such a rate is the rate itself, and that width of 0 says nothing.
        """
        estimates = self.of_sums(name, sums, compute)
        alone = compute(sums.of_patients)
        n_patients = (~np.isnan(alone.reshape(len(estimates), alone.shape[-1]))).sum(axis=1)
        return [
            {**one, "low": None, "high": None} if n < 2 and one["low"] == one["high"] else one
            for one, n in zip(estimates, n_patients, strict=True)
        ]


class Section(Protocol):
    """A part of the answer."""

    @property
    def statistics(self) -> Mapping[str, Statistic]:
        """What to compute from each draw of patients."""

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """The section's keys and what stands under them."""


class Classification:
    """Accuracy, balanced accuracy, macro F1, kappa, and what there is to say of each class."""

    def __init__(self, question: Question) -> None:
        self._table = table = question.table
        n = len(table.classes)
        cells = table.labels * n + table.predicted
        sums = sum_by_patient(cells, table.patients, n * n, table.n_patients)
        self._confusion = PatientSums(sums.reshape(-1, n, n))
        rankings = {
            f"average_precision {name}": AveragePrecisionReplicates(
                table.probabilities[:, i], table.labels == i, table.patients, table.n_patients
            )
            for i, name in enumerate(table.classes)
        }
        self.statistics: dict[str, Statistic] = {"confusion": self._confusion, **rankings}

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """The summaries and `per_class`."""
        confusion = ("confusion", self._confusion)
        summaries = {name: estimates.of_sums(*confusion, f)[0] for name, f in SUMMARIES.items()}
        per_class = {name: estimates.of_rates(*confusion, f) for name, f in PER_CLASS.items()}
        classes = {
            name: {
                "support": int(np.count_nonzero(self._table.labels == i)),
                **{key: values[i] for key, values in per_class.items()},
                **self._rankings(i, name, estimates),
            }
            for i, name in enumerate(self._table.classes)
        }
        return {**summaries, "per_class": classes}

    def _rankings(self, i: int, name: str, estimates: Estimates) -> dict[str, Any]:
        scores, is_class = self._table.probabilities[:, i], self._table.labels == i
        precision = compute_average_precision(scores, is_class)
        return {
            "auroc": estimate_auroc(scores, is_class, self._table.patients).to_json(),
            "average_precision": estimates.of(f"average_precision {name}", precision),
        }


class OperatingPoints:
    """Named thresholds with their rates; the thresholds stay as they are in every replicate."""

    def __init__(self, question: Question) -> None:
        scores, is_positive = question.scores, question.is_positive
        self._thresholds = choose_thresholds(scores, is_positive, question.threshold)
        known = {name: t for name, t in self._thresholds.items() if t is not None}
        self._known = list(known)
        cells = [outcome_cells(scores, is_positive, t) for t in known.values()]
        self._sums = _sum_outcomes(cells, question.table)
        self.statistics: dict[str, Statistic] = {"points": self._sums}

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`operating_points`, undefined where a class is missing."""
        rates = {
            name: estimates.of_rates("points", self._sums, _of_outcomes(rate))
            for name, rate in RATES.items()
        }
        points = [
            {"name": name, "threshold": threshold, **self._rates_at(name, rates)}
            for name, threshold in self._thresholds.items()
        ]
        return {"operating_points": points}

    def _rates_at(self, name: str, rates: dict[str, list[Any]]) -> dict[str, Any]:
        if name not in self._known:
            return dict.fromkeys(rates, UNDEFINED.to_json())
        place = self._known.index(name)
        return {key: values[place] for key, values in rates.items()}


class Calibration:
    """Expected calibration error, Brier score, and slope and intercept of a logistic fit.

    In replicates the logits are those of up to 1,024 bins (exact where there are as few scores).
    """

    def __init__(self, question: Question) -> None:
        rated = (question.scores, question.is_positive, question.table.patients)
        self._bins = PatientSums(bin_sums(*rated))
        self._errors = PatientSums(squared_error_sums(*rated))
        self._logits, self._is_positive = to_logits(question.scores), question.is_positive
        patients = question.table.patients
        self._points = ScoreBins(
            self._logits, self._is_positive, patients, question.table.n_patients
        )
        self.statistics: dict[str, Statistic] = {
            "reliability": self._bins,
            "squared_errors": self._errors,
            "logits": self._points,
        }

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`calibration`."""
        intercept, slope = self._fit(estimates)
        return {
            "calibration": {
                "ece": estimates.of_sums("reliability", self._bins, compute_ece)[0],
                "brier": estimates.of_sums("squared_errors", self._errors, compute_brier)[0],
                "slope": slope,
                "intercept": intercept,
            }
        }

    def _fit(self, estimates: Estimates) -> list[dict[str, float | None]]:
        logits, place = np.unique(self._logits, return_inverse=True)
        weights = [
            np.bincount(place[of_kind], minlength=len(logits))[:, None].astype(np.float64)
            for of_kind in (~self._is_positive, self._is_positive)
        ]
        values = fit_logistic(logits, *weights)
        bins = self._points.bin_of_row
        centers = np.bincount(bins, weights=self._logits) / np.bincount(bins)
        drawn = fit_logistic(centers, *estimates.drawn("logits"))
        return [estimates.estimate(float(v[0]), r) for v, r in zip(values, drawn, strict=True)]


class Subgroups:
    """AUROC, recall and specificity of the positive class by metadata."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._groups = list_subgroups(question.table.frame)
        is_missed = question.table.predicted != question.positive
        cells = 2 * is_missed + ~question.is_positive
        self._sums = _sum_outcomes(
            [np.where(group.rows, cells, len(OUTCOMES)) for group in self._groups], question.table
        )
        self.statistics: dict[str, Statistic] = {"subgroups": self._sums}

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`subgroups`; recall and specificity are of the most probable class."""
        names = {"recall": "sensitivity", "specificity": "specificity"}
        rates = {
            name: estimates.of_rates("subgroups", self._sums, _of_outcomes(RATES[rate]))
            for name, rate in names.items()
        }
        groups = [
            {**self._facts(i), **{name: values[i] for name, values in rates.items()}}
            for i in range(len(self._groups))
        ]
        return {"subgroups": groups}

    def _facts(self, i: int) -> dict[str, Any]:
        question, group = self._question, self._groups[i]
        scores, is_positive = question.scores[group.rows], question.is_positive[group.rows]
        patients = question.table.patients[group.rows]
        return {
            "by": group.by,
            "value": group.value,
            "n": len(scores),
            "patients": len(np.unique(patients)),
            "positives": int(is_positive.sum()),
            "auroc": estimate_subgroup_auroc(scores, is_positive, patients).to_json(),
        }


SECTIONS: tuple[Callable[[Question], Section], ...] = (
    Classification,
    OperatingPoints,
    Calibration,
    Subgroups,
)


def _of_outcomes(rate: Rate) -> Compute:
    """The rate as a function of totals (4, ...) of outcomes."""
    return lambda totals: rate(*totals)


def _sum_outcomes(cells: list[NDArray[np.intp]], table: PredictionTable) -> PatientSums:
    """Totals (4, C) of outcomes for C ways to sort the rows; further cells are left out."""
    n = len(OUTCOMES) + 1
    sums = np.zeros((table.n_patients, len(OUTCOMES), len(cells)), np.float32)
    for i, of_rows in enumerate(cells):
        sums[:, :, i] = sum_by_patient(of_rows, table.patients, n, table.n_patients)[:, :-1]
    return PatientSums(sums)
