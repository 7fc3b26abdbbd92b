"""Input times gradient."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question


@dataclass(frozen=True, kw_only=True)
class InputXGradient(Attribution):
    """The image times the logit's gradient, summed over channels: a linear guess at each share."""

    title: ClassVar[str] = "Input x Gradient"
    reference: ClassVar[str] = "Shrikumar et al. 2016, arXiv:1605.01713"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "1 forward and 1 backward, shared"
    cost: ClassVar[int] = 3
    access: ClassVar[Access] = "gradient"
    needs: ClassVar[tuple[Need, ...]] = ("gradient",)

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) signed maps."""
        return Attributed(np.einsum("nhwc,nhwc->nhw", question.images, question.gradient))
