"""The batches of an epoch, in an order that depends on the seed and the epoch alone."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import Strengths, read_augmentation
from mammo_core.augmentation.change import draw_image_change, draw_patch_change
from mammo_core.augmentation.mixing import mix_batch
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import Batch, TrainingData, make_room, repeat_gray
from mammo_core.training.imbalance import STRATEGIES
from mammo_core.training.patches import (
    LesionMask,
    Spot,
    cut_mask,
    draw_spot,
    find_lesion_spots,
    frame_mask,
    label_positions,
    place_patch,
    shift_spot,
    weigh_classes,
)


@dataclass(frozen=True, eq=False)
class ImageBatches:
    """Whole images with a label and a weight each; shares of classes where images are mixed."""

    data: TrainingData
    config: TrainingConfiguration

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return math.ceil(len(self.data.train) / self.config.batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of one epoch."""
        data, size = self.data, self.config.batch_size
        rng = np.random.default_rng([self.config.seed, 2, number])
        strengths, weights = read_augmentation(self.config.augmentation), self._weights()
        draw = STRATEGIES[self.config.imbalance].draw
        order = draw(data.train, data.labels[data.train], rng)
        for start in range(0, len(order), size):
            positions = np.sort(order[start : start + size])  # as they lie on the disk
            labels = data.labels[positions]
            batch = self._change(positions, strengths, rng), labels, weights[labels]
            yield self._finish(batch, strengths.get("mixup", 0.0), rng)

    def _weights(self) -> NDArray[np.float32]:
        counts = np.bincount(self.data.labels[self.data.train], minlength=self.data.n_classes)
        return STRATEGIES[self.config.imbalance].weigh(counts)

    def _change(
        self, positions: NDArray[np.int64], strengths: Strengths, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(n, H, W) images, each view after a change of its own."""
        rows, columns = self.data.pixels.shape[1:]
        n_views = self.data.n_views
        images = make_room((len(positions), rows, columns))
        for image, position in zip(images, positions, strict=True):
            pixels = np.asarray(self.data.pixels[position])
            for half, own in zip(*(np.split(a, n_views, 1) for a in (pixels, image)), strict=True):
                draw_image_change(strengths, half.shape, rng).make(half, own)
        return images

    def _finish(self, batch: Batch, mixup: float, rng: np.random.Generator) -> Batch:
        """The batch, mixed where that is asked for, with the channels of the model."""
        images, labels, weights = batch
        if mixup:
            shares = np.eye(self.data.n_classes, dtype=np.float32)[labels]
            images, labels, weights = mix_batch(images, shares, weights, mixup, rng)
        return repeat_gray(images, self.data.channels), labels, weights


@dataclass(frozen=True, eq=False)
class PatchBatches:
    """Patches with a label and a weight for each position of the network's map.

    Attributes:
        data, config: Of the training.
        grid: (rows, columns) of the map for a patch.
        masks: The lesions of the training images, by position in the cache.
        spots: Where the lesions are.
        weights: (K,) of a position by its class.
    """

    data: TrainingData
    config: TrainingConfiguration
    grid: tuple[int, int]
    masks: Mapping[int, LesionMask]
    spots: tuple[Spot, ...]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        """How many batches an epoch has."""
        n_patches = len(self.spots) * sum(self.config.patches_a_lesion)
        return math.ceil(n_patches / self.config.patch_batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of one epoch: (n, size, size, C) patches, (n, P) labels and weights."""
        rng = np.random.default_rng([self.config.seed, 1, number])
        strengths = read_augmentation(self.config.augmentation)
        spots, size = self._draw_spots(rng), self.config.patch_batch_size
        for start in range(0, len(spots), size):
            yield self._cut(spots[start : start + size], strengths, rng)

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

    def _cut(self, spots: list[Spot], strengths: Strengths, rng: np.random.Generator) -> Batch:
        size, n_positions = self.config.patch_size, self.grid[0] * self.grid[1]
        patches = make_room((len(spots), size, size))
        labels = np.zeros((len(spots), n_positions), np.int64)
        is_sure = np.ones((len(spots), n_positions), bool)
        for row, spot in enumerate(spots):
            change = draw_patch_change(strengths, size, rng)
            motion = change.motion.after(place_patch(spot, size))
            replace(change, motion=motion).make(
                np.asarray(self.data.pixels[spot.image]), patches[row]
            )
            if spot.image in self.masks:
                mask = cut_mask(self.masks[spot.image], motion, size)
                label = int(self.data.labels[spot.image])
                labels[row], is_sure[row] = label_positions(mask, self.grid, label)
        weights = self.weights[labels] * is_sure
        return repeat_gray(patches, self.data.channels), labels, weights


def make_patch_batches(
    data: TrainingData, config: TrainingConfiguration, grid: tuple[int, int]
) -> PatchBatches:
    """Patch batches whose weights fit how many positions lesions cover.

    Each mask is read once and kept as the small part of it that isn't empty.
    """
    spots: list[Spot] = []
    masks: dict[int, LesionMask] = {}
    covered = np.zeros(data.n_classes)
    cell = config.patch_size**2 / (grid[0] * grid[1])
    for position in sorted(data.with_lesion):
        mask = data.read_mask(position)
        masks[position] = frame_mask(mask)
        spots += find_lesion_spots(mask, position)
        covered[data.labels[position]] += max(1.0, float(mask.sum()) / cell)
    n_lesion, n_plain = config.patches_a_lesion
    n_positions = len(spots) * (n_lesion + n_plain) * grid[0] * grid[1]
    counts = covered * n_lesion
    counts[0] = n_positions - counts[1:].sum()
    return PatchBatches(data, config, grid, masks, tuple(spots), weigh_classes(counts))
