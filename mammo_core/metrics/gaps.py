"""The difference of a number between two parts of the rows: interval and test.

Both parts' own intervals, which keep to [0, 1] and are never empty, are joined to the difference's:
where a part's number is 0 or 1 a normal difference would claim to be certain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit

from mammo_core.metrics.estimate import UNDEFINED, Estimate, exact_reach
from mammo_core.metrics.parts import Part, Split

Array = NDArray[np.float64]
Ends = Callable[["Parts", Array, Array], tuple[Array, Array]]
"""From parts, critical values and the error rates behind them to low and high ends."""

SMALLEST_P = 1e-12
STEPS = 30  # of halving the logarithm of p: to a millionth of it


@dataclass(frozen=True, eq=False)
class Parts:
    """Numbers of G parts of the rows, as `Part`; each (G,)."""

    value: Array
    error: Array
    n_rows: Array
    n_patients: Array


@dataclass(frozen=True)
class Gap:
    """A part's number less the other part's.

    Attributes:
        difference: In [-1, 1].
        p: Two-sided, that both are equal; NaN where undefined. Below .05 exactly where the
            interval leaves 0 out.
    """

    difference: Estimate
    p: float


def logit_ends(parts: Parts, critical: Array, alpha: Array) -> tuple[Array, Array]:
    """Of an AUROC: on the logit scale; exact binomial where it is 0 or 1 (`perfect_interval`)."""
    v, n = parts.value, np.maximum(parts.n_patients, 1)
    far = 1 - exact_reach(n, np.maximum(alpha, 2 * SMALLEST_P))
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = critical * parts.error / (v * (1 - v))
        low, high = expit(logit(v) - reach), expit(logit(v) + reach)
    low, high = np.where(v == 1, far, low), np.where(v == 1, 1.0, high)
    return np.where(v == 0, 0.0, low), np.where(v == 0, 1 - far, high)


def wilson_ends(parts: Parts, critical: Array, alpha: Array) -> tuple[Array, Array]:
    """Of a share: Wilson's, with as many rows as would be as sure if they were independent.

    Where the share is 0 or 1 the rows say nothing of how alike a patient's are, and patients count.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953; effective size: Rao and Scott 1992,
        doi:10.2307/2532311.
    """
    v, variance = parts.value, parts.error**2
    with np.errstate(divide="ignore", invalid="ignore"):
        n = np.where(variance > 0, v * (1 - v) / variance, parts.n_patients)
    n = np.clip(n, 1, np.maximum(parts.n_rows, 1))
    square = critical**2
    center = (v + square / (2 * n)) / (1 + square / n)
    reach = critical * np.sqrt(v * (1 - v) / n + square / (4 * n * n)) / (1 + square / n)
    return np.maximum(center - reach, 0.0), np.minimum(center + reach, 1.0)


def estimate_parts(parts: Sequence[Part], ends: Ends) -> list[Estimate]:
    """Each part's number with its 95 % interval, by Student's t; undefined where its value is."""
    joined = _join(parts)
    low, high = _find_ends(joined, ends, np.full(len(parts), 0.05))
    return [_estimate(*one) for one in zip(joined.value, low, high, strict=True)]


def compare_splits(splits: Sequence[Split], ends: Ends) -> list[Gap]:
    """Each group's number less its rest's.

    The ends of both intervals are joined by the method of Zou and Donner 2008
    (doi:10.1002/sim.3095; with correlation Zou 2007, doi:10.1037/1082-989X.12.4.399). p is the
    error rate at which the interval just reaches 0.

    Args:
        splits: G of them.
        ends: Of either part's interval.
    """
    a, b = _join([split.group for split in splits]), _join([split.rest for split in splits])
    pairs = _Pairs(a, b, np.array([split.correlation for split in splits]), ends)
    low, high = pairs.interval(np.full(len(splits), 0.05))
    found = zip(a.value - b.value, low, high, pairs.find_p(), strict=True)
    return [Gap(_estimate(*estimate), float(p)) for *estimate, p in found]


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Parts side by side, and how their errors go together: correlation (G,)."""

    a: Parts
    b: Parts
    correlation: Array
    ends: Ends

    def interval(self, alpha: Array) -> tuple[Array, Array]:
        """Low and high ends of the differences at error rates (G,)."""
        (la, ua), (lb, ub) = (_find_ends(x, self.ends, alpha) for x in (self.a, self.b))
        difference, joint = self.a.value - self.b.value, 2 * self.correlation
        down, up = (self.a.value - la, ub - self.b.value), (ua - self.a.value, self.b.value - lb)
        low, high = (np.sqrt(np.maximum(x * x + y * y - joint * x * y, 0)) for x, y in (down, up))
        return difference - low, difference + high

    def find_p(self) -> Array:
        """(G,) the error rates at which the intervals just reach 0; NaN where undefined."""
        difference = self.a.value - self.b.value
        below = np.full(len(difference), np.log(SMALLEST_P))
        above = np.zeros(len(difference))
        for _ in range(STEPS):
            middle = (below + above) / 2
            low, high = self.interval(np.exp(middle))
            holds_zero = np.where(difference > 0, low, -high) <= 0
            below, above = np.where(holds_zero, middle, below), np.where(holds_zero, above, middle)
        p = np.where(difference == 0, 1.0, np.exp((below + above) / 2))
        return np.where(np.isnan(self.interval(np.full(len(p), 0.05))[0]), np.nan, p)


def _find_ends(parts: Parts, ends: Ends, alpha: Array) -> tuple[Array, Array]:
    """The intervals at error rates (G,), by t for each part's patients; NaN of a single one."""
    freedom = np.maximum(parts.n_patients - 1, 1)
    low, high = ends(parts, stdtrit(freedom, 1 - alpha / 2), alpha)
    is_alone = parts.n_patients < 2
    return np.where(is_alone, np.nan, low), np.where(is_alone, np.nan, high)


def _join(parts: Sequence[Part]) -> Parts:
    return Parts(
        np.array([part.value for part in parts], dtype=np.float64),
        np.sqrt([part.variance for part in parts]),
        np.array([part.n_rows for part in parts], dtype=np.float64),
        np.array([part.n_patients for part in parts], dtype=np.float64),
    )


def _estimate(value: float, low: float, high: float) -> Estimate:
    if np.isnan(value):
        return UNDEFINED
    if np.isnan(low) or np.isnan(high):
        return Estimate(float(value))
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))
