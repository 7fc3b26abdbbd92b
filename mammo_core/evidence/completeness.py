"""Completeness."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.evidence.asked import Asked
from mammo_core.evidence.base import Family, MethodMetric, Scores


@dataclass(frozen=True, kw_only=True)
class Completeness(MethodMetric):
    """By what share a map's sum misses what the method promises that it adds up to.

    |sum of the map - difference of the logits| / |difference of the logits|, at the method's own
    resolution. A large gap means too few steps or samples, or rules that are wrong for the
    network; a small one says that the account balances, not that its items are right.
    """

    title: ClassVar[str] = "Completeness gap"
    reference: ClassVar[str] = "Sundararajan et al. 2017, arXiv:1703.01365"
    family: ClassVar[Family] = "faithfulness"
    higher_is_better: ClassVar[bool] = False
    range: ClassVar[tuple[float | None, float | None]] = (0.0, None)
    of_random: ClassVar[str] = "undefined: it promises no sum"
    explanations: ClassVar[int] = 1

    def judge(self, asked: Asked) -> Scores:
        """(N,) gaps; NaN where no sum is promised, the logit stays or the map is not finite."""
        gaps = asked.answer.completeness_gap
        if gaps is None:
            return np.full(len(asked.images), np.nan)
        return np.where(np.isfinite(gaps), gaps, np.nan).astype(np.float64)
