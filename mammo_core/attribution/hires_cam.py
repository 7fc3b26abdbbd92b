"""HiResCAM."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question


@dataclass(frozen=True, kw_only=True)
class HiResCam(Attribution):
    """A layer's channels times their gradients, cell by cell: sum_k A_k * dlogit/dA_k.

    No ReLU, as in the paper: where all that follows the layer is linear, the map adds up to the
    logit minus the bias.

    Attributes:
        layer: Path of the layer; None is the model's default.
    """

    title: ClassVar[str] = "HiResCAM"
    reference: ClassVar[str] = "Draelos and Carin 2020, arXiv:2011.08891"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "1 forward and 1 backward, shared"
    cost: ClassVar[int] = 3
    access: ClassVar[Access] = "layer"
    needs: ClassVar[tuple[Need, ...]] = ("layer",)
    layer: str | None = None

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) signed maps at the layer's resolution."""
        activations, gradients = question.layer(self.layer)
        return Attributed(np.einsum("nhwk,nhwk->nhw", activations, gradients))
