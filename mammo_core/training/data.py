"""What a training reads: cached pixels, labels and lesions of the train and validation images."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration, BadDataset
from mammo_core.hanging import choose_one_a_breast, hang_views, label_breasts
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.splits import check_splits, warn_of_shared_patients

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.pixels import PixelCache

UNUSED = -1
"""The label of pixels that the dataset doesn't use; they are in no split."""

ALIGNMENT = 64
"""Bytes: TensorFlow takes an array that begins at a multiple of them as it lies in memory."""

Batch = tuple[NDArray[np.float32], NDArray[Any], NDArray[np.float32]]
"""Images, labels and weights; labels are int64 class indices, or (n, K) float32 shares of each
class where images are mixed."""


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Positions in the pixel cache with their labels.

    Attributes:
        pixels: (N, H, W) uint16, memory-mapped.
        labels: (N,) class indices.
        train, val: Positions of the images of each split.
        classes: The class names, mildest first.
        with_lesion: Positions of the training images whose lesion is known.
        read_mask: The (H, W) lesion of such an image, in [0, 1].
        channels: How many the model's input has; each holds the same gray image.
        n_views: How many views an image holds side by side.
    """

    pixels: NDArray[np.uint16]
    labels: NDArray[np.int64]
    train: NDArray[np.int64]
    val: NDArray[np.int64]
    classes: tuple[str, ...]
    with_lesion: frozenset[int]
    read_mask: Callable[[int], NDArray[np.float32]]
    channels: int = 1
    n_views: int = 1

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    def images(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, H, W, C) images in [0, 1]."""
        images = self.pixels[positions].astype(np.float32)
        images /= np.float32(65_535)
        return repeat_gray(images, self.channels)


def repeat_gray(images: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """(n, H, W, C) images of (n, H, W) gray ones, C being 1 or 3; one channel costs nothing."""
    if channels == 1:
        return images[..., None]
    n, rows, columns = images.shape
    repeated = make_room((n, rows, columns, channels))
    tall = images.reshape(n * rows, columns)
    cv2.cvtColor(tall, cv2.COLOR_GRAY2RGB, dst=repeated.reshape(n * rows, columns, channels))
    return repeated


def make_room(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Room for images that TensorFlow takes without a copy; what it holds is undefined."""
    size, itemsize = math.prod(shape), np.dtype(np.float32).itemsize
    room = np.empty(size + ALIGNMENT // itemsize, np.float32)
    first = -room.ctypes.data % ALIGNMENT // itemsize
    return room[first : first + size].reshape(shape)


def gather_data(
    dataset: "Dataset",
    cache: "PixelCache",
    config: TrainingConfiguration,
    roles: Mapping[str, str] | None = None,
) -> TrainingData:
    """The training's view of a dataset.

    Args:
        dataset: Without the images that the gate keeps out of it.
        cache: The pixels of at least its images.
        config: Of the training.
        roles: As `Plan.roles`.

    Raises:
        BadConfiguration: Where the recipe needs lesions and none is known.
        BadDataset: As `check_splits`.
    """
    index = dataset.index.set_index("image_id").reindex(cache.image_ids)
    codes = {name: code for code, name in enumerate(dataset.classes)}
    labels = np.asarray(index["label"].map(codes).fillna(UNUSED), np.int64)
    splits = (index["split"] if roles is None else index.index.map(dict(roles))).to_numpy()
    train, val = np.flatnonzero(splits == "train"), np.flatnonzero(splits == "val")
    patients = index["patient_id"].to_numpy()
    pixels: Any = cache.pixels
    if config.views:
        pixels = hang_views(cache, dataset.index)
        labels = label_breasts(labels, pixels.pairs)
        train, val = (choose_one_a_breast(pixels.pairs, rows) for rows in (train, val))
    if roles is None:
        warn_of_shared_patients(splits, patients)
    # parts of an experiment were checked together, and no index can mend them
    check_splits(labels, train, val, dataset.classes, patients if roles is None else None)
    known = train[index["mask_path"].notna().to_numpy()[train] & (labels[train] > 0)]
    if config.recipe == "patch_to_image" and not len(known):
        raise BadConfiguration(
            "Setting 'recipe' is patch_to_image, but no training image has a lesion mask; "
            "use recipe=whole_image"
        )
    return TrainingData(
        *(pixels, labels, train, val, dataset.classes, frozenset(map(int, known))),
        *(partial(read_lesion, dataset, cache), config.channels, max(1, len(config.views))),
    )


def read_lesion(dataset: "Dataset", cache: "PixelCache", position: int) -> NDArray[np.float32]:
    """(H, W) in [0, 1]: the lesion of the image at that position, in the model's grid.

    Raises:
        BadDataset: Where its mask is gone.
    """
    mask = dataset.read_mask(cache.image_ids[position])
    if mask is None:
        raise BadDataset(f"The lesion mask of {cache.image_ids[position]} is gone")
    placed: NDArray[np.float32] = cache.placements[position].to_model(mask).astype(np.float32)
    return placed


def prefetch(batches: Iterator[Batch], depth: int = 4) -> Iterator[Batch]:
    """The same batches, made in a thread while the model works on the one before.

    OpenCV is told to start no threads of its own: they would spin on the model's cores.
    """
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(next, batches, None) for _ in range(depth))
        while (batch := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, batches, None))
            yield batch
