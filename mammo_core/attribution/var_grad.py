"""VarGrad."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Question
from mammo_core.attribution.noisy_copies import check_noise, gradients_of_noisy_copies


@dataclass(frozen=True, kw_only=True)
class VarGrad(Attribution):
    """The variance of the gradient over noisy copies: where the model bends the most.

    What the gradient is everywhere alike falls out: a linear model has no VarGrad at all. Nor has
    an image without noise.

    Attributes:
        samples: Noisy copies of an image, at least 1.
        noise: Standard deviation as a share of the image's range.
        seed: The same seed gives the same noise.
    """

    title: ClassVar[str] = "VarGrad"
    reference: ClassVar[str] = "Adebayo et al. 2018, arXiv:1810.03307"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "samples (50) forward and backward"
    cost: ClassVar[int] = 150
    access: ClassVar[Access] = "gradient"
    samples: int = 50
    noise: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        check_noise(self.samples, self.noise)

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) non-negative maps."""
        found = gradients_of_noisy_copies(question, self.samples, self.noise, self.seed)
        return Attributed(np.stack([gradients.var(axis=0) for gradients in found]))
