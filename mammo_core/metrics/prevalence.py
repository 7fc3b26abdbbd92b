"""What a positive and a negative call mean where cancers are as frequent as in practice.

Studies hold far more cancers than screening does. Sensitivity and specificity carry over to another
prevalence as long as the cases of each kind are alike; predictive values and recall rate do not,
and follow from the two by Bayes' theorem.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration
from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import Estimate

Array = NDArray[np.floating]
Rate = Callable[[Array, Array, float], Array]


def compute_ppv(sensitivity: Array, specificity: Array, prevalence: float) -> Array:
    """Share of positives among the called; NaN where nothing is called or a rate is unknown."""
    hits = sensitivity * prevalence
    return divide(hits, hits + (1 - specificity) * (1 - prevalence))


def compute_npv(sensitivity: Array, specificity: Array, prevalence: float) -> Array:
    """Share of negatives among those not called; NaN where all are or a rate is unknown."""
    passed = specificity * (1 - prevalence)
    return divide(passed, passed + (1 - sensitivity) * prevalence)


def compute_recall_rate(sensitivity: Array, specificity: Array, prevalence: float) -> Array:
    """Share of all cases that are called."""
    return sensitivity * prevalence + (1 - specificity) * (1 - prevalence)


def compute_f1(sensitivity: Array, specificity: Array, prevalence: float) -> Array:
    """Harmonic mean of sensitivity and PPV, 0 where nothing is called."""
    hits = sensitivity * prevalence
    called = compute_recall_rate(sensitivity, specificity, prevalence)
    return divide(2 * hits, called + prevalence)


AT_PREVALENCE: dict[str, Rate] = {
    "ppv_at_prevalence": compute_ppv,
    "npv_at_prevalence": compute_npv,
    "recall_rate_at_prevalence": compute_recall_rate,
    "f1_at_prevalence": compute_f1,
}
"""Each from sensitivities and specificities of any one shape, and a prevalence."""


def rates_at_prevalence(rates: Mapping[str, Array], prevalence: float) -> dict[str, Array]:
    """`AT_PREVALENCE` of rates that hold `sensitivity` and `specificity`.

    Raises:
        BadConfiguration: For a prevalence that is not between 0 and 1.

    Source: Vecchio 1966, doi:10.1056/NEJM196605262742104.
    """
    check_prevalence(prevalence)
    both = rates["sensitivity"], rates["specificity"]
    return {name: compute(*both, prevalence) for name, compute in AT_PREVALENCE.items()}


def estimate_at_prevalence(
    rates: Mapping[str, Estimate], found: Mapping[str, Estimate], prevalence: float
) -> dict[str, Estimate]:
    """The estimates of `AT_PREVALENCE`, as unsure as sensitivity and specificity are.

    Where all draws agree on one of these two, replicates know nothing of what it leaves open. The
    ends are then those that the two intervals' own ends reach together, which is cautious. There is
    no interval where one of them has none.

    Args:
        rates: `sensitivity` and `specificity` with intervals that are never a point.
        found: `AT_PREVALENCE` with the intervals of their replicates, and the two rates' too.
        prevalence: Between 0 and 1.
    """
    both = rates["sensitivity"], rates["specificity"]
    is_certain = any(found[name] != rates[name] for name in ("sensitivity", "specificity"))
    return {
        name: _take_corners(compute, found[name], both, prevalence) if is_certain else found[name]
        for name, compute in AT_PREVALENCE.items()
    }


def _take_corners(
    compute: Rate, estimate: Estimate, both: tuple[Estimate, Estimate], prevalence: float
) -> Estimate:
    if estimate.value is None or None in (both[0].low, both[1].low):
        return Estimate(estimate.value)
    sensitivities, specificities = ([one.low, one.value, one.high] for one in both)
    reached = compute(np.array(sensitivities)[:, None], np.array(specificities), prevalence)
    return Estimate(estimate.value, float(np.nanmin(reached)), float(np.nanmax(reached)))


def check_prevalence(prevalence: float) -> None:
    """Refuse what is no share of positive cases that leaves both kinds.

    Raises:
        BadConfiguration: Where it is not between 0 and 1, both left out.
    """
    if not 0 < prevalence < 1:
        raise BadConfiguration(
            "Expected a prevalence between 0 and 1, 0.006 in screening for instance, got "
            f"{prevalence:g}"
        )
