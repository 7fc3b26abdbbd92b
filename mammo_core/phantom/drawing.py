"""What a lesion does to the tissue around it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.phantom.fields import Field
from mammo_core.phantom.patches import Patch


@dataclass(frozen=True, eq=False)
class Drawing:
    """A lesion drawn in its patch, before it is laid into a view.

    Attributes:
        patch: The grid.
        added: (side, side) attenuation that it adds.
        region: (side, side) bool, the lesion as a reader would outline it.
        displaced: (side, side) share of the texture underneath that it replaces, 0 to 1.
        pull_mm: Radius within which tissue is drawn toward the center, 0 for none.
    """

    patch: Patch
    added: Field
    region: NDArray[np.bool_]
    displaced: Field
    pull_mm: float = 0.0
