"""How replicates become a 95 % interval: one table of ways to do it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mammo_core.metrics.estimate import LEVELS, UNDEFINED, Estimate, percentile_estimate

Array = NDArray[np.floating]
Interval = Callable[[float, Array, Array], Estimate]
"""From a value, its (B,) replicates, and its (G,) values with a group of patients left out."""


def estimate_by_percentiles(value: float, replicates: Array, left_out: Array) -> Estimate:
    """The percentile interval; nothing needs to be left out for it. See `percentile_estimate`."""
    return percentile_estimate(value, replicates)


def estimate_by_bca(value: float, replicates: Array, left_out: Array) -> Estimate:
    """The bias-corrected and accelerated interval: percentiles moved for bias and skewness.

    As in the percentile interval, undefined replicates are dropped and the interval holds its
    value. It has no ends where all replicates lie to one side of the value: there the correction
    of the bias is infinite.

    Args:
        value: The estimate; NaN where undefined.
        replicates: (B,) of the bootstrap over patients.
        left_out: (G,) of the jackknife over patients, from which the acceleration comes.

    Source: Efron 1987, doi:10.1080/01621459.1987.10478410.
    """
    if np.isnan(value):
        return UNDEFINED
    defined = replicates[~np.isnan(replicates)]
    if not len(defined):
        return Estimate(float(value))
    bias = ndtri((np.mean(defined < value) + np.mean(defined <= value)) / 2)
    if not np.isfinite(bias):
        return Estimate(float(value))
    reach = bias + ndtri(np.array(LEVELS) / 100)
    levels = ndtr(bias + reach / (1 - _accelerate(left_out) * reach))
    low, high = np.percentile(defined, 100 * levels)
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


INTERVALS: dict[str, Interval] = {
    "percentile": estimate_by_percentiles,
    "bca": estimate_by_bca,
}
NEED_LEFT_OUT = frozenset({"bca"})
"""Those that look at values with patients left out."""


def _accelerate(left_out: Array) -> float:
    """How fast the error changes with the value: a sixth of the jackknife's skewness, 0 if flat."""
    defined = left_out[~np.isnan(left_out)].astype(np.float64)
    moves = defined.mean() - defined if len(defined) else defined
    spread = float((moves**2).sum())
    return float((moves**3).sum() / (6 * spread**1.5)) if spread > 0 else 0.0
