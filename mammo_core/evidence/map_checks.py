"""What every measure of maps sees to before it begins."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.evidence.base import Images, Maps, Masks


def check_maps(images: Images, maps: Maps) -> NDArray[np.float32]:
    """The maps as float32, one for each image and on its grid.

    Raises:
        ValueError: For maps of another shape.
    """
    maps = np.asarray(maps, dtype=np.float32)
    if maps.shape != np.shape(images)[:3]:
        raise ValueError(f"Expected maps of shape {np.shape(images)[:3]}, got {maps.shape}")
    return maps


def check_masks(maps: Maps, masks: Masks) -> NDArray[np.bool_]:
    """The lesion masks as bool, one for each map and on its grid.

    Raises:
        ValueError: For masks of another shape.
    """
    masks = np.asarray(masks, dtype=bool)
    if masks.shape != maps.shape:
        raise ValueError(f"Expected masks of shape {maps.shape}, got {masks.shape}")
    return masks


def is_telling(attribution: NDArray[np.float32]) -> bool:
    """Whether a map says anything at all: it is finite and not the same everywhere."""
    return bool(np.isfinite(attribution).all() and np.ptp(attribution) > 0)
