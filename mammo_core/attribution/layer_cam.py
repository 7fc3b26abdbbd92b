"""LayerCAM."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question


@dataclass(frozen=True, kw_only=True)
class LayerCam(Attribution):
    """A layer's channels times the positive part of their gradients, cell by cell.

    ReLU(sum_k A_k * ReLU(dlogit/dA_k)).

    Attributes:
        layer: Path of the layer; None is the model's default.
    """

    title: ClassVar[str] = "LayerCAM"
    reference: ClassVar[str] = "Jiang et al. 2021, doi:10.1109/TIP.2021.3089943"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "1 forward and 1 backward, shared"
    cost: ClassVar[int] = 3
    access: ClassVar[Access] = "layer"
    needs: ClassVar[tuple[Need, ...]] = ("layer",)
    layer: str | None = None

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) non-negative maps at the layer's resolution."""
        activations, gradients = question.layer(self.layer)
        products = np.einsum("nhwk,nhwk->nhw", activations, np.maximum(gradients, 0))
        return Attributed(np.maximum(products, 0))
