"""Score-CAM."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Images, Need, Question
from mammo_core.attribution.channel_effects import add_up_channels
from mammo_core.attribution.masking import (
    MASKED_IMAGES,
    Fill,
    check_fill,
    fill_images,
    find_distinct,
)
from mammo_core.attribution.resolution import upsample
from mammo_core.batch_size import cut_batches


@dataclass(frozen=True, kw_only=True)
class ScoreCam(Attribution):
    """A layer's channels, weighted by what the image shown through each of them adds to the logit.

    ReLU(sum_k w_k A_k) with the paper's increase of confidence for a weight: w_k = logit(image
    seen through channel k, upsampled and scaled to [0, 1]) - logit(blank image). Channels that are
    the same everywhere show nothing and weigh nothing.

    Departure: the weights are the differences themselves. The paper's Algorithm 1 puts them
    through a softmax over the channels, from which the blank image cancels, and after which no
    channel can speak against a class. Logits, not probabilities: one sigmoid unit has a map for
    either class, and a difference of two classes has one too.

    Attributes:
        layer: Path of the layer; None is the model's default.
        fill: The blank image, which also shows where a mask hides the image: "black", as in the
            paper, "gray", "mean" (the image's own gray) or "blurred".
    """

    title: ClassVar[str] = "Score-CAM"
    reference: ClassVar[str] = "Wang et al. 2020, arXiv:1910.01279"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "1 forward a channel of the layer (64 in the shipped model)"
    cost: ClassVar[int] = 68
    access: ClassVar[Access] = "layer"
    needs: ClassVar[tuple[Need, ...]] = ("layer",)
    revision: ClassVar[int] = 2
    layer: str | None = None
    fill: Fill = "black"

    def __post_init__(self) -> None:
        check_fill(self.fill)

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) non-negative maps at the layer's resolution."""
        activations, _ = question.layer(self.layer)
        is_varied = np.ptp(activations, axis=(1, 2)) > 0
        ask = partial(self._ask, question, activations)
        return Attributed(add_up_channels(question, self, activations, is_varied, ask))

    def _ask(
        self,
        question: Question,
        activations: NDArray[np.float32],
        owners: NDArray[np.intp],
        channels: NDArray[np.intp],
    ) -> NDArray[np.float32]:
        """(pairs, classes) what each pair of an image and a channel adds to the image's logits."""
        blanks = fill_images(question.images, self.fill)
        rises, (distinct, which) = question.images - blanks, find_distinct(blanks)
        shown = []
        for part in cut_batches(len(owners), question.model):
            seen = _look_through(activations, owners[part], channels[part], blanks, rises)
            shown.append(question.model.logits(seen))
            question.progress(part.stop, len(owners), MASKED_IMAGES)
        return np.concatenate(shown) - question.model.logits(distinct)[which[owners]]


def _look_through(
    activations: NDArray[np.float32],
    owners: NDArray[np.intp],
    channels: NDArray[np.intp],
    blanks: Images,
    rises: Images,
) -> Images:
    """(pairs, H, W, C): each image as it is seen through one channel.

    Args:
        activations: (N, h, w, channels).
        owners: (pairs,) which image.
        channels: (pairs,) which channel.
        blanks: (N, H, W, C), what shows where a channel says nothing.
        rises: (N, H, W, C), by how much the images differ from that.
    """
    seen = np.empty((len(owners), *rises.shape[1:]), dtype=np.float32)
    for out, owner, channel in zip(seen, owners, channels, strict=True):  # stays in the cache
        mask = upsample(activations[owner, None, :, :, channel], rises.shape[1:3])[0]
        mask = mask - mask.min()  # a copy: at the layer's own resolution it is the layer itself
        mask /= max(mask.max(), np.finfo(np.float32).tiny)
        np.multiply(mask[..., None], rises[owner], out=out)
        out += blanks[owner]
    return seen
