"""XGrad-CAM."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question


@dataclass(frozen=True, kw_only=True)
class XGradCam(Attribution):
    """A layer's channels, weighted by their gradients' mean where the channel is active.

    ReLU(sum_k w_k A_k) with w_k = sum(A_k * dlogit/dA_k) / sum(A_k); a channel without activation
    weighs nothing.

    Attributes:
        layer: Path of the layer; None is the model's default.
    """

    title: ClassVar[str] = "XGrad-CAM"
    reference: ClassVar[str] = "Fu et al. 2020, arXiv:2008.02312"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "1 forward and 1 backward, shared"
    cost: ClassVar[int] = 3
    access: ClassVar[Access] = "layer"
    needs: ClassVar[tuple[Need, ...]] = ("layer",)
    layer: str | None = None

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) non-negative maps at the layer's resolution."""
        activations, gradients = question.layer(self.layer)
        products = np.einsum("nhwk,nhwk->nk", activations, gradients)
        sums = activations.sum(axis=(1, 2))
        is_active = np.abs(sums) > 1e-6 * np.abs(activations).sum(axis=(1, 2))
        weights = np.divide(products, sums, out=np.zeros_like(sums), where=is_active)
        return Attributed(np.maximum(np.einsum("nhwk,nk->nhw", activations, weights), 0))
