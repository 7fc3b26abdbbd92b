"""Occlusion."""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.masking import (
    Fill,
    MaskedImages,
    ask_masked,
    check_fill,
    fill_images,
    find_distinct,
    still_noise,
)
from mammo_core.batch_size import batch_size_of


@dataclass(frozen=True, kw_only=True)
class Occlusion(Attribution):
    """How far the logit falls when a patch that covers the pixel is hidden.

    A square slides over the image up to its edges; a pixel's value is the mean over all squares
    that cover it. What says nothing, or looks like what hides it, gets 0.

    What hides decides what is found. A square of the mean gray, as in the paper, hides a lesion
    whole, and is itself a thing to see in fat or air; the blurred image leaves how bright it is.

    Attributes:
        patch: Side of the square as a share of the image's shorter side.
        stride: From one square to the next, as a share of the square's side.
        fill: What hides: "mean" (the image's own gray), "blurred", "gray" or "black".
    """

    title: ClassVar[str] = "Occlusion"
    reference: ClassVar[str] = "Zeiler and Fergus 2014, arXiv:1311.2901"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "1 forward a patch (209 at 320 x 192)"
    cost: ClassVar[int] = 210
    access: ClassVar[Access] = "logits"
    patch: float = 1 / 6
    stride: float = 0.5
    fill: Fill = "mean"

    def __post_init__(self) -> None:
        if not (0 < self.patch <= 1 and 0 < self.stride <= 1):
            raise ValueError(
                f"Expected patch and stride above 0 and up to 1, got {self.patch} and {self.stride}"
            )
        check_fill(self.fill)

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps of logits."""
        images, which = find_distinct(question.images)
        patches = cover(images.shape[1:3], self.patch, self.stride)
        logits = question.keep(self, lambda: self._ask(question, images, patches))
        values = still_noise(np.einsum("nmk,nk->nm", logits[which], question.weights))
        drops = values[:, :1] - values[:, 1:]
        return Attributed(np.stack([patches.average(drop) for drop in drops]))

    def _ask(self, question: Question, images: Images, patches: "Patches") -> NDArray[np.float32]:
        """(N, 1 + patches, classes) logits of each image as it is, then behind each patch."""
        model = question.model
        masked = MaskedImages(images, fill_images(images, self.fill), [patches] * len(images))
        logits = ask_masked(masked, model.logits, batch_size_of(model), question.progress)
        return np.concatenate([model.logits(images)[:, None], logits], axis=1)


@dataclass(frozen=True, eq=False)
class Patches:
    """Masks that hide one square each.

    Attributes:
        shape: (H, W) of the image.
        side: Of a square in pixels.
        corners: (patches, 2) the row and column of each square's first pixel.
    """

    shape: tuple[int, ...]
    side: int
    corners: NDArray[np.intp]

    def __len__(self) -> int:
        """How many squares."""
        return len(self.corners)

    def __getitem__(self, number: int) -> NDArray[np.float32]:
        """(H, W)."""
        row, column = self.corners[number]
        mask = np.ones(self.shape, dtype=np.float32)
        mask[row : row + self.side, column : column + self.side] = 0
        return mask

    def average(self, values: NDArray[np.floating]) -> Maps:
        """(H, W): at each pixel the mean of the values of the squares that cover it."""
        return (self._add_up(values) / self._add_up(np.ones(len(self)))).astype(np.float32)

    def _add_up(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """(H, W) sums, made from their differences, which are at the squares' corners alone."""
        rows, columns = self.corners.T
        differences = np.zeros((self.shape[0] + 1, self.shape[1] + 1))
        for down, right in product((0, self.side), repeat=2):
            sign = 1 if down == right else -1
            np.add.at(differences, (rows + down, columns + right), sign * values)
        return differences.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]


def cover(shape: tuple[int, ...], patch: float, stride: float) -> Patches:
    """Squares in rows and columns, the last ones flush with the image's edges.

    Args:
        shape: (H, W).
        patch: Side as a share of the shorter side; a pixel at least.
        stride: As a share of a square's side; a pixel at least.
    """
    side = max(1, round(patch * min(shape)))
    step = max(1, round(stride * side))
    starts = [sorted({*range(0, length - side, step), length - side}) for length in shape]
    return Patches(shape, side, np.array(list(product(*starts)), dtype=np.intp))
