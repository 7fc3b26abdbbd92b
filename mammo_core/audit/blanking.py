"""Images with a part replaced by the background, to see what a model loses without it."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mammo_core.audit.zones import BREAST, Zones, list_zone

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


def find_outside(zones: Zones, breast: Mask) -> Mask:
    """(H, W) all that is not breast."""
    return ~breast


def find_markers(zones: Zones, breast: Mask) -> Mask:
    """(H, W) what is burned in beside it."""
    return list_zone(zones, "markers")


def find_breast(zones: Zones, breast: Mask) -> Mask:
    """(H, W) the breast, lesion and border with it."""
    return breast


def find_pectoral(zones: Zones, breast: Mask) -> Mask:
    """(H, W) the muscle, where it was found."""
    return list_zone(zones, "pectoral")


BLANKED: dict[str, tuple[str, Callable[[Zones, Mask], Mask]]] = {
    "outside": ("everything outside the breast", find_outside),
    "markers": ("the burned-in markers", find_markers),
    "breast": ("the breast", find_breast),
    "pectoral": ("the pectoral muscle", find_pectoral),
}
"""What is blanked, in words, and where it is; a new part asks for another `storage.VERSION`."""


def has_part(name: str, areas: Mapping[str, float]) -> bool:
    """Whether an image has a part of `BLANKED`, by the shares of the picture that its zones take.

    Args:
        name: In `BLANKED`.
        areas: Of `shares.measure_areas`.
    """
    return areas[BREAST] < 1 if name == "outside" else areas[name] > 0


def blank_images(image: Image, zones: Zones, breast: Mask) -> dict[str, Image]:
    """{what is blanked: (H, W, C)}; an image that has no such part comes as it is.

    Args:
        image: (H, W, C) float32 in [0, 1].
        zones: (H, W) places in `ZONES`.
        breast: (H, W) where the breast is.
    """
    background = measure_background(image, zones)
    return {
        name: np.where(find(zones, breast)[..., None], background, image)
        for name, (_, find) in BLANKED.items()
    }


def measure_background(image: Image, zones: Zones) -> NDArray[np.float32]:
    """(C,) the median of the air, so that film's gray is filled by film's gray; 0 without air."""
    air = image[list_zone(zones, "air")]
    filled = np.median(air, axis=0) if len(air) else np.zeros(image.shape[2])
    return np.asarray(filled, dtype=np.float32)
