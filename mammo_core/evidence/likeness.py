"""How alike two maps of one image are, where one of them may say nothing."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.base import Maps, Scores, correlate_ranks
from mammo_core.evidence.map_checks import is_telling


def compare_ranks(first: Maps, second: Maps) -> Scores:
    """(N,) Spearman's rank correlation of two stacks of maps, in [-1, 1].

    0 where only the second is constant: what was there before is gone. NaN where the first is
    constant, for there was nothing, and where either is not finite.

    Args:
        first: (N, H, W), the maps that are asked about.
        second: (N, H, W), those that they are held against.
    """
    found = np.clip(correlate_ranks(first, second), -1, 1)
    found[np.isnan(found)] = 0
    return np.where(find_comparable(first, second), found, np.nan)


def find_comparable(first: Maps, second: Maps) -> NDArray[np.bool_]:
    """(N,) whether the first map says anything and the second is finite."""
    pairs = zip(first, second, strict=True)
    return np.array([is_telling(a) and bool(np.isfinite(b).all()) for a, b in pairs], dtype=bool)


def mean_of_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the last axis of what is not NaN; NaN where nothing is known."""
    known = ~np.isnan(values)
    n_known = known.sum(axis=-1)
    means = np.full(n_known.shape, np.nan)
    np.divide(np.where(known, values, 0).sum(axis=-1), n_known, out=means, where=n_known > 0)
    return means
