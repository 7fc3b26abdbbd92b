"""Named thresholds with their rates."""

from typing import Any

from mammo_core.metrics.bootstrap import Statistic
from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import UNDEFINED, Estimate
from mammo_core.metrics.operating_points import (
    RATES,
    choose_thresholds,
    outcome_cells,
)
from mammo_core.metrics.prevalence import AT_PREVALENCE, Rate, estimate_at_prevalence
from mammo_core.metrics.sections.outcome_sums import of_outcomes, sum_outcomes
from mammo_core.metrics.sections.question import Array, Compute, Estimates, Question

Rates = dict[str, list[dict[str, float | None]]]
BOTH = ("sensitivity", "specificity")
"""What carries over to another prevalence."""


class OperatingPoints:
    """Named thresholds with their rates; the thresholds stay as they are in every replicate."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._thresholds = _choose(question)
        scores, is_positive = question.scores, question.is_positive
        known = {name: t for name, t in self._thresholds.items() if t is not None}
        self._known = list(known)
        cells = [outcome_cells(scores, is_positive, t) for t in known.values()]
        self._sums = sum_outcomes(cells, question.table)
        self.statistics: dict[str, Statistic] = {"points": self._sums}

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """`prevalence`, `target_prevalence` and `operating_points`.

        Points are undefined where a class is missing. `chosen_on` names the split that a threshold
        was chosen on; null for `default`, which was given.
        """
        rates: Rates = {
            name: estimates.of_rates("points", self._sums, of_outcomes(rate))
            for name, rate in RATES.items()
        }
        rates |= self._rates_at_prevalence(estimates, rates)
        return {
            "prevalence": estimates.of_rates("points", self._sums, _share_of_positives)[0],
            "target_prevalence": self._question.prevalence,
            "operating_points": [self._tell_point(name, rates) for name in self._thresholds],
        }

    def _rates_at_prevalence(self, estimates: Estimates, rates: Rates) -> Rates:
        """Those of `AT_PREVALENCE`, none where no prevalence is asked about."""
        prevalence = self._question.prevalence
        if prevalence is None:
            return {}
        computed = {name: _at_prevalence(rate, prevalence) for name, rate in AT_PREVALENCE.items()}
        computed |= {name: of_outcomes(RATES[name]) for name in BOTH}
        found = {
            name: estimates.spread_of_sums("points", self._sums, compute)
            for name, compute in computed.items()
        }
        joined = [
            estimate_at_prevalence(_take(rates, place), _take(found, place), prevalence)
            for place in range(len(self._known))
        ]
        return {name: [one[name].to_json() for one in joined] for name in AT_PREVALENCE}

    def _tell_point(self, name: str, rates: Rates) -> dict[str, Any]:
        return {
            "name": name,
            "threshold": self._thresholds[name],
            "chosen_on": None if name == "default" else self._question.chosen_on,
            **self._rates_at(name, rates),
        }

    def _rates_at(self, name: str, rates: Rates) -> dict[str, Any]:
        if name not in self._known:
            return dict.fromkeys(rates, UNDEFINED.to_json())
        place = self._known.index(name)
        return {key: values[place] for key, values in rates.items()}


def _take(rates: Rates, place: int) -> dict[str, Estimate]:
    """The rates of one point."""
    return {name: Estimate(**values[place]) for name, values in rates.items()}


def _choose(question: Question) -> dict[str, float | None]:
    """The named thresholds from the rows that they are to be chosen on."""
    table = question.threshold_table or question.table
    return choose_thresholds(
        table.probabilities[:, question.positive],
        table.labels == question.positive,
        question.threshold,
        cost_ratio=question.cost_ratio,
        prevalence=question.prevalence,
    )


def _share_of_positives(totals: Array) -> Array:
    """From totals (4, C, ...) of outcomes: the same at every threshold."""
    tp, _, fn, _ = totals[:, :1]
    return divide(tp + fn, totals[:, :1].sum(axis=0))


def _at_prevalence(rate: Rate, prevalence: float) -> Compute:
    """The rate at a prevalence as a function of totals (4, ...) of outcomes."""
    return lambda totals: rate(
        RATES["sensitivity"](*totals), RATES["specificity"](*totals), prevalence
    )
