"""A number with its 95 % interval."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = (2.5, 97.5)


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
