"""Sparseness."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.summarizing import Summarizing


@dataclass(frozen=True, kw_only=True)
class Sparseness(Summarizing):
    """The Gini index of a map's absolute values.

    sum over i of (2 i - P - 1) s_i / P for the P shares s in rising order: 0 where all pixels
    share alike, 1 - 1 / P where one has all.
    """

    title: ClassVar[str] = "Sparseness"
    reference: ClassVar[str] = "Chalasani et al. 2020, arXiv:1810.06583"
    higher_is_better: ClassVar[bool] = True
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)
    of_random: ClassVar[str] = (
        "1/3 for independent uniform noise, 0.23 enlarged from cells, 0.41 for Gaussian noise"
    )

    def summarize(self, shares: NDArray[np.float64]) -> float:
        """The Gini index."""
        n = len(shares)
        ranks = np.arange(1, n + 1)
        return float(((2 * ranks - n - 1) * np.sort(shares)).sum() / n)
