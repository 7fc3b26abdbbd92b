"""SmoothGrad-Squared."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question
from mammo_core.attribution.noisy_copies import average_noisy_gradients, check_noise


@dataclass(frozen=True, kw_only=True)
class SmoothGradSquared(Attribution):
    """The mean squared gradient over noisy copies: how strongly a pixel acts, not which way.

    SmoothGrad's square plus VarGrad, both over the same copies.

    Attributes:
        samples: Noisy copies of an image, at least 1.
        noise: Standard deviation as a share of the image's range.
        seed: The same seed gives the same noise.
    """

    title: ClassVar[str] = "SmoothGrad-Squared"
    reference: ClassVar[str] = "Hooker et al. 2019, arXiv:1806.10758"
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
        return Attributed(found.mean_square.astype(np.float32))
