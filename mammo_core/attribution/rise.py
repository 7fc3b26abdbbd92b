"""RISE."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
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

CHUNK = 16
"""Masks that are held at once."""


@dataclass(frozen=True, kw_only=True)
class Rise(Attribution):
    """The masks through which the image looks most like the class, added up.

    S(x) = sum_i (p_i - mean p) M_i(x) / (N shown), with p_i the probability of the image seen
    through mask i, of a contrast the difference of both. A mask is a coarse grid of ones and
    zeros, upsampled and shifted by less than a cell; all images are seen through the same ones.

    Departure: the paper leaves out the mean of p. With it a map is that of the paper less what a
    model without any opinion would get, which is the noise of how often each pixel is shown and
    a constant that hides what speaks against the class.

    Attributes:
        masks: How many; also the forward passes.
        cells: Of a mask along the image's shorter side.
        shown: Probability that a cell is shown.
        fill: What hides; the paper's black, "gray", "mean" (the image's own) or "blurred".
        seed: Of the masks.
    """

    title: ClassVar[str] = "RISE"
    reference: ClassVar[str] = "Petsiuk et al. 2018, arXiv:1806.07421"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "masks (500) forward, for all classes together"
    cost: ClassVar[int] = 500
    access: ClassVar[Access] = "logits"
    masks: int = 500
    cells: int = 7
    shown: float = 0.5
    fill: Fill = "black"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.masks < 2 or self.cells < 1 or not 0 < self.shown < 1:
            raise ValueError(
                "Expected masks >= 2, cells >= 1 and 0 < shown < 1, got "
                f"{self.masks}, {self.cells}, {self.shown}"
            )
        check_fill(self.fill)

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps of probabilities."""
        images, which = find_distinct(question.images)
        grids = self.draw_masks(images.shape[1:3])
        probabilities = question.keep(self, lambda: self._ask(question, images, grids))
        shares = still_noise(np.einsum("nmk,nk->nm", probabilities[which], question.weights))
        shares = shares - shares.mean(axis=1, keepdims=True, dtype=np.float64)
        return Attributed(grids.add_up(shares) / np.float32(self.masks * self.shown))

    def _ask(
        self, question: Question, images: Images, grids: "ShiftedGrids"
    ) -> NDArray[np.float32]:
        """(N, masks, classes) probabilities of each image behind each mask."""
        model = question.model
        masked = MaskedImages(images, fill_images(images, self.fill), [grids] * len(images))
        return ask_masked(masked, model.predict, batch_size_of(model), question.progress)

    def draw_masks(self, shape: tuple[int, ...]) -> "ShiftedGrids":
        """The masks for images of (H, W), always the same ones."""
        rng = np.random.default_rng(self.seed)
        cell = min(shape) / min(self.cells, *shape)
        n_cells = [max(1, round(length / cell)) for length in shape]
        sizes = [-(-length // n) for length, n in zip(shape, n_cells, strict=True)]
        grids = rng.random((self.masks, n_cells[0] + 1, n_cells[1] + 1)) < self.shown
        shifts = rng.integers(0, sizes, size=(self.masks, 2))
        return ShiftedGrids(shape, (sizes[0], sizes[1]), grids, shifts)


@dataclass(frozen=True, eq=False)
class ShiftedGrids:
    """Masks of a grid of cells, one more than the image has each way, upsampled and cut out.

    Attributes:
        shape: (H, W) of the image.
        cell: (rows, columns) of a cell in pixels.
        grids: (masks, rows, columns), True where a cell is shown.
        shifts: (masks, 2), where in the first cell the image begins.
    """

    shape: tuple[int, ...]
    cell: tuple[int, int]
    grids: NDArray[np.bool_]
    shifts: NDArray[np.integer]

    def __len__(self) -> int:
        """How many masks."""
        return len(self.grids)

    def __getitem__(self, number: int) -> NDArray[np.float32]:
        """(H, W), its mean over all grids the probability that a cell is shown."""
        grid, (down, right) = self.grids[number].astype(np.float32), self.shifts[number]
        size = (grid.shape[1] * self.cell[1], grid.shape[0] * self.cell[0])
        large = cv2.resize(grid, size, interpolation=cv2.INTER_LINEAR)
        cut = large[down : down + self.shape[0], right : right + self.shape[1]]
        return np.asarray(cut, dtype=np.float32)

    def add_up(self, weights: NDArray[np.floating]) -> Maps:
        """(N, H, W) sums of the masks, weighted by (N, masks)."""
        maps = np.zeros((len(weights), *self.shape), dtype=np.float32)
        for start in range(0, len(self), CHUNK):
            numbers = range(start, min(start + CHUNK, len(self)))
            masks = np.stack([self[number] for number in numbers])
            maps += np.einsum("nm,mhw->nhw", weights[:, numbers.start : numbers.stop], masks)
        return maps
