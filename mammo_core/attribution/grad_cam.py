"""Grad-CAM."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question


@dataclass(frozen=True, kw_only=True)
class GradCam(Attribution):
    """A layer's channels, weighted by the mean of their gradients; negative sums are cut off.

    ReLU(sum_k w_k A_k) with w_k = mean over positions of dlogit/dA_k. A map of zeros says that the
    layer speaks nowhere for the class.

    Attributes:
        layer: Path of the layer; None is the model's default.
    """

    title: ClassVar[str] = "Grad-CAM"
    reference: ClassVar[str] = "Selvaraju et al. 2017, arXiv:1610.02391"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "1 forward and 1 backward, shared"
    cost: ClassVar[int] = 3
    access: ClassVar[Access] = "layer"
    needs: ClassVar[tuple[Need, ...]] = ("layer",)
    layer: str | None = None

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) non-negative maps at the layer's resolution."""
        activations, gradients = question.layer(self.layer)
        weights = gradients.mean(axis=(1, 2))
        return Attributed(np.maximum(np.einsum("nhwk,nk->nhw", activations, weights), 0))
