"""Integrated gradients."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Question
from mammo_core.types import Contrast


@dataclass(frozen=True, kw_only=True)
class IntegratedGradients(Attribution):
    """The average gradient on the straight path from a baseline, times the distance.

    The integral is taken by Gauss-Legendre quadrature, as in the paper's own experiments with few
    steps; with enough of them a map adds up to logit(image) - logit(baseline).

    Attributes:
        steps: Points on the path, at least 1.
        baseline: The gray of the empty image that the path starts from; 0 is the background.
    """

    title: ClassVar[str] = "Integrated Gradients"
    reference: ClassVar[str] = "Sundararajan et al. 2017, arXiv:1703.01365"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "steps (32) forward and backward, 2 forward"
    cost: ClassVar[int] = 98
    access: ClassVar[Access] = "gradient"
    steps: int = 32
    baseline: float = 0.0

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1, got {self.steps}")

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps whose sum is the difference of the logits."""
        pairs = zip(question.images, question.target, strict=True)
        maps = [self._follow_path(question, image, target) for image, target in pairs]
        empty = np.full_like(question.images, self.baseline)
        total = question.target_logits(question.images) - question.target_logits(empty)
        return Attributed(np.stack(maps), total)

    def _follow_path(
        self, question: Question, image: NDArray[np.float32], target: int | Contrast
    ) -> NDArray[np.float32]:
        points, weights = np.polynomial.legendre.leggauss(self.steps)
        shares = ((points + 1) / 2).astype(np.float32)[:, None, None, None]
        distance = image - np.float32(self.baseline)
        gradients = question.model.gradient(np.float32(self.baseline) + shares * distance, target)
        mean = np.einsum("s,shwc->hwc", weights / 2, gradients)
        return (distance * mean).sum(axis=-1).astype(np.float32)
