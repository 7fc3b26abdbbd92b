"""AUROC, recall and specificity by metadata."""

from typing import Any

import numpy as np

from mammo_core.metrics.bootstrap import Statistic
from mammo_core.metrics.operating_points import (
    OUTCOMES,
    RATES,
)
from mammo_core.metrics.sections.outcome_sums import of_outcomes, sum_outcomes
from mammo_core.metrics.sections.question import Estimates, Question
from mammo_core.metrics.subgroups import estimate_subgroup_auroc, list_subgroups


class Subgroups:
    """AUROC, recall and specificity of the positive class by metadata."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._groups = list_subgroups(question.table.frame)
        is_missed = question.table.predicted != question.positive
        cells = 2 * is_missed + ~question.is_positive
        self._sums = sum_outcomes(
            [np.where(group.rows, cells, len(OUTCOMES)) for group in self._groups], question.table
        )
        self.statistics: dict[str, Statistic] = {"subgroups": self._sums}

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`subgroups`; recall and specificity are of the most probable class."""
        names = {"recall": "sensitivity", "specificity": "specificity"}
        rates = {
            name: estimates.of_rates("subgroups", self._sums, of_outcomes(RATES[rate]))
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
