"""Relevance rank accuracy."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.localizing import Localizing, share_among_top


@dataclass(frozen=True, kw_only=True)
class RelevanceRank(Localizing):
    """What share of the highest pixels, as many as the lesion has, lies on the lesion.

    Of equal values that do not all find room, each counts in proportion.
    """

    title: ClassVar[str] = "Relevance rank accuracy"
    reference: ClassVar[str] = "Arras et al. 2022, arXiv:2003.07258"
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)
    of_random: ClassVar[str] = "The lesion's share of the image for independent noise"

    def locate(self, attribution: NDArray[np.float32], lesion: NDArray[np.bool_]) -> float:
        """The share inside."""
        return share_among_top(attribution, lesion)
