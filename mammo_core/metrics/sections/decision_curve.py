"""What acting on the model is worth at threshold probabilities."""

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
        n_bins = len(THRESHOLDS) + 1
        bins = np.searchsorted(THRESHOLDS, question.scores, "right")
        cells = bins * 2 + question.is_positive
        table = question.table
        sums = sum_by_patient(cells, table.patients, n_bins * 2, table.n_patients)
        self._sums = PatientSums(sums.reshape(-1, n_bins, 2))
        self.statistics: dict[str, Statistic] = {"decisions": self._sums}

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`decision_curve`, undefined where a class is missing."""
        found = estimates.of_sums("decisions", self._sums, _compare)
        n = len(THRESHOLDS)
        parts = {name: found[i * n : (i + 1) * n] for i, name in enumerate(KINDS)}
        curve = [
            {"threshold": threshold, **{name: part[i] for name, part in parts.items()}}
            for i, threshold in enumerate(THRESHOLDS)
        ]
        return {"decision_curve": curve}


def _compare(totals: Array) -> Array:
    """(3, thresholds, ...) from totals (bins, 2, ...) of negatives and positives between them."""
    from_bin = np.cumsum(totals[::-1], axis=0, dtype=np.float64)[::-1]
    called, (negatives, positives) = from_bin[1:], from_bin[0]
    thresholds = np.array(THRESHOLDS).reshape(-1, *[1] * negatives.ndim)
    return compare_decisions(
        divide(called[:, 1], positives),
        divide(called[:, 0], negatives),
        thresholds,
        divide(positives, positives + negatives),
    )
