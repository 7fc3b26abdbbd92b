"""Net benefit: what a model is worth to who acts from a certain probability on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import Estimate, percentile_estimate

if TYPE_CHECKING:
    from mammo_core.metrics.threshold_sweep import ThresholdSweep

Array = NDArray[np.floating]
THRESHOLDS = (0.01, 0.02, 0.03, 0.05, *(round(0.05 * step, 2) for step in range(2, 20)))
"""Of a stored curve; dense where screening decides."""


UNITS: dict[str, Callable[[Array | float], Array | float]] = {
    "case": lambda prevalence: 1.0,
    "positive": lambda prevalence: prevalence,
}
"""What net benefit is told per, from the prevalence: per positive case it is 1 at best.

Source: the standardized net benefit of Kerr et al. 2016, doi:10.1200/JCO.2015.65.5654.
"""


@dataclass(frozen=True)
class DecisionPoint:
    """What is gained at one threshold probability, in true positives a case or a positive case.

    Attributes:
        threshold: The probability from which one acts: a false alarm weighs as much as
            threshold / (1 - threshold) of a positive case found.
        net_benefit: Of acting on the model.
        treat_all: Of acting on every case; acting on none is 0 by definition.
        gain: Of the model over the better of the two.
    """

    threshold: float
    net_benefit: Estimate
    treat_all: Estimate
    gain: Estimate


def compute_net_benefit(
    sensitivity: Array, alarm_rate: Array, threshold: Array | float, prevalence: Array | float
) -> Array:
    """True positives less weighed false positives, a case; at most the prevalence.

    Args:
        sensitivity: Share of positives that are called.
        alarm_rate: Share of negatives that are called: 1 - specificity.
        threshold: Probability from which one acts, below 1.
        prevalence: Share of positives.

    Source: Vickers and Elkin 2006, doi:10.1177/0272989X06295361.
    """
    odds = np.divide(threshold, np.subtract(1, threshold))
    return prevalence * sensitivity - (1 - prevalence) * alarm_rate * odds


def compare_decisions(
    sensitivity: Array, alarm_rate: Array, threshold: Array | float, prevalence: Array | float
) -> Array:
    """(3, ...) net benefit of the model, of acting on all, and the model's gain over the best.

    The arguments are those of `compute_net_benefit`; NaN where a rate is.
    """
    model = compute_net_benefit(sensitivity, alarm_rate, threshold, prevalence)
    everyone = np.ones_like(model)
    treat_all = compute_net_benefit(everyone, everyone, threshold, prevalence)
    treat_all = np.where(np.isnan(model), np.nan, treat_all)
    return np.stack([model, treat_all, model - np.maximum(treat_all, 0)])


def draw_decision_curve(
    sweep: "ThresholdSweep",
    thresholds: Array,
    prevalence: float | None = None,
    *,
    per: str = "case",
) -> list[DecisionPoint]:
    """A point a threshold with its band over patients, from replicates that are drawn already.

    Args:
        sweep: Of the scores.
        thresholds: In [0, 1).
        prevalence: The share of positives to reckon with; None for that of the rows.
        per: One of `UNITS`.
    """
    return [_draw_point(sweep, float(t), prevalence, per) for t in thresholds]


def _draw_point(
    sweep: "ThresholdSweep", threshold: float, prevalence: float | None, per: str
) -> DecisionPoint:
    pairs = zip(sweep.draw_at(threshold), sweep.draw_prevalence(), strict=True)
    values, drawn = (
        _decide(rates, threshold, share if prevalence is None else prevalence, per)
        for rates, share in pairs
    )
    known = slice(None) if sweep.n_patients > 1 else slice(0)  # one patient's are all alike
    estimates = (
        percentile_estimate(float(v), r[known]) for v, r in zip(values, drawn, strict=True)
    )
    return DecisionPoint(threshold, *estimates)


def _decide(
    rates: Mapping[str, Array], threshold: float, prevalence: Array | float, per: str
) -> Array:
    found = compare_decisions(rates["sensitivity"], 1 - rates["specificity"], threshold, prevalence)
    return divide(found, UNITS[per](prevalence))
