"""The batches of an epoch, in an order that depends on the seed and the epoch alone."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import augment, read_augmentation
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import Batch, TrainingData
from mammo_core.training.patches import label_positions, weigh_classes


def image_batches(data: TrainingData, config: TrainingConfiguration, epoch: int) -> Iterator[Batch]:
    """Whole images with a label and a weight each."""
    rng = np.random.default_rng([config.seed, 2, epoch])
    changes = read_augmentation(config.augmentation)
    weights = data.class_weights if config.imbalance == "class_weights" else np.ones(data.n_classes)
    for positions in _deal(data, config, rng):
        labels = data.labels[positions]
        images = augment(data.images(positions), changes, rng)
        yield images, labels, weights[labels].astype(np.float32)


def patch_batches(
    data: TrainingData,
    config: TrainingConfiguration,
    epoch: int,
    grid: tuple[int, int],
    weights: NDArray[np.float32],
) -> Iterator[Batch]:
    """Images with a label and a weight for each position of the map: (n, P) both."""
    rng = np.random.default_rng([config.seed, 1, epoch])
    changes = read_augmentation(config.augmentation)
    for positions in _deal(data, config, rng):
        both = np.concatenate([data.images(positions), data.masks(positions)], axis=-1)
        both = augment(both, changes, rng, n_channels=1)
        pairs = [
            label_positions(picture[..., 1], grid, int(label))
            for picture, label in zip(both, data.labels[positions], strict=True)
        ]
        labels = np.stack([labels for labels, _ in pairs])
        is_sure = np.stack([sure for _, sure in pairs])
        yield both[..., :1], labels, (weights[labels] * is_sure).astype(np.float32)


def weigh_positions(data: TrainingData, grid: tuple[int, int]) -> NDArray[np.float32]:
    """(K,) weights of the map's positions by class."""
    counts = np.zeros(data.n_classes)
    for position in sorted(data.with_lesion):
        label = int(data.labels[position])
        labels, is_sure = label_positions(data.read_mask(position), grid, label)
        counts += np.bincount(labels[is_sure], minlength=data.n_classes)
    counts[0] += (len(data.train) - len(data.with_lesion)) * grid[0] * grid[1]
    return weigh_classes(counts)


def _deal(
    data: TrainingData, config: TrainingConfiguration, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    order = rng.permutation(data.train)
    for start in range(0, len(order), config.batch_size):
        yield order[start : start + config.batch_size]
