"""Saliency: the plain gradient."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question


@dataclass(frozen=True, kw_only=True)
class Saliency(Attribution):
    """How fast the logit changes with each pixel: the largest |gradient| over the channels."""

    title: ClassVar[str] = "Saliency"
    reference: ClassVar[str] = "Simonyan et al. 2013, arXiv:1312.6034"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "1 forward and 1 backward, shared"
    cost: ClassVar[int] = 3
    access: ClassVar[Access] = "gradient"
    needs: ClassVar[tuple[Need, ...]] = ("gradient",)

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) non-negative maps."""
        return Attributed(np.abs(question.gradient).max(axis=-1))
