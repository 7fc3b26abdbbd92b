"""Shapley values over a tree of image regions, by the shap library."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.masking import MaskedImages, RegionMasks, ask_masked
from mammo_core.attribution.shap_library import load_shap, seeded_quietly
from mammo_core.batch_size import batch_size_of

BATCH = 16
"""Masked images between two choices of what to split; another number gives other splits."""


@dataclass(frozen=True, kw_only=True)
class PartitionShap(Attribution):
    """Owen values of nested rectangles: what each adds to the logit when it stops being blurred.

    shap's partition explainer splits the image in halves, the most telling one first. It is given
    the image as a grid of cells, finer than it resolves within its usual evaluations, so that its
    trees are small. A map adds up to logit(image) - logit(blurred image), however early it stops.

    Attributes:
        evaluations: Masked images that the model is asked about; about as many forward passes.
        cell: Side of a cell in pixels.
        blur: Side of the blur's window as a share of the image's shorter side.
        seed: Settles which of two equally telling regions is split first.
    """

    title: ClassVar[str] = "Partition SHAP"
    reference: ClassVar[str] = "Lundberg and Lee 2017, arXiv:1705.07874"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "evaluations (300) forward"
    cost: ClassVar[int] = 302
    access: ClassVar[Access] = "logits"
    evaluations: int = 300
    cell: int = 8
    blur: float = 0.125
    seed: int = 0

    def __post_init__(self) -> None:
        if self.evaluations < 4 or self.cell < 1 or not 0 < self.blur <= 1:
            raise ValueError(
                "Expected evaluations >= 4, cell >= 1 and 0 < blur <= 1, got "
                f"{self.evaluations}, {self.cell}, {self.blur}"
            )

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps, constant within each rectangle that was not split further."""
        blurred = np.stack([self._blur(image) for image in question.images])
        triples = zip(question.images, blurred, question.weights, strict=True)
        maps = [self._explain_one(question, *triple) for triple in triples]
        total = question.target_logits(question.images) - question.target_logits(blurred)
        return Attributed(np.stack(maps), total)

    def _blur(self, image: Images) -> Images:
        side = max(2, round(min(image.shape[:2]) * self.blur))
        return np.asarray(cv2.blur(image, (side, side)), dtype=np.float32).reshape(image.shape)

    def _explain_one(
        self, question: Question, image: Images, blurred: Images, weights: Images
    ) -> Maps:
        rows, columns = _cells(image.shape[0], self.cell), _cells(image.shape[1], self.cell)
        grid = (int(rows[-1]) + 1, int(columns[-1]) + 1)
        labels = rows[:, None] * grid[1] + columns
        batch_size, asked = batch_size_of(question.model), 0

        def tell(done: int, _total: int, doing: str) -> None:
            question.progress(min(asked + done, self.evaluations), self.evaluations, doing)

        def logit_of(presence: NDArray[Any]) -> NDArray[np.float32]:
            nonlocal asked
            masks = RegionMasks(labels, presence.reshape(len(presence), -1).astype(np.float32))
            masked = MaskedImages(image[None], blurred[None], [masks])
            logits = ask_masked(masked, question.model.logits, batch_size, tell)[0]
            asked += len(presence)
            return logits @ weights

        values = self._owen_values(logit_of, grid).ravel()
        return (values / np.bincount(labels.ravel())).astype(np.float32)[labels]

    def _owen_values(
        self, logit_of: Callable[[NDArray[Any]], NDArray[np.float32]], grid: tuple[int, int]
    ) -> NDArray[np.float64]:
        explainer = load_shap().PartitionExplainer(logit_of, _masker(grid))
        everything = np.ones((1, *grid, 1), dtype=np.float32)
        with seeded_quietly(self.seed):
            answer = explainer(
                everything, max_evals=self.evaluations, batch_size=BATCH, silent=True
            )
        return np.asarray(answer.values, dtype=np.float64).reshape(grid)


def _cells(length: int, cell: int) -> NDArray[np.intp]:
    """(length,) the number of the cell that each pixel belongs to."""
    return np.arange(length) // min(cell, length)


@lru_cache(maxsize=8)
def _masker(grid: tuple[int, int]) -> Any:
    """The library's masker and its tree of halves for a grid of cells."""
    return load_shap().maskers.Image(np.zeros((*grid, 1), dtype=np.float32))
