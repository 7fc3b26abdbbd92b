"""SmoothGrad."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question
from mammo_core.attribution.noisy_copies import average_noisy_gradients, check_noise


@dataclass(frozen=True, kw_only=True)
class SmoothGrad(Attribution):
    """The mean gradient over noisy copies of the image, with its sign.

    The mean of the gradients themselves, as the paper defines it; the mean of their sizes, which
    some libraries take, grows with the noise even where the gradients cancel out. Channels are
    summed. Without noise it is the gradient.

    Attributes:
        samples: Noisy copies of an image, at least 1.
        noise: Standard deviation as a share of the image's range; the paper uses .1 to .2.
        seed: The same seed gives the same noise.
    """

    title: ClassVar[str] = "SmoothGrad"
    reference: ClassVar[str] = "Smilkov et al. 2017, arXiv:1706.03825"
    signed: ClassVar[bool] = True
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
        """(N, H, W) signed maps."""
        found = average_noisy_gradients(question, self.samples, self.noise, self.seed)
        return Attributed(found.mean.astype(np.float32))
