"""How the model does in each group by metadata, and how much that differs from the rest."""

from typing import Any

import numpy as np

from mammo_core.metrics.bootstrap import Statistic
from mammo_core.metrics.gaps import estimate_parts, wilson_ends
from mammo_core.metrics.measures import KINDS
from mammo_core.metrics.operating_points import OUTCOMES, RATES
from mammo_core.metrics.rate_rows import RateRows
from mammo_core.metrics.sections.outcome_sums import of_outcomes, sum_outcomes
from mammo_core.metrics.sections.question import Estimates, Question
from mammo_core.metrics.subgroups import Comparison, compare_subgroups, list_subgroups


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
        """`subgroups`; `recall` and `specificity` alone are of the most probable class."""
        names = {"recall": "sensitivity", "specificity": "specificity"}
        rates = {
            name: estimates.of_rates("subgroups", self._sums, of_outcomes(RATES[rate]))
            for name, rate in names.items()
        }
        aurocs, recalls, specificities = map(self._compare, ("auroc", "recall", "specificity"))
        prevalences = self._estimate_prevalences()
        groups = [
            {
                **self._count(i),
                "prevalence": prevalences[i],
                "auroc": aurocs[i].value.to_json(),
                **{name: values[i] for name, values in rates.items()},
                "sensitivity_at_threshold": recalls[i].value.to_json(),
                "specificity_at_threshold": specificities[i].value.to_json(),
                "difference": aurocs[i].difference.to_json(),
                "p": aurocs[i].p,
                "p_adjusted": aurocs[i].p_adjusted,
            }
            for i in range(len(self._groups))
        ]
        return {"subgroups": groups}

    def _compare(self, metric: str) -> list[Comparison]:
        question = self._question
        return compare_subgroups(
            self._groups,
            KINDS[metric],
            question.scores,
            question.is_positive,
            question.table.patients,
            question.threshold,
        )

    def _estimate_prevalences(self) -> list[dict[str, float | None]]:
        is_positive, patients = self._question.is_positive, self._question.table.patients
        rates = RateRows(is_positive, np.ones(len(is_positive), bool), patients)
        parts = [rates.measure(group.rows) for group in self._groups]
        return [one.to_json() for one in estimate_parts(parts, wilson_ends)]

    def _count(self, i: int) -> dict[str, Any]:
        group, table = self._groups[i], self._question.table
        return {
            "by": group.by,
            "value": group.value,
            "n": int(group.rows.sum()),
            "patients": len(np.unique(table.patients[group.rows])),
            "positives": int((group.rows & self._question.is_positive).sum()),
        }
