"""Gradients at noisy copies of an image, for the methods that average or compare them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Question
from mammo_core.batch_size import cut_batches

NOISY_COPIES = "noisy copies"
"""What progress tells of."""


class GradientMoments(NamedTuple):
    """What gradients at many copies of each image come to.

    Attributes:
        mean: (N, H, W) float64.
        variance: (N, H, W) float64, the mean squared distance from the mean.
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]

    @property
    def mean_square(self) -> NDArray[np.float64]:
        """(N, H, W) the mean of the squared gradients."""
        return self.mean**2 + self.variance


def check_noise(samples: int, noise: float) -> None:
    """See that the settings of noisy copies make sense.

    Raises:
        ValueError: For no copies, or noise below zero.
    """
    if samples < 1 or not noise >= 0:
        raise ValueError(f"Expected samples >= 1 and noise >= 0, got {samples} and {noise}")


def average_noisy_gradients(
    question: Question, samples: int, noise: float, seed: int
) -> GradientMoments:
    """The moments of the gradients at each image's noisy copies, summed over channels.

    Methods of one question and the same settings share them. The sum over channels is the slope
    along a gray that all channels share. All images get the same noise, so that none depends on
    which others it was explained with.

    Args:
        question: The images and what is explained of each.
        samples: Copies of an image.
        noise: Standard deviation as a share of the image's range (largest minus smallest pixel).
        seed: The same seed gives the same noise.
    """
    name = (NOISY_COPIES, samples, noise, seed, tuple(question.target))
    return question.keep(name, lambda: _average(question, samples, noise, seed))


def _average(question: Question, samples: int, noise: float, seed: int) -> GradientMoments:
    found = [_of_image(question, n, samples, noise, seed) for n in range(len(question.images))]
    return GradientMoments(*(np.stack(column) for column in zip(*found, strict=True)))


def _of_image(
    question: Question, number: int, samples: int, noise: float, seed: int
) -> GradientMoments:
    """The (H, W) moments of one image, a batch of copies after the other."""
    image, target = question.images[number], question.target[number]
    generator, scale = np.random.default_rng(seed), np.float32(noise * np.ptp(image))
    moments = RunningMoments(image.shape[:2])
    for part in cut_batches(samples, question.model):
        done, total = number * samples + part.start, samples * len(question.images)
        question.progress(done, total, NOISY_COPIES)
        shape = (part.stop - part.start, *image.shape)
        copies = image + scale * generator.standard_normal(shape, dtype=np.float32)
        moments.add(question.model.gradient(copies, target).sum(axis=-1))
    return GradientMoments(moments.mean, moments.variance)


class RunningMoments:
    """Mean and variance of arrays of one shape, of which none is kept (Chan et al. 1979).

    Sums of squares would lose a variance that is small beside the mean.

    Attributes:
        mean: Of all that was added, 0 before the first.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.mean = np.zeros(shape)
        self._squares, self._count = np.zeros(shape), 0

    @property
    def variance(self) -> NDArray[np.float64]:
        """The mean squared distance from the mean."""
        return self._squares / max(self._count, 1)

    def add(self, values: NDArray[np.floating]) -> None:
        """Take in (n, *shape) more."""
        n, before = len(values), self._count
        own = values.mean(axis=0, dtype=np.float64)
        self._count += n
        off = own - self.mean
        self._squares += np.square(values - own).sum(axis=0) + off**2 * (before * n / self._count)
        self.mean += off * (n / self._count)
