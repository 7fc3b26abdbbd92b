"""How far the maps of several methods agree on an image."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.base import Maps, rank
from mammo_core.evidence.likeness import mean_of_known
from mammo_core.evidence.map_checks import is_telling

GRID = (20, 16)
"""(rows, columns) on which maps are compared, as fine as the coarsest of them: within a cell a
gradient and a class activation map could not agree."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """Of each image, which maps order its places alike.

    Attributes:
        methods: The M names, in the order in which they were given.
        correlations: (N, M, M) Spearman's rank correlation of each two maps on `GRID`: 1 the same
            order of all places, 0 none in common, -1 the reverse. NaN where one is constant or
            not finite, also with itself.
    """

    methods: tuple[str, ...]
    correlations: NDArray[np.float64]

    @property
    def between(self) -> NDArray[np.float64]:
        """(M, M) means over the images where both maps say anything, NaN where on none."""
        return mean_of_known(np.moveaxis(self.correlations, 0, -1))


def rank_agreement(maps: Mapping[str, Maps]) -> Agreement:
    """The agreement of each two methods on each image, their signs included.

    Maps are brought to a common grid by area averages and ranked there. That methods agree does
    not make them right: those of one family share their faults.

    Args:
        maps: {method: (N, H, W)}, enlarged to the images' grid as they are shown: before that, a
            map of few cells has other ties, and agrees up to 0.2 more or less with another.

    Raises:
        ValueError: For methods with maps of another number of images.
    """
    numbers = {len(of_method) for of_method in maps.values()}
    if len(numbers) != 1:
        raise ValueError(f"Expected maps of the same images by each method, got {numbers} of them")
    directions = np.stack([_find_directions(np.asarray(one)) for one in maps.values()], axis=1)
    correlations = np.einsum("nac,nbc->nab", directions, directions)
    return Agreement(tuple(maps), np.clip(correlations, -1, 1))


def _find_directions(maps: Maps) -> NDArray[np.float64]:
    """(N, cells) centered ranks of length 1, whose products are rank correlations."""
    centered = rank(np.stack([_shrink(one) for one in maps]))
    centered -= centered.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centered**2).sum(axis=1, keepdims=True))
    unknown = np.full_like(centered, np.nan)
    return np.divide(centered, lengths, out=unknown, where=lengths > 0)


def _shrink(attribution: NDArray[np.float32]) -> NDArray[np.float64]:
    """(cells,) area averages; of a map that says nothing, zeros."""
    import cv2

    if not is_telling(attribution):
        return np.zeros(GRID).ravel()
    large = attribution.astype(np.float64)
    small = cv2.resize(large, GRID[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float64).ravel()
