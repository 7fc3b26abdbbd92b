"""Named thresholds with their rates."""

from typing import Any

from mammo_core.metrics.bootstrap import Statistic
from mammo_core.metrics.estimate import UNDEFINED
from mammo_core.metrics.operating_points import (
    RATES,
    choose_thresholds,
    outcome_cells,
)
from mammo_core.metrics.sections.outcome_sums import of_outcomes, sum_outcomes
from mammo_core.metrics.sections.question import Estimates, Question


class OperatingPoints:
    """Named thresholds with their rates; the thresholds stay as they are in every replicate."""

    def __init__(self, question: Question) -> None:
        scores, is_positive = question.scores, question.is_positive
        self._thresholds = choose_thresholds(scores, is_positive, question.threshold)
        known = {name: t for name, t in self._thresholds.items() if t is not None}
        self._known = list(known)
        cells = [outcome_cells(scores, is_positive, t) for t in known.values()]
        self._sums = sum_outcomes(cells, question.table)
        self.statistics: dict[str, Statistic] = {"points": self._sums}

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`operating_points`, undefined where a class is missing."""
        rates = {
            name: estimates.of_rates("points", self._sums, of_outcomes(rate))
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
