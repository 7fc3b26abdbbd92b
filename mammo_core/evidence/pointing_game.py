"""The pointing game."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.localizing import Localizing


@dataclass(frozen=True, kw_only=True)
class PointingGame(Localizing):
    """Whether the map's highest pixel lies on the lesion.

    Departures from the paper: the lesion is its pixels, not a box; among several highest pixels
    the share inside counts, so that a flat top is no hit by luck.

    Attributes:
        tolerance_px: Distance from the lesion, in pixels of the model's input, that still counts
            as on it. The paper allows 15 on photographs.
    """

    title: ClassVar[str] = "Pointing game"
    reference: ClassVar[str] = "Zhang et al. 2016, arXiv:1608.00507"
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)
    of_random: ClassVar[str] = "The lesion's share of the image for independent noise"
    tolerance_px: float = 0.0

    def __post_init__(self) -> None:
        if not self.tolerance_px >= 0:
            raise ValueError(f"tolerance_px must be at least 0, got {self.tolerance_px}")

    def locate(self, attribution: NDArray[np.float32], lesion: NDArray[np.bool_]) -> float:
        """The share of the highest pixels that lies inside, 0 or 1 where there is one."""
        return float(self._grow(lesion)[attribution == attribution.max()].mean())

    def _grow(self, lesion: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if not self.tolerance_px:
            return lesion
        from scipy.ndimage import distance_transform_edt

        return np.asarray(distance_transform_edt(~lesion) <= self.tolerance_px)
