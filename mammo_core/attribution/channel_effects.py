"""Maps of a layer's channels, each weighted by what the model says when asked about it alone."""

from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Maps, Question

Places = NDArray[np.intp]


def add_up_channels(
    question: Question,
    name: Hashable,
    activations: NDArray[np.float32],
    is_asked: NDArray[np.bool_],
    ask: Callable[[Places, Places], NDArray[np.float32]],
) -> Maps:
    """(N, h, w) ReLU(sum_k w_k A_k) with w_k the effect of channel k on the target's logit.

    Args:
        question: The images and what is explained of each.
        name: What the effects are kept by; they serve any target.
        activations: (N, h, w, channels).
        is_asked: (N, channels), False where a channel weighs nothing anyway.
        ask: Of (pairs,) images and (pairs,) channels the (pairs, classes) effects.
    """
    owners, channels = np.nonzero(is_asked)
    weights = np.zeros(is_asked.shape, dtype=np.float32)
    if owners.size:
        effects = question.keep(name, lambda: ask(owners, channels))
        weights[owners, channels] = np.einsum("pk,pk->p", effects, question.weights[owners])
    return np.maximum(np.einsum("nhwk,nk->nhw", activations, weights), 0)
