"""What a frozen trunk gives for every image, computed once, so that its head learns in seconds."""

import hashlib
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import MammoError
from mammo_core.paths import writing
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import Batch, TrainingData
from mammo_core.training.imbalance import STRATEGIES
from mammo_core.types import Progress

AT_ONCE = 16
"""Images in one pass of the trunk."""


class FeatureCache:
    """The trunk's maps of all training and validation images, memory-mapped from one file.

    They are those of unaugmented images in inference mode, as float32: a head that learns from
    them gives the very output of the whole network. What is given up is that the head sees each
    image in one state only; several augmented copies would cost their number in passes and in
    disk, and the later stages of a transfer learn from augmented images anyway.

    The file is named by the trunk's weights and the images, so that a training that goes on uses it
    again, and one with other weights does not.

    Args:
        trunk: Gives (n, h, w, channels) of features.
        data: The images.
    """

    def __init__(self, trunk: keras.Model, data: TrainingData) -> None:
        self.trunk = trunk
        self.data = data
        self.positions = np.concatenate([data.train, data.val])
        self._rows = np.zeros(len(data.pixels), np.int64)
        self._rows[self.positions] = np.arange(len(self.positions))
        self._file: Path | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(images, h, w, channels)."""
        return (len(self.positions), *self.trunk.output_shape[1:])

    def fill(self, folder: Path, progress: Progress) -> None:
        """Compute the features unless the folder holds them; once the trunk has its weights.

        Raises:
            MammoError: Where they do not fit on the disk.
        """
        self._file = folder / f"features-{self._fingerprint()}.npy"
        if not self._file.exists():
            for stale in folder.glob("features-*.npy"):
                stale.unlink()
            self._check_room(folder)
            self._write(self._file, progress)

    def images(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, h, w, channels) features of the images at those positions of the pixel cache.

        Raises:
            MammoError: Before `fill`, or after `discard`.
        """
        if self._file is None:
            raise MammoError("Expected features that were computed, found none; fill the cache")
        # opened anew each time: Windows deletes no file that is still mapped
        return np.asarray(np.load(self._file, mmap_mode="r")[self._rows[positions]])

    def discard(self) -> None:
        """Delete the file."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(self.positions.tobytes())
        for weight in self.trunk.get_weights():
            digest.update(np.ascontiguousarray(weight).data)
        return digest.hexdigest()[:12]

    def _check_room(self, folder: Path) -> None:
        needed, free = 4 * math.prod(self.shape), shutil.disk_usage(folder).free
        if needed > free:
            raise MammoError(
                f"The features of {self.shape[0]} images need {needed / 1e9:.1f} GB in {folder}, "
                f"where {free / 1e9:.1f} GB are free; make room or lower image_size"
            )

    def _write(self, path: Path, progress: Progress) -> None:
        n = len(self.positions)
        header = {"descr": "<f4", "fortran_order": False, "shape": self.shape}
        with writing(path) as temporary, temporary.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, n, AT_ONCE):
                progress(start, n, "Computing features")
                images = self.data.images(self.positions[start : start + AT_ONCE])
                file.write(np.asarray(self.trunk.predict_on_batch(images), "<f4").tobytes())


@dataclass(frozen=True, eq=False)
class FeatureBatches:
    """Features in place of training images, with a label and a weight each."""

    cache: FeatureCache
    config: TrainingConfiguration

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return math.ceil(len(self.cache.data.train) / self.config.batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of one epoch, in an order that depends on the seed and the epoch alone."""
        data, size = self.cache.data, self.config.batch_size
        rng = np.random.default_rng([self.config.seed, 3, number])
        strategy = STRATEGIES[self.config.imbalance]
        counts = np.bincount(data.labels[data.train], minlength=data.n_classes)
        weights = strategy.weigh(counts)
        order = strategy.draw(data.train, data.labels[data.train], rng)
        for start in range(0, len(order), size):
            positions = np.sort(order[start : start + size])  # as they lie on the disk
            labels = data.labels[positions]
            yield self.cache.images(positions), labels, weights[labels]
