"""Mixup: images of a batch blended with one another, and their labels with them."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def mix_batch(
    images: Array, labels: Array, weights: Array, alpha: float, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """The (images, labels, weights) of a batch, each blended with another of the batch.

    One share is drawn for the batch, as the paper does. An image's weight blends too, and its
    label by the weights, so that the cross-entropy is that of the two images, blended.

    Args:
        images: (n, ...) in [0, 1].
        labels: (n, K), each summing to 1.
        weights: (n,) of the images.
        alpha: Of Beta(alpha, alpha), from which the share comes.
        rng: Where chance comes from.
    """
    share, partners = float(rng.beta(alpha, alpha)), rng.permutation(len(images))
    mixed = images[partners]
    mixed -= images
    mixed *= 1 - share
    mixed += images
    own, other = share * weights, (1 - share) * weights[partners]
    total = own + other
    blended = own[:, None] * labels + other[:, None] * labels[partners]
    blended /= total[:, None]
    return mixed, blended, total
