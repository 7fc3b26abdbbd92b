"""How much of a map lies on air, where there should be nothing to see.

Nothing is cut from a map for it. A class activation map that weighs whole channels of a layer
(Grad-CAM, Grad-CAM++, XGrad-CAM, Score-CAM, Ablation-CAM, Eigen-CAM) shows a channel wherever it
has values, and channels have values on air, from biases, whether or not they move the score there;
see docs/class-activation-maps.md.
"""

import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import find_breast
from mammo_core.overlays import is_blank

WORTH_TELLING = 0.25
"""Share of a map on air from which on whoever looks at it should be told."""


def find_air(image: NDArray[np.float32], n_views: int = 1) -> NDArray[np.bool_]:
    """(H, W) True outside the breast.

    Args:
        image: (H, W) in [0, 1], a model's input.
        n_views: Images that hang in it side by side; one that is all black is air.
    """
    views = np.split(image, n_views, axis=1)
    return ~np.concatenate([find_breast(v).mask & (v.max() > 0) for v in views], axis=1)


def share_on_air(attribution: NDArray[np.float32], air: NDArray[np.bool_]) -> float | None:
    """The share of a map's size, signs aside, that lies on air; None of a blank map.

    A map that knows nothing of the breast has about the share of air in the image.

    Args:
        attribution: (H, W).
        air: Of `find_air`, on the same grid.
    """
    if is_blank(attribution):
        return None
    sizes = np.abs(attribution, dtype=np.float64)
    return float(sizes[air].sum() / sizes.sum())


def tell_air(share: float | None, air: NDArray[np.bool_]) -> str | None:
    """What to say beside a map that lies on air to a large part; None of any other.

    Args:
        share: Of `share_on_air`.
        air: Of `find_air`.
    """
    if share is None or share < WORTH_TELLING:
        return None
    return (
        f"{share:.0%} of this map lies outside the breast. That area is {air.mean():.0%} of the "
        "crop that the model is given, where the map ends, too. Either something there moves the "
        "score (a marker, the border), or the method shows channels that have values on air "
        "anyway; hires_cam tells the two apart"
    )
