"""Measures of where a map lies, against the lesion."""

import abc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.base import Family, Images, MapMetric, Maps, Masks, Scores
from mammo_core.evidence.map_checks import check_maps, check_masks, is_telling
from mammo_core.types import Classifier, Target


@dataclass(frozen=True, kw_only=True)
class Localizing(MapMetric):
    """Holds a map against the pixels of the lesion; the model is not asked.

    A map that is constant or not finite points nowhere, and without a lesion there is nothing to
    point at: both are undefined.
    """

    family: ClassVar[Family] = "localization"
    higher_is_better: ClassVar[bool] = True
    needs_mask: ClassVar[bool] = True

    @abc.abstractmethod
    def locate(self, attribution: NDArray[np.float32], lesion: NDArray[np.bool_]) -> float:
        """The measure of one (H, W) map, finite and not constant, and a mask that is not empty."""

    def measure(
        self,
        model: Classifier,
        images: Images,
        maps: Maps,
        target: Target,
        masks: Masks | None = None,
    ) -> Scores:
        """(N,) a number for each map, NaN where it is undefined.

        Raises:
            ValueError: For maps or masks of another shape than the images.
        """
        maps = check_maps(images, maps)
        found = np.full(len(maps), np.nan)
        if masks is None:
            return found
        for k, (attribution, lesion) in enumerate(zip(maps, check_masks(maps, masks), strict=True)):
            if lesion.any() and is_telling(attribution):
                found[k] = self.locate(attribution, lesion)
        return found


def share_among_top(attribution: NDArray[np.float32], lesion: NDArray[np.bool_]) -> float:
    """Of the highest pixels, as many as the lesion has, the share that lies inside.

    Of pixels of equal value that do not all find room, each counts in proportion, which is what a
    random choice among them gives on average.
    """
    values, inside = attribution.ravel(), lesion.ravel()
    n = int(inside.sum())
    limit = np.partition(values, len(values) - n)[len(values) - n]
    above, tied = values > limit, values == limit
    room = (n - above.sum()) / tied.sum()
    return float((inside[above].sum() + room * inside[tied].sum()) / n)
