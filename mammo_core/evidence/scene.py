"""An image and a map of it, with what several measures take from them made once."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
BLUR = 1 / 16
"""Standard deviation of the blur as a share of the image's shorter side: a mass is gone in it."""


def paint_black(image: Image) -> Image:
    """(H, W, C) of 0, which is the background of a mammogram."""
    return np.zeros_like(image)


def paint_mean(image: Image) -> Image:
    """(H, W, C) of each channel's mean."""
    return np.broadcast_to(image.mean(axis=(0, 1)), image.shape).astype(np.float32)


def paint_blurred(image: Image) -> Image:
    """(H, W, C) after a Gaussian blur in which neither lesion nor texture is left."""
    import cv2

    sigma = BLUR * min(image.shape[:2])
    blurred = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, dtype=np.float32).reshape(image.shape)


FILLS: dict[str, Callable[[Image], Image]] = {
    "black": paint_black,
    "mean": paint_mean,
    "blurred": paint_blurred,
}
"""What a pixel that is taken away shows instead."""


def check_fill(fill: str) -> None:
    """See that there is such a fill.

    Raises:
        ValueError: For anything else; tells the known ones.
    """
    if fill not in FILLS:
        raise ValueError(f"fill must be one of {tuple(FILLS)}, got {fill!r}")


class Scene:
    """An image with the versions of it that perturbations begin from.

    Attributes:
        image: (H, W, C) float32.
    """

    def __init__(self, image: Image) -> None:
        self.image = image
        self._filled: dict[str, Image] = {}

    def filled(self, fill: str) -> Image:
        """(H, W, C) the whole image replaced by what `FILLS` paints."""
        if fill not in self._filled:
            self._filled[fill] = FILLS[fill](self.image)
        return self._filled[fill]


class Trial:
    """One map of one image, under judgment.

    Attributes:
        scene: The image.
        attribution: (H, W) float32, finite and not constant.
    """

    def __init__(self, scene: Scene, attribution: NDArray[np.float32]) -> None:
        self.scene = scene
        self.attribution = attribution
        self._orders: dict[int, NDArray[np.intp]] = {}

    def order(self, seed: int) -> NDArray[np.intp]:
        """(H W,) pixels by falling value, equal ones in an order drawn from the seed.

        Taken row by row, the ties of a map that is 0 in most places would say that its upper half
        matters more.
        """
        if seed not in self._orders:
            values = self.attribution.ravel()
            shuffled = np.random.default_rng(seed).permutation(len(values))
            self._orders[seed] = shuffled[np.argsort(-values[shuffled], kind="stable")]
        return self._orders[seed]
