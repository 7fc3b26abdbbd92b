"""Model randomization."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.evidence.asked import Asked
from mammo_core.evidence.base import Family, MethodMetric, Scores
from mammo_core.evidence.likeness import compare_ranks
from mammo_core.evidence.randomization_curve import (
    DEPTHS,
    check_depths,
    explain_stations,
    sum_up_losses,
)


@dataclass(frozen=True, kw_only=True)
class ModelRandomization(MethodMetric):
    """How little of a map is left when the network forgets what it learned.

    1 - mean |Spearman's rank correlation| of the map with those of the same network with its top
    layers drawn anew, by each layer's own initializer, down to `depths` of its layers: 0 is a map
    that does not depend on the weights, as an edge detector's, 1 one of which nothing is left. A
    map upside down is still the same picture, so signs of correlations do not count. A map that
    random weights leave empty counts as none left, save where the logit itself no longer depends
    on the image: there is nothing to explain, and the station is left out. See
    `randomization_curve` for each station.

    Attributes:
        depths: Rising shares of the layers that are drawn at each station, from the top down.
        seed: Draws the weights.
    """

    title: ClassVar[str] = "Model parameter randomization"
    reference: ClassVar[str] = "Adebayo et al. 2018, arXiv:1810.03292"
    family: ClassVar[Family] = "randomization"
    higher_is_better: ClassVar[bool] = True
    range: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)
    revision: ClassVar[int] = 2
    of_random: ClassVar[str] = (
        "0 where noise is drawn for the image; where for each model, 0.97 if independent on "
        "40 x 24, 0.77 on 5 x 3 cells"
    )
    explanations: ClassVar[int] = 1 + len(DEPTHS)
    depths: tuple[float, ...] = DEPTHS
    seed: int = 0

    def __post_init__(self) -> None:
        check_depths(self.depths)

    def judge(self, asked: Asked) -> Scores:
        """(N,) what is gone of each map; NaN where it is constant, or no station says anything."""
        stations = explain_stations(asked, self.depths, self.seed)
        left = [compare_ranks(asked.maps, station.maps) for station in stations]
        return sum_up_losses(np.stack(left, axis=-1))
