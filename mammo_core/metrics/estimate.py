"""A number with its 95 % interval."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVELS = (2.5, 97.5)
ROUNDING = 1e-12
"""Shares nearer to each other are the same."""
NOISE = 1e-6
"""Replicates that differ by less than this part of their value differ by rounding alone."""


@dataclass(frozen=True)
class Estimate:
    """A point estimate and the ends of its 95 % interval.

    Attributes:
        value: None where the quantity is undefined.
        low: None where no interval can be had, from a single patient for instance.
        high: As `low`.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, float | None]:
        """{"value": ..., "low": ..., "high": ...}."""
        return asdict(self)


UNDEFINED = Estimate()


def none_if_nan(value: float) -> float | None:
    """The number as an answer has it: None where it is undefined."""
    return None if np.isnan(value) else float(value)


def percentile_estimate(value: float, replicates: NDArray[np.floating]) -> Estimate:
    """A value with the percentile interval of its replicates (those that are NaN are dropped).

    The interval always holds its value: the replicates of a biased statistic, the calibration
    error above all, may lie to one side of it, and then the near end is the value itself.

    Source: Efron 1981, doi:10.2307/3314608.
    """
    if np.isnan(value):
        return UNDEFINED
    defined = replicates[~np.isnan(replicates)]
    if not len(defined):
        return Estimate(float(value))
    low, high = np.percentile(defined, LEVELS)
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def share_estimate(value: float, replicates: NDArray[np.floating], n_patients: int) -> Estimate:
    """As `percentile_estimate` of a share of some rows, never a point; see `widen_certain`."""
    return widen_certain(percentile_estimate(value, replicates), n_patients)


def number_estimate(value: float, replicates: NDArray[np.floating]) -> Estimate:
    """As `percentile_estimate` of what is no share, never a point; see `drop_certain`."""
    return drop_certain(percentile_estimate(value, replicates), replicates)


def drop_certain(estimate: Estimate, replicates: NDArray[np.floating]) -> Estimate:
    """An estimate without an interval where its replicates are all the same.

    They know nothing of what no patient showed, or there is one patient only.

    Args:
        estimate: By any interval.
        replicates: (B,) that its interval is of, NaN where undefined.
    """
    if estimate.value is None or not is_certain(replicates):
        return estimate
    return Estimate(estimate.value)


def is_certain(replicates: NDArray[np.floating]) -> bool:
    """Whether all replicates (B,) that are defined are the same; False where there are none."""
    defined = replicates[~np.isnan(replicates)]
    if not len(defined):
        return False
    noise = max(ROUNDING, NOISE * float(np.abs(defined).max()))
    return bool(np.ptp(defined) <= noise)


def exact_reach(n_patients: ArrayLike, alpha: ArrayLike = 0.05) -> NDArray[np.float64]:
    """How far from 0 or 1 a share may be that n independent patients all agree on.

    Args:
        n_patients: At least 1.
        alpha: Error rate of the two-sided interval.

    Source: Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.
    """
    return 1 - (np.asarray(alpha) / 2) ** (1 / np.asarray(n_patients, np.float64))


def widen_certain(estimate: Estimate, n_patients: int) -> Estimate:
    """A share whose replicates are all the same, 0 or 1 above all, with an interval to believe.

    No draw of patients can show a kind of case that none of them had, so that the bootstrap takes
    what it saw for certain. The interval is then the exact binomial one of as many patients, see
    `exact_reach`. One patient alone has no interval, nor has what all share between 0 and 1.

    Args:
        estimate: By any interval.
        n_patients: How many patients have rows that the share is of.
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None or high - low > ROUNDING:
        return estimate
    if n_patients < 2:
        return Estimate(value)
    reach = float(exact_reach(n_patients))
    if value < ROUNDING:
        return Estimate(value, 0.0, reach)
    return Estimate(value, 1 - reach, 1.0) if value > 1 - ROUNDING else Estimate(value)
