"""The batches of an epoch, in an order that depends on the seed and the epoch alone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import Change, augment, read_augmentation
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import Batch, TrainingData
from mammo_core.training.patches import (
    Spot,
    cut_patch,
    draw_spot,
    find_lesion_spots,
    label_positions,
    shift_spot,
    turn_patch,
    weigh_classes,
)


@dataclass(frozen=True, eq=False)
class ImageBatches:
    """Whole images with a label and a weight each."""

    data: TrainingData
    config: TrainingConfiguration

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return math.ceil(len(self.data.train) / self.config.batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of one epoch."""
        data, size = self.data, self.config.batch_size
        rng = np.random.default_rng([self.config.seed, 2, number])
        changes, weights = read_augmentation(self.config.augmentation), self._weights()
        order = rng.permutation(data.train)
        for start in range(0, len(order), size):
            positions = order[start : start + size]
            labels = data.labels[positions]
            yield augment(data.images(positions), changes, rng), labels, weights[labels]

    def _weights(self) -> NDArray[np.float32]:
        if self.config.imbalance == "class_weights":
            return self.data.class_weights
        return np.ones(self.data.n_classes, np.float32)


@dataclass(frozen=True, eq=False)
class PatchBatches:
    """Patches with a label and a weight for each position of the network's map.

    Attributes:
        data, config: Of the training.
        grid: (rows, columns) of the map for a patch.
        spots: The lesions of the training images.
        weights: (K,) of a position by its class.
    """

    data: TrainingData
    config: TrainingConfiguration
    grid: tuple[int, int]
    spots: tuple[Spot, ...]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        """How many batches an epoch has."""
        n_patches = len(self.spots) * sum(self.config.patches_a_lesion)
        return math.ceil(n_patches / self.config.patch_batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of one epoch: (n, size, size, 1) patches, (n, P) labels and weights."""
        rng = np.random.default_rng([self.config.seed, 1, number])
        spots, size = self._draw_spots(rng), self.config.patch_batch_size
        for start in range(0, len(spots), size):
            cut = [self._cut(spot, rng) for spot in spots[start : start + size]]
            patches, labels, weights = (np.stack(parts) for parts in zip(*cut, strict=True))
            yield patches, labels, weights

    def _draw_spots(self, rng: np.random.Generator) -> list[Spot]:
        """Lesions off the center and places of any image, shuffled."""
        n_lesion, n_plain = self.config.patches_a_lesion
        reach = self.config.patch_size / 4
        lesions = [shift_spot(spot, reach, rng) for spot in self.spots for _ in range(n_lesion)]
        rows, columns = self.data.pixels.shape[1:]
        images = rng.choice(self._searchable(), n_plain * len(self.spots))
        plain = [draw_spot((rows, columns), int(image), rng) for image in images]
        spots = lesions + plain
        return [spots[index] for index in rng.permutation(len(spots))]

    def _searchable(self) -> NDArray[np.int64]:
        """Training images in which every lesion is known, or that have none."""
        train = self.data.train
        is_plain = (self.data.labels[train] == 0) | np.isin(train, list(self.data.with_lesion))
        return train[is_plain]

    def _cut(
        self, spot: Spot, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
        size = self.config.patch_size
        patch = cut_patch(self.data.pixels[spot.image], spot, size) / np.float32(65535)
        mask = np.zeros_like(patch)
        if spot.image in self.data.with_lesion:
            mask = cut_patch(self.data.read_mask(spot.image), spot, size)
        both = turn_patch(np.stack([patch, mask], axis=-1), rng)
        image = augment(both[None, ..., :1], self._changes(), rng)[0]
        label = int(self.data.labels[spot.image])
        labels, is_sure = label_positions(both[..., 1], self.grid, label)
        return image, labels, self.weights[labels] * is_sure

    def _changes(self) -> tuple[Change, ...]:
        """The changes that leave everything in its place; patches are turned already."""
        return tuple(c for c in read_augmentation(self.config.augmentation) if not c.moves)


def make_patch_batches(
    data: TrainingData, config: TrainingConfiguration, grid: tuple[int, int]
) -> PatchBatches:
    """Patch batches whose weights fit how many positions lesions cover."""
    spots: list[Spot] = []
    covered = np.zeros(data.n_classes)
    cell = config.patch_size**2 / (grid[0] * grid[1])
    for position in sorted(data.with_lesion):
        mask = data.read_mask(position)
        spots += find_lesion_spots(mask, position)
        covered[data.labels[position]] += max(1.0, float(mask.sum()) / cell)
    n_lesion, n_plain = config.patches_a_lesion
    n_positions = len(spots) * (n_lesion + n_plain) * grid[0] * grid[1]
    counts = covered * n_lesion
    counts[0] = n_positions - counts[1:].sum()
    return PatchBatches(data, config, grid, tuple(spots), weigh_classes(counts))
