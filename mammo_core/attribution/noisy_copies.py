"""Gradients at noisy copies of an image, for the methods that average or compare them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Question
from mammo_core.attribution.chunks import cut_chunks

NOISY_COPIES = "noisy copies"
"""What progress tells of."""


def check_noise(samples: int, noise: float) -> None:
    """See that the settings of noisy copies make sense.

    Raises:
        ValueError: For no copies, or noise below zero.
    """
    if samples < 1 or not noise >= 0:
        raise ValueError(f"Expected samples >= 1 and noise >= 0, got {samples} and {noise}")


def gradients_of_noisy_copies(
    question: Question, samples: int, noise: float, seed: int
) -> Iterator[NDArray[np.float32]]:
    """For each image the (samples, H, W) gradients at its noisy copies, summed over channels.

    The sum over channels is the slope along a gray that all channels share. All images get the
    same noise, so that none depends on which others it was explained with.

    Args:
        question: The images and what is explained of each.
        samples: Copies of an image.
        noise: Standard deviation as a share of the image's range (largest minus smallest pixel).
        seed: The same seed gives the same noise.
    """
    total = samples * len(question.images)
    for number, image in enumerate(question.images):
        generator = np.random.default_rng(seed)
        scale, target = np.float32(noise * np.ptp(image)), question.target[number]
        found = []
        for part in cut_chunks(samples, 3 * image.nbytes):
            question.progress(number * samples + part.start, total, NOISY_COPIES)
            shape = (part.stop - part.start, *image.shape)
            copies = image + scale * generator.standard_normal(shape, dtype=np.float32)
            found.append(question.model.gradient(copies, target).sum(axis=-1))
        yield np.concatenate(found)
