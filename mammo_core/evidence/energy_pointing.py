"""The energy-based pointing game."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.localizing import Localizing


@dataclass(frozen=True, kw_only=True)
class EnergyPointing(Localizing):
    """What share of a map's positive values lies on the lesion.

    A map without positive values speaks for nothing and is undefined.
    """

    title: ClassVar[str] = "Energy-based pointing game"
    reference: ClassVar[str] = "Wang et al. 2020, arXiv:1910.01279"
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)
    of_random: ClassVar[str] = "The lesion's share of the image for independent noise"

    def locate(self, attribution: NDArray[np.float32], lesion: NDArray[np.bool_]) -> float:
        """Sum of the positive values inside over that of all."""
        energy = np.maximum(attribution.astype(np.float64), 0)
        total = energy.sum()
        return float(energy[lesion].sum() / total) if total > 0 else float("nan")
