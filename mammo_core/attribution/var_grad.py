"""VarGrad."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question
from mammo_core.attribution.noisy_copies import average_noisy_gradients, check_noise


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
    passes: ClassVar[str] = "samples (50) forward and backward, shared"
    cost: ClassVar[int] = 150
    access: ClassVar[Access] = "gradient"
    needs: ClassVar[tuple[Need, ...]] = ("noisy_gradients",)
    samples: int = 50
    noise: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        check_noise(self.samples, self.noise)

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) non-negative maps."""
        found = average_noisy_gradients(question, self.samples, self.noise, self.seed)
        return Attributed(found.variance.astype(np.float32))
