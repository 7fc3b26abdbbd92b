"""Accuracy, F1, kappa and what there is to say of each class."""

from typing import Any

import numpy as np

from mammo_core.metrics.auroc import estimate_auroc
from mammo_core.metrics.bootstrap import PatientSums, Statistic, sum_by_patient
from mammo_core.metrics.classification import (
    PER_CLASS,
    SUMMARIES,
)
from mammo_core.metrics.rankings import (
    AveragePrecisionReplicates,
    compute_average_precision,
)
from mammo_core.metrics.sections.question import Estimates, Question


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
