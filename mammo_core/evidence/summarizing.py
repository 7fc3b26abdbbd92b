"""Measures of a map's own shape."""

import abc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.base import Family, Images, MapMetric, Maps, Masks, Scores
from mammo_core.evidence.map_checks import check_maps
from mammo_core.types import Classifier, Target


@dataclass(frozen=True, kw_only=True)
class Summarizing(MapMetric):
    """Says how few pixels carry a map: easy to read, which is not the same as right.

    A constant map is the extreme of it; an empty one, or one that is not finite, is undefined.
    """

    family: ClassVar[Family] = "complexity"

    @abc.abstractmethod
    def summarize(self, shares: NDArray[np.float64]) -> float:
        """The measure of (H W,) absolute values as shares of their sum."""

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
            ValueError: For maps of another shape than the images.
        """
        return np.array([self._measure_one(a) for a in check_maps(images, maps)], dtype=np.float64)

    def _measure_one(self, attribution: NDArray[np.float32]) -> float:
        sizes = np.abs(attribution.astype(np.float64)).ravel()
        total = sizes.sum()
        is_defined = bool(np.isfinite(total) and total > 0)
        return self.summarize(sizes / total) if is_defined else float("nan")
