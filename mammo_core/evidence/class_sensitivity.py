"""Class sensitivity."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.asked import Asked
from mammo_core.evidence.base import Family, MethodMetric, Scores
from mammo_core.evidence.likeness import compare_ranks
from mammo_core.targets import split_target
from mammo_core.types import Contrast


@dataclass(frozen=True, kw_only=True)
class ClassSensitivity(MethodMetric):
    """How much the map of this class differs from that of another.

    1 - Spearman's rank correlation of the two maps, with their signs: 0 is the same map for both,
    1 two that have nothing to do with each other or a second one that is empty, 2 one that is the
    other upside down. The other class is the most probable one besides; of two classes the other;
    of a contrast the same contrast turned around. It says that a method can tell classes apart,
    not that it does so rightly.
    """

    title: ClassVar[str] = "Class sensitivity"
    reference: ClassVar[str] = "Sixt et al. 2020, arXiv:1912.09818 (random logit test)"
    family: ClassVar[Family] = "randomization"
    higher_is_better: ClassVar[bool] = True
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 2.0)
    of_random: ClassVar[str] = "0 where noise is drawn for the image, 1 where for each class anew"
    explanations: ClassVar[int] = 2

    def judge(self, asked: Asked) -> Scores:
        """(N,) differences; NaN where the class's own map is constant or one is not finite."""
        return 1 - compare_ranks(asked.maps, asked.explain_again(target=_name_others(asked)))


def _name_others(asked: Asked) -> list[int | Contrast]:
    targets = split_target(asked.target, asked.model.classes, len(asked.images))
    probabilities = asked.model.predict(asked.images)
    return [
        Contrast(one.against, one.of) if isinstance(one, Contrast) else _most_probable_but(one, row)
        for one, row in zip(targets, probabilities, strict=True)
    ]


def _most_probable_but(taken: int, probabilities: NDArray[np.float32]) -> int:
    others = [k for k in range(len(probabilities)) if k != taken]
    return max(others, key=lambda k: float(probabilities[k]))
