"""What chance draws for an image, the same for every choice of steps and strengths.

So one step more, or a stronger one, leaves what the other steps do as it was.
"""

from typing import NamedTuple

import numpy as np


class Lots(NamedTuple):
    """One number from [0, 1) for each thing that chance decides."""

    flip: float
    quarters: float
    rotate: float
    scale: float
    right: float
    down: float
    gain: float
    gamma: float
    noise: float
    place: float
    top: float
    left: float


def draw_lots(rng: np.random.Generator) -> Lots:
    """The lots of one image."""
    return Lots(*rng.random(len(Lots._fields)).tolist())


def swing(strength: float, lot: float) -> float:
    """From -strength to strength."""
    return strength * (2 * lot - 1)
