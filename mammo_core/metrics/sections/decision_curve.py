"""What acting on the model is worth at threshold probabilities."""

from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import PatientSums, Statistic, sum_by_patient
from mammo_core.metrics.classification import divide
from mammo_core.metrics.decision_curve import THRESHOLDS, compare_decisions
from mammo_core.metrics.sections.question import Estimates, Question

Array = NDArray[np.floating]
KINDS = ("net_benefit", "treat_all", "gain")


class DecisionCurve:
    """Net benefit of the model, of acting on all, and the gain over the better alternative."""

    def __init__(self, question: Question) -> None:
        self._prevalence = question.prevalence
        self._n_patients = question.table.n_patients
        n_bins = len(THRESHOLDS) + 1
        bins = np.searchsorted(THRESHOLDS, question.scores, "right")
        cells = bins * 2 + question.is_positive
        table = question.table
        sums = sum_by_patient(cells, table.patients, n_bins * 2, table.n_patients)
        self._sums = PatientSums(sums.reshape(-1, n_bins, 2))
        self.statistics: dict[str, Statistic] = {"decisions": self._sums}

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`decision_curve`, undefined where a class is missing.

        Where a prevalence is asked about, each of `KINDS` comes at that one too, its name ending
        in `_at_prevalence`.
        """
        parts = self._estimate(estimates, None, "")
        if self._prevalence is not None:
            parts |= self._estimate(estimates, self._prevalence, "_at_prevalence")
        curve = [
            {"threshold": threshold, **{name: part[i] for name, part in parts.items()}}
            for i, threshold in enumerate(THRESHOLDS)
        ]
        return {"decision_curve": curve}

    def _estimate(
        self, estimates: Estimates, prevalence: float | None, ending: str
    ) -> dict[str, list[dict[str, float | None]]]:
        """Each of `KINDS` at all thresholds, under its name with that ending.

        Who calls nobody has a net benefit of 0 for certain; one patient alone has no interval.
        """
        compute = partial(_compare, prevalence=prevalence)
        every = estimates.spread_of_sums("decisions", self._sums, compute)
        if self._n_patients < 2:
            every = [{**one, "low": None, "high": None} for one in every]
        found = iter(every)
        return {f"{name}{ending}": list(islice(found, len(THRESHOLDS))) for name in KINDS}


def _compare(totals: Array, prevalence: float | None) -> Array:
    """(3, thresholds, ...) from totals (bins, 2, ...) of negatives and positives between them."""
    from_bin = np.cumsum(totals[::-1], axis=0, dtype=np.float64)[::-1]
    called, (negatives, positives) = from_bin[1:], from_bin[0]
    thresholds = np.array(THRESHOLDS).reshape(-1, *[1] * negatives.ndim)
    own = divide(positives, positives + negatives)
    return compare_decisions(
        divide(called[:, 1], positives),
        divide(called[:, 0], negatives),
        thresholds,
        own if prevalence is None else prevalence,
    )
