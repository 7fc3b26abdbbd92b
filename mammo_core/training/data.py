"""What a training reads: cached pixels, labels and lesions of the train and validation images."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import augment, read_augmentation
from mammo_core.errors import BadConfiguration, BadDataset
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.patches import (
    PATCHES_A_LESION,
    PLAIN_PATCHES_A_LESION,
    Spot,
    draw_patches,
    draw_plain_spot,
    find_lesion_spots,
)

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.pixels import PixelCache

Batch = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Positions in the pixel cache with their labels.

    Attributes:
        pixels: (N, H, W) uint16, memory-mapped.
        labels: (N,) class indices.
        train, val: Positions of the images of each split.
        spots: Lesions of the training images.
        classes: The class names, mildest first.
    """

    pixels: NDArray[np.uint16]
    labels: NDArray[np.int64]
    train: NDArray[np.int64]
    val: NDArray[np.int64]
    spots: tuple[Spot, ...]
    classes: tuple[str, ...]

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    @property
    def class_weights(self) -> NDArray[np.float32]:
        """(K,) inverse class frequencies over the training images, 1 on average over images."""
        counts = np.bincount(self.labels[self.train], minlength=self.n_classes)
        return (len(self.train) / (self.n_classes * np.maximum(counts, 1))).astype(np.float32)

    def images(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, H, W, 1) images in [0, 1]."""
        images = self.pixels[positions].astype(np.float32)
        return images[..., None] / np.float32(65535)


def gather_data(
    dataset: "Dataset", cache: "PixelCache", config: TrainingConfiguration
) -> TrainingData:
    """The training's view of a dataset.

    Raises:
        BadDataset: Where a split or a class is missing, or lesions are needed and there are none.
    """
    index = dataset.index.set_index("image_id").loc[cache.image_ids]
    labels = index["label"].map(dataset.classes.index).to_numpy(np.int64)
    splits = index["split"].to_numpy()
    train, val = np.flatnonzero(splits == "train"), np.flatnonzero(splits == "val")
    check_splits(labels, train, val, dataset.classes)
    spots = (
        _gather_spots(dataset, cache, labels, train) if config.recipe == "patch_to_image" else ()
    )
    return TrainingData(cache.pixels, labels, train, val, spots, dataset.classes)


def image_batches(data: TrainingData, config: TrainingConfiguration, epoch: int) -> Iterator[Batch]:
    """The epoch's whole images in an order that depends on the seed and the epoch alone."""
    rng = np.random.default_rng([config.seed, 2, epoch])
    changes = read_augmentation(config.augmentation)
    weights = data.class_weights if config.imbalance == "class_weights" else np.ones(data.n_classes)
    order = rng.permutation(data.train)
    for start in range(0, len(order), config.batch_size):
        positions = order[start : start + config.batch_size]
        labels = data.labels[positions]
        images = augment(data.images(positions), changes, rng)
        yield images, labels, weights[labels].astype(np.float32)


def patch_batches(data: TrainingData, config: TrainingConfiguration, epoch: int) -> Iterator[Batch]:
    """The epoch's patches: every lesion some times, and more patches of plain tissue."""
    rng = np.random.default_rng([config.seed, 1, epoch])
    spots = _draw_spots(data, rng)
    for start in range(0, len(spots), config.patch_batch_size):
        chosen = spots[start : start + config.patch_batch_size]
        patches, labels = draw_patches(data.pixels, chosen, config.patch_size, rng)
        yield patches, labels, np.ones(len(labels), np.float32)


def count_patch_batches(data: TrainingData, config: TrainingConfiguration) -> int:
    """How many batches of patches an epoch has."""
    rng = np.random.default_rng(0)
    return -(-len(_draw_spots(data, rng)) // config.patch_batch_size)


def prefetch(batches: Iterator[Batch], depth: int = 4) -> Iterator[Batch]:
    """The same batches, made in a thread while the model works on the one before."""
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(next, batches, None) for _ in range(depth))
        while (batch := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, batches, None))
            yield batch


def check_splits(
    labels: NDArray[np.int64],
    train: NDArray[np.int64],
    val: NDArray[np.int64],
    classes: tuple[str, ...],
) -> None:
    """Refuse data that cannot be learnt from.

    Raises:
        BadDataset: Where train or val is empty, or a class has no training image.
    """
    for split, positions in (("train", train), ("val", val)):
        if not len(positions):
            raise BadDataset(
                f"The dataset has no images in the split '{split}'; index it with splits "
                "(--shares 60,20,20) or fill the table's split column"
            )
    counts = np.bincount(labels[train], minlength=len(classes))
    absent = [name for name, count in zip(classes, counts, strict=True) if count == 0]
    if absent:
        raise BadDataset(
            f"No training image is labeled {' or '.join(absent)}; add such images or leave the "
            "class out of the dataset's classes"
        )


def _gather_spots(
    dataset: "Dataset", cache: "PixelCache", labels: NDArray[np.int64], train: NDArray[np.int64]
) -> tuple[Spot, ...]:
    spots: list[Spot] = []
    for position in train:
        mask = dataset.read_mask(cache.image_ids[position])
        if mask is None:
            continue
        placed = cache.placements[position].to_model(mask.astype(np.float32)) > 0.5
        if placed.any():
            spots += find_lesion_spots(placed, int(position), int(labels[position]))
    if not spots:
        raise BadConfiguration(
            "Setting 'recipe' is patch_to_image, but no training image has a lesion mask; "
            "use recipe=whole_image"
        )
    return tuple(spots)


def _draw_spots(data: TrainingData, rng: np.random.Generator) -> list[Spot]:
    """The epoch's spots, shuffled: lesions, and three times as many plain spots of healthy images.

    The plain ones are drawn anew each epoch, since a whole image holds hundreds of places that
    may be mistaken for a lesion.
    """
    lesions = list(data.spots) * PATCHES_A_LESION
    n_plain = len(data.spots) * PLAIN_PATCHES_A_LESION
    with_lesion = [spot.image for spot in data.spots]
    healthy = np.setdiff1d(data.train[data.labels[data.train] == 0], with_lesion)
    chosen = rng.choice(healthy, n_plain) if len(healthy) else healthy
    plain = [draw_plain_spot(data.pixels[position], int(position), rng) for position in chosen]
    spots = lesions + plain
    return [spots[index] for index in rng.permutation(len(spots))]
