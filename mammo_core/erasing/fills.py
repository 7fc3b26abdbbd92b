"""What stands where a region was erased; breast is filled from breast and air from air."""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.references import BLUR

Image = NDArray[np.float32]
Region = NDArray[np.bool_]
Zones = NDArray[np.uint8]
Eraser = Callable[[Region], Image]
"""Gives the image with that region erased."""

Fill = Literal["blurred", "surrounding", "mean"]
BEYOND, AIR, BREAST = 0, 1, 2
"""The zones of a model's input: what is not of this image, what lies beside the breast, the breast.

Without them a region at the skin would be filled with air, and a tag beside the breast with
tissue: both are things to see that were not there before.
"""
PULL = 1e-6
"""How weakly every erased pixel is drawn to its zone's mean; decides where nothing else does."""
NEIGHBORS = ((-1, 0), (1, 0), (0, -1), (0, 1))


def blur(image: Image, zones: Zones) -> Eraser:
    """Smears each place with its neighbors: its brightness stays, its detail goes.

    Gaussian; the standard deviation is an eighth of the image's shorter side, as for the blurred
    fill of Occlusion; twice that of the faithfulness measures.
    """
    blurred = _fill_zones(image, zones, _blur_within)
    return lambda region: np.where(region[..., None], blurred, image)


def take_mean(image: Image, zones: Zones) -> Eraser:
    """Sets each place to its zone's mean gray, each channel to its own."""
    means = _fill_zones(image, zones, lambda values, zone: values[zone].mean(axis=0))
    return lambda region: np.where(region[..., None], means, image)


def carry_on(image: Image, zones: Zones) -> Eraser:
    """Carries what surrounds the region on into it, as smooth as it can be.

    A membrane over the hole, fixed at its rim: each pixel is the mean of its neighbors (Laplace's
    equation; Perez, Gangnet and Blake 2003, 10.1145/882262.882269, without a guiding field). Flat
    and evenly sloping tissue is restored, texture is not. OpenCV's inpainting is no way around it:
    in float32 it takes what is erased into account and leaves the range of the image.

    A zone that is erased whole has no surroundings: it is set to its mean.
    """

    def erase(region: Region) -> Image:
        erased = image.copy()
        for zone in (AIR, BREAST):
            hole = region & (zones == zone)
            if hole.any():
                erased[hole] = _stretch_membrane(image, hole, zones == zone)
        return erased

    return erase


FILLS: dict[Fill, Callable[[Image, Zones], Eraser]] = {
    "blurred": blur,
    "surrounding": carry_on,
    "mean": take_mean,
}
FILL_TITLES: dict[Fill, str] = {
    "blurred": "Blurred",
    "surrounding": "Surrounding tissue",
    "mean": "Mean gray",
}


def _fill_zones(
    image: Image, zones: Zones, fill: Callable[[Image, Region], NDArray[np.float32]]
) -> Image:
    """(H, W, C), every zone filled from itself alone."""
    filled = image.copy()
    for zone in (AIR, BREAST):
        inside = zones == zone
        if inside.any():
            filled[inside] = np.broadcast_to(fill(image, inside), image.shape)[inside]
    return filled


def _blur_within(image: Image, zone: Region) -> Image:
    """The blur that takes nothing from outside the zone; meaningless outside it."""
    inside = zone.astype(np.float32)
    weights = _blur(inside)[..., None]
    smeared = _blur(image * inside[..., None]) / np.maximum(weights, np.float32(1e-6))
    return smeared.astype(np.float32, copy=False)


def _blur(image: Image) -> Image:
    blurred = cv2.GaussianBlur(image, (0, 0), max(1.0, BLUR * min(image.shape[:2])))
    return np.asarray(blurred, dtype=np.float32).reshape(image.shape)


def _stretch_membrane(image: Image, hole: Region, zone: Region) -> NDArray[np.float32]:
    """(pixels of the hole, C): each the mean of its neighbors in the zone."""
    from scipy.sparse import coo_array, diags_array
    from scipy.sparse.linalg import splu

    n = int(hole.sum())
    number = np.pad(np.cumsum(hole).reshape(hole.shape) - 1, 1)
    hole_, zone_, image_ = np.pad(hole, 1), np.pad(zone, 1), np.pad(image, ((1, 1), (1, 1), (0, 0)))
    rows, columns = np.nonzero(hole_)
    degree = np.full(n, PULL)
    known = PULL * np.broadcast_to(image[zone].mean(axis=0, dtype=np.float64), (n, image.shape[2]))
    links = []
    for down, right in NEIGHBORS:
        at = rows + down, columns + right
        degree += zone_[at]
        known = known + np.where((zone_ & ~hole_)[at][:, None], image_[at], 0)
        inner = np.flatnonzero(hole_[at])
        links.append((inner, number[at][inner]))
    pairs = tuple(np.concatenate(ends) for ends in zip(*links, strict=True))
    tension = diags_array(degree) - coo_array((np.ones(len(pairs[0])), pairs), shape=(n, n))
    return splu(tension.tocsc()).solve(np.ascontiguousarray(known)).astype(np.float32)
