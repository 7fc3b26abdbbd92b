"""Repeatability."""

from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import Any, ClassVar

import numpy as np

from mammo_core.attribution.base import Attribution
from mammo_core.evidence.asked import Asked
from mammo_core.evidence.base import Family, MethodMetric, Scores
from mammo_core.evidence.likeness import compare_ranks, mean_of_known


@dataclass(frozen=True, kw_only=True)
class Repeatability(MethodMetric):
    """How alike the maps of one image are that a method draws from different seeds.

    The mean rank correlation over the pairs of repeats. A method without a seed is asked again
    just so; whatever gives the same map each time has 1.

    Attributes:
        repeats: How often an image is explained, at least 2; with the method's own seed and those
            that follow it.
    """

    title: ClassVar[str] = "Repeatability"
    reference: ClassVar[str] = "Visani et al. 2020, arXiv:2001.11757"
    family: ClassVar[Family] = "robustness"
    higher_is_better: ClassVar[bool] = True
    range: ClassVar[tuple[float | None, float | None]] = (-1.0, 1.0)
    of_random: ClassVar[str] = "0"
    explanations: ClassVar[int] = 2
    repeats: int = 2

    def __post_init__(self) -> None:
        if self.repeats < 2:
            raise ValueError(f"repeats must be at least 2, got {self.repeats}")

    def judge(self, asked: Asked) -> Scores:
        """(N,) correlations; NaN where the maps are constant or not finite."""
        others = [_shift_seed(asked.method, by) for by in range(1, self.repeats)]
        maps = [asked.maps, *(asked.explain_again(method=other) for other in others)]
        pairs = [compare_ranks(a, b) for a, b in combinations(maps, 2)]
        return mean_of_known(np.stack(pairs, axis=-1))


def _shift_seed(method: Attribution, by: int) -> Attribution:
    """The method with a later seed, or where it has none the method as it is."""
    seeds = {one.name: getattr(method, one.name) for one in fields(method) if one.name == "seed"}
    shifted: dict[str, Any] = {name: seed + by for name, seed in seeds.items()}
    return replace(method, **shifted)
