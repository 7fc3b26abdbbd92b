"""The interval of a sum or a difference of two numbers, from the intervals of both."""

from math import hypot

from mammo_core.metrics.estimate import UNDEFINED, Estimate


def add_estimates(a: Estimate, b: Estimate) -> Estimate:
    """A plus B by the method of variance estimates recovery, their errors being uncorrelated.

    Each end lies as far from the sum as both numbers' own ends would reach together. Where both
    are [0, 1], the ends stay in [0, 2].

    Args:
        a: With an interval; without one the sum has none.
        b: As `a`.

    Source: Zou and Donner 2008, doi:10.1002/sim.3095.
    """
    if a.value is None or b.value is None:
        return UNDEFINED
    value = a.value + b.value
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Estimate(value)
    down = hypot(a.value - a.low, b.value - b.low)
    up = hypot(a.high - a.value, b.high - b.value)
    return Estimate(value, value - down, value + up)


def subtract_estimates(a: Estimate, b: Estimate) -> Estimate:
    """A minus B, by `add_estimates`; of two shares the ends stay in [-1, 1]."""
    return add_estimates(a, _negate(b))


def _negate(estimate: Estimate) -> Estimate:
    low, value, high = (
        None if end is None else -end for end in (estimate.high, estimate.value, estimate.low)
    )
    return Estimate(value, low, high)
