"""Ablation-CAM."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question
from mammo_core.attribution.channel_effects import add_up_channels
from mammo_core.batch_size import cut_batches
from mammo_core.types import LayeredClassifier


@dataclass(frozen=True, kw_only=True)
class AblationCam(Attribution):
    """A layer's channels, weighted by how far the logit falls when each of them is set to zero.

    ReLU(sum_k w_k A_k) with w_k = logit - logit without channel k. The network up to the layer is
    run once; each channel then costs what lies above the layer, little for a late one. Channels
    that are zero anyway weigh nothing.

    Departure: the paper divides the weights by the logit, which scales the whole map and would turn
    it around where the logit is negative.

    Attributes:
        layer: Path of the layer; None is the model's default.
    """

    title: ClassVar[str] = "Ablation-CAM"
    reference: ClassVar[str] = "Desai and Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "1 forward, and a channel 1 of what lies above the layer"
    cost: ClassVar[int] = 10
    access: ClassVar[Access] = "layer"
    needs: ClassVar[tuple[Need, ...]] = ("layer",)
    layer: str | None = None

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) non-negative maps at the layer's resolution."""
        activations, _ = question.layer(self.layer)
        is_alive = (activations != 0).any(axis=(1, 2))
        ask = partial(self._ask, question, activations)
        return Attributed(add_up_channels(question, self, activations, is_alive, ask))

    def _ask(
        self,
        question: Question,
        activations: NDArray[np.float32],
        owners: NDArray[np.intp],
        channels: NDArray[np.intp],
    ) -> NDArray[np.float32]:
        """(pairs, classes) how far each image's logits fall without one channel."""
        model = cast(LayeredClassifier, question.model)
        images = question.images
        whole = model.logits_from_layer(images, activations, self.layer)
        without = []
        for part in cut_batches(len(owners), model):
            ablated = _ablate(activations[owners[part]], channels[part])
            without.append(model.logits_from_layer(images[owners[part]], ablated, self.layer))
            question.progress(part.stop, len(owners), "ablated channels")
        return whole[owners] - np.concatenate(without)


def _ablate(activations: NDArray[np.float32], channels: NDArray[np.intp]) -> NDArray[np.float32]:
    """The activations, a copy already, each without one channel."""
    activations[np.arange(len(channels)), :, :, channels] = 0
    return activations
