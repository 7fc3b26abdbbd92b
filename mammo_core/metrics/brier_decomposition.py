"""What the Brier score is made of: promises broken, cases told apart, the variety of cases."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.calibration import compute_brier
from mammo_core.metrics.classification import divide

Array = NDArray[np.floating]


class BrierParts(NamedTuple):
    """Brier score = reliability - resolution + uncertainty, exactly.

    Attributes:
        reliability: Mean squared distance of promise and outcome by bin; 0 is best.
        resolution: How far the probabilities tell cases apart; more is better. Below 0 where the
            differences within bins mislead more than those between bins help.
        uncertainty: share * (1 - share) of positives: the score of who always says the share.
        skill: (resolution - reliability) / uncertainty, so 1 - Brier / uncertainty: 1 is perfect,
            0 no better than always saying the share of positives.
    """

    reliability: Array
    resolution: Array
    uncertainty: Array
    skill: Array


def decompose_brier(bins: Array, errors: Array) -> BrierParts:
    """The parts of the Brier score, each of the shape of the replicates.

    The identity of Murphy 1973 holds only where all probabilities of a bin are equal. Here the
    resolution takes in the two terms that make it exact in any bins: the variance of the
    probabilities within them and their covariance with the outcomes. Both come from totals.

    Args:
        bins: (bins, 3, ...) rows, sums of probabilities and positives.
        errors: (2, ...) sum of squared errors and rows, of the same rows.

    Source: Murphy 1973, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; the exact form
    Stephenson et al. 2008, doi:10.1175/2007WAF2006116.1.
    """
    rows, promised, kept = (np.asarray(bins[:, i], np.float64) for i in range(3))
    n = rows.sum(axis=0)
    share = divide(kept.sum(axis=0), n)
    reliability = _mean(divide((promised - kept) ** 2, rows), n)
    between = _mean(divide((kept - share * rows) ** 2, rows), n)
    # sum(f^2 - 2 f o) over rows is that of (f - o)^2 less the positives, as o^2 = o.
    within_rows = compute_brier(errors) - share
    within_means = _mean(divide(promised**2 - 2 * promised * kept, rows), n)
    resolution = between - within_rows + within_means
    uncertainty = share * (1 - share)
    skill = divide(resolution - reliability, uncertainty)
    return BrierParts(reliability, resolution, uncertainty, skill)


def _mean(of_bins: Array, n: Array) -> Array:
    """Sum over the bins that hold rows, over all rows."""
    return divide(np.nansum(of_bins, axis=0), n)
