"""Entropy."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.summarizing import Summarizing


@dataclass(frozen=True, kw_only=True)
class Entropy(Summarizing):
    """Shannon entropy of a map's absolute values as shares, over its largest value.

    -(sum of s log s) / log P for the P shares s: 1 where all pixels share alike, 0 where one has
    all. Departure from the paper, which calls it complexity: divided by log P, so that images of
    different size can be held against each other.
    """

    title: ClassVar[str] = "Entropy"
    reference: ClassVar[str] = "Bhatt et al. 2020, arXiv:2005.00631"
    higher_is_better: ClassVar[bool] = False
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)
    of_random: ClassVar[str] = "1 - 0.19 / log P for independent noise on P pixels: nearly 1"

    def summarize(self, shares: NDArray[np.float64]) -> float:
        """The normalized entropy."""
        some = shares[shares > 0]
        if len(shares) < 2:
            return float("nan")
        return float(min((some * np.log(1 / some)).sum() / np.log(len(shares)), 1))
