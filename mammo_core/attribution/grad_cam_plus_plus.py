"""Grad-CAM++."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question


@dataclass(frozen=True, kw_only=True)
class GradCamPlusPlus(Attribution):
    """A layer's channels, weighted by the sum of their positive gradients, each by its alpha.

    Eq. 19 for the score exp(logit): alpha = G^2 / (2 G^2 + sum(A) G^3) with G = dlogit/dA.
    Divided by G^2 it is 1 / (2 + sum(A) G), which neither over- nor underflows. The weights' factor
    exp(logit) scales the whole map and is left out. Alphas whose denominator is not positive, which
    the paper's non-negative activations exclude, count as 0.

    Attributes:
        layer: Path of the layer; None is the model's default.
    """

    title: ClassVar[str] = "Grad-CAM++"
    reference: ClassVar[str] = "Chattopadhyay et al. 2018, arXiv:1710.11063"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "1 forward and 1 backward, shared"
    cost: ClassVar[int] = 3
    access: ClassVar[Access] = "layer"
    needs: ClassVar[tuple[Need, ...]] = ("layer",)
    layer: str | None = None

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) non-negative maps at the layer's resolution."""
        activations, gradients = question.layer(self.layer)
        denominator = 2 + activations.sum(axis=(1, 2), keepdims=True) * gradients
        positive = np.where(denominator > 1e-6, np.maximum(gradients, 0), 0)
        weights = (positive / np.maximum(denominator, 1e-6)).sum(axis=(1, 2))
        return Attributed(np.maximum(np.einsum("nhwk,nk->nhw", activations, weights), 0))
