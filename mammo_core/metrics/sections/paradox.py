"""AUROC over all rows against AUROC within the values of each metadata column."""

from typing import Any

from mammo_core.metrics.bootstrap import Statistic
from mammo_core.metrics.paradox import answer_paradoxes
from mammo_core.metrics.sections.question import Estimates, Question


class Paradox:
    """Whether the AUROC over all rows ranks strata rather than cases."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self.statistics: dict[str, Statistic] = {}

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`paradox`, a column each, the largest excess first."""
        return {"paradox": answer_paradoxes(self._question.table, self._question.positive)}
