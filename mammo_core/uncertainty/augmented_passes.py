"""Test-time augmentation: the same image after small changes that leave its label as it is."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import read_augmentation
from mammo_core.augmentation.change import draw_image_change
from mammo_core.types import Classifier
from mammo_core.uncertainty.pass_method import PassSettings, Pixels, to_input

CHANGES = "flip,rotate:4,scale:0.05,shift:0.02,intensity:0.06,gamma:0.08"
"""Half as strong as trainings have them, for a model need not know more."""
MOST = 65_535


@dataclass(frozen=True, eq=False)
class AugmentedPasses:
    """A first pass over the image as it is, the others each after a change of its own.

    The changes of an image follow from the seed and its id alone, so that neither the order of
    the images nor their number changes its answer.
    """

    classifier: Classifier
    settings: PassSettings

    def ask(self, pixels: Pixels, image_ids: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """Yield (n, K) probabilities, pass by pass."""
        yield self._predict(pixels.astype(np.float32) / np.float32(MOST))
        drawing = [self._generator(image_id) for image_id in image_ids]
        for _ in range(self.settings.passes - 1):
            yield self._predict(self._change(pixels, drawing))

    def _generator(self, image_id: str) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, zlib.crc32(image_id.encode())])

    def _change(
        self, pixels: Pixels, drawing: Sequence[np.random.Generator]
    ) -> NDArray[np.float32]:
        """(n, H, W) images, each view after a change of its own."""
        strengths, n_views = read_augmentation(CHANGES), self.settings.n_views
        images = np.empty(pixels.shape, np.float32)
        for image, own, rng in zip(images, pixels, drawing, strict=True):
            for half, source in zip(*(np.split(a, n_views, 1) for a in (image, own)), strict=True):
                draw_image_change(strengths, source.shape, rng).make(source, half)
        return images

    def _predict(self, gray: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.classifier.predict(to_input(gray, self.classifier.input_shape[2]))
