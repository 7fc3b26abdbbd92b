"""Guided backpropagation."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Question
from mammo_core.errors import BadModel
from mammo_core.types import GuidedGradients


@dataclass(frozen=True, kw_only=True)
class GuidedBackprop(Attribution):
    """The gradient with all that is negative stopped at each ReLU on its way back.

    It is here to be compared with, not to be believed: its maps hardly change when the network's
    weights are replaced by random ones or another class is asked for (Adebayo et al. 2018,
    arXiv:1810.03292; Nie et al. 2018, arXiv:1805.07039, prove that it restores the image). What
    looks like a sharp explanation is a picture of the image's own edges.

    Channels are summed.
    """

    title: ClassVar[str] = "Guided Backpropagation"
    reference: ClassVar[str] = "Springenberg et al. 2014, arXiv:1412.6806"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "1 forward and 1 backward"
    cost: ClassVar[int] = 3
    access: ClassVar[Access] = "network"

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) signed maps.

        Raises:
            BadModel: Where the network has no ReLU, or there is no network to look into.
        """
        if not isinstance(question.model, GuidedGradients):
            raise BadModel(
                "Guided backpropagation needs the network itself, a Keras model; got a "
                f"{type(question.model).__name__}; choose saliency, which needs its gradient alone"
            )
        gradient = question.model.guided_gradient(question.images, question.target)
        return Attributed(np.asarray(gradient.sum(axis=-1), dtype=np.float32))
