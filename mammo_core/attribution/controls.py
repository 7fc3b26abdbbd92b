"""Maps that know nothing of the model: what a method must beat before it deserves belief."""

import zlib
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from mammo_core.attribution.base import (
    Access,
    Attributed,
    Attribution,
    Images,
    Maps,
    Question,
)


@dataclass(frozen=True, kw_only=True)
class RandomMap(Attribution):
    """Uniform noise, drawn anew for each image from the seed and the image's content.

    Attributes:
        seed: The same seed and image give the same noise.
    """

    title: ClassVar[str] = "Random"
    reference: ClassVar[str] = "Samek et al. 2015, arXiv:1509.06321 (random order as baseline)"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "none"
    cost: ClassVar[int] = 0
    access: ClassVar[Access] = "nothing"
    is_control: ClassVar[bool] = True
    is_class_blind: ClassVar[bool] = True
    seed: int = 0

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps in [0, 1)."""
        return Attributed(_draw_noise(question.images, self.seed, question.images.shape[1:3]))


@dataclass(frozen=True, kw_only=True)
class SmoothRandomMap(Attribution):
    """Uniform noise on a few cells, as coarse as a class activation map; otherwise as `RandomMap`.

    Enlarged it is smooth, and where few cells decide more is won by luck than from noise that is
    drawn for each pixel.

    Attributes:
        cells: Along the image's shorter side; as square as they can be, at least one each way.
        seed: The same seed and image give the same noise.
    """

    title: ClassVar[str] = "Random, smooth"
    reference: ClassVar[str] = "Samek et al. 2015, arXiv:1509.06321 (random order as baseline)"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "none"
    cost: ClassVar[int] = 0
    access: ClassVar[Access] = "nothing"
    is_control: ClassVar[bool] = True
    is_class_blind: ClassVar[bool] = True
    cells: int = 6
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cells < 1:
            raise ValueError(f"cells must be at least 1, got {self.cells}")

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) maps in [0, 1)."""
        rows, columns = question.images.shape[1:3]
        side = max(min(rows, columns) / self.cells, 1)
        grid = round(rows / side), round(columns / side)
        return Attributed(_draw_noise(question.images, self.seed, grid))


@dataclass(frozen=True, kw_only=True)
class EdgeMap(Attribution):
    """How steep the image itself is at each pixel (Sobel)."""

    title: ClassVar[str] = "Edges"
    reference: ClassVar[str] = "Adebayo et al. 2018, arXiv:1810.03292 (edge detector as control)"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "none"
    cost: ClassVar[int] = 0
    access: ClassVar[Access] = "nothing"
    is_control: ClassVar[bool] = True
    is_class_blind: ClassVar[bool] = True

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) non-negative maps."""
        grays = question.images.mean(axis=-1)
        slopes = [(cv2.Sobel(g, cv2.CV_32F, 1, 0), cv2.Sobel(g, cv2.CV_32F, 0, 1)) for g in grays]
        return Attributed(np.stack([np.hypot(x, y) for x, y in slopes]))


@dataclass(frozen=True, kw_only=True)
class BlurredCopy(Attribution):
    """The image itself, a little blurred: that something lies on what is bright and dense.

    A method that only gives the image back, as some do, looks like an explanation of it.

    Attributes:
        blur: Standard deviation as a share of the image's shorter side; a pixel at least.
    """

    title: ClassVar[str] = "Blurred copy"
    reference: ClassVar[str] = "Nie et al. 2018, arXiv:1805.07039 (maps that recover the image)"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "none"
    cost: ClassVar[int] = 0
    access: ClassVar[Access] = "nothing"
    is_control: ClassVar[bool] = True
    is_class_blind: ClassVar[bool] = True
    blur: float = 1 / 32

    def __post_init__(self) -> None:
        if not 0 <= self.blur <= 1:
            raise ValueError(f"blur must be a share from 0 to 1, got {self.blur}")

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) grays."""
        width = max(1.0, self.blur * min(question.images.shape[1:3]))
        grays = question.images.mean(axis=-1)
        return Attributed(np.stack([cv2.GaussianBlur(gray, (0, 0), width) for gray in grays]))


@dataclass(frozen=True, kw_only=True)
class CenterMap(Attribution):
    """A Gaussian on the middle of the image, a quarter of each side wide."""

    title: ClassVar[str] = "Center"
    reference: ClassVar[str] = "Zhang et al. 2016, arXiv:1608.00507 (center as baseline)"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "none"
    cost: ClassVar[int] = 0
    access: ClassVar[Access] = "nothing"
    is_control: ClassVar[bool] = True
    is_class_blind: ClassVar[bool] = True

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps in (0, 1]."""
        n, rows, columns = question.images.shape[:3]
        across, along = (_distances(length) for length in (rows, columns))
        gaussian = np.exp(-8 * (across[:, None] ** 2 + along**2)).astype(np.float32)
        return Attributed(np.repeat(gaussian[None], n, axis=0))


def _draw_noise(images: Images, seed: int, shape: tuple[int, int]) -> Maps:
    """(N, *shape) uniform noise by the seed and each image's content."""
    digests = [zlib.crc32(image.tobytes()) for image in images]
    generators = [np.random.default_rng([seed, digest]) for digest in digests]
    return np.stack([g.random(shape, dtype=np.float32) for g in generators])


def _distances(length: int) -> np.ndarray:
    """(length,) distance of each pixel's center from the middle, the side being 1."""
    return (np.arange(length) + 0.5) / length - 0.5
