"""p-values of many tests at once, so that one of them by chance is no finding."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def adjust_holm(
    p: NDArray[np.floating], same_test: Sequence[int] | NDArray[np.integer] | None = None
) -> NDArray[np.float64]:
    """(N,) p-values, of which any below .05 happens in at most 5 % of studies without a difference.

    Holm's step-down holds however the tests depend on each other, and the tests of overlapping
    groups do. The false discovery rate is not used: a reader acts on each group by itself.

    Args:
        p: (N,) of single tests; NaN is no test.
        same_test: (N,) equal for entries that are one test said twice, as a group and its rest;
            None: each is its own. Of one test's entries the smallest p counts.

    Source: Holm 1979, https://www.jstor.org/stable/4615733.
    """
    adjusted = np.full(len(p), np.nan)
    is_test = ~np.isnan(p)
    if not is_test.any():
        return adjusted
    names = np.arange(len(p)) if same_test is None else np.asarray(same_test)
    of_test = np.unique(names[is_test], return_inverse=True)[1]
    smallest = np.full(of_test.max() + 1, np.inf)
    np.minimum.at(smallest, of_test, p[is_test])
    order = np.argsort(smallest, kind="stable")
    steps = smallest[order] * np.arange(len(order), 0, -1)
    joint = np.empty(len(order))
    joint[order] = np.minimum(np.maximum.accumulate(steps), 1)
    adjusted[is_test] = joint[of_test]
    return adjusted
