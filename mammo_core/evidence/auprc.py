"""Average precision of a map as a detector of lesion pixels, corrected for chance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.localizing import Localizing


@dataclass(frozen=True, kw_only=True)
class AveragePrecision(Localizing):
    """How well the map's values tell pixels of the lesion from all others, at every threshold.

    (AP - p) / (1 - p) for the average precision AP and the lesion's share p of the image: what AP
    is worth beyond a coin, so that small and large lesions can be averaged. Undefined where the
    lesion is the whole image.
    """

    title: ClassVar[str] = "AUPRC, chance-corrected"
    reference: ClassVar[str] = (
        "Davis and Goadrich 2006, doi:10.1145/1143844.1143874; corrected like "
        "Cohen 1960, doi:10.1177/001316446002000104"
    )
    range: ClassVar[tuple[float | None, float | None]] = (None, 1.0)
    of_random: ClassVar[str] = (
        "A trace above 0 for independent noise; 0.02 to 0.07 for smooth random maps"
    )

    def locate(self, attribution: NDArray[np.float32], lesion: NDArray[np.bool_]) -> float:
        """The part of what chance leaves open that the map wins."""
        chance = lesion.mean()
        if chance == 1:
            return float("nan")
        return float((_average_precision(attribution, lesion) - chance) / (1 - chance))


def _average_precision(attribution: NDArray[np.float32], lesion: NDArray[np.bool_]) -> float:
    """Precision at each threshold, weighted by the recall it adds; equal values fall together."""
    order = np.argsort(-attribution, axis=None)
    values = attribution.ravel()[order]
    ends = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
    hits = np.cumsum(lesion.ravel()[order])[ends]
    precision = hits / (ends + 1)
    return float((precision * np.diff(hits, prepend=0)).sum() / hits[-1])
