"""Intersection over union at the lesion's own area."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.localizing import Localizing, share_among_top


@dataclass(frozen=True, kw_only=True)
class IntersectionOverUnion(Localizing):
    """How far the highest pixels, as many as the lesion has, cover it.

    With the lesion's own area no threshold has to be chosen, and IoU = r / (2 - r) for the
    relevance rank accuracy r: the same order of maps, on the scale that segmentation is judged on.
    Of equal values that do not all find room, each counts in proportion.
    """

    title: ClassVar[str] = "IoU at the lesion's area"
    reference: ClassVar[str] = "Saporta et al. 2022, doi:10.1038/s42256-022-00536-x"
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)
    of_random: ClassVar[str] = (
        "About p / (2 - p) for independent noise and a lesion with share p of the image"
    )

    def locate(self, attribution: NDArray[np.float32], lesion: NDArray[np.bool_]) -> float:
        """Pixels in both over pixels in either."""
        inside = share_among_top(attribution, lesion)
        return inside / (2 - inside)
