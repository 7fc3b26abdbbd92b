"""Random changes that leave a mammogram a plausible mammogram with the same label."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Change:
    """One kind of random change.

    Attributes:
        title: What a page calls it.
        moves: Whether it moves things, so that a lesion's mask must move along.
        apply: The change of one (H, W, C) image in [0, 1].
    """

    title: str
    moves: bool
    apply: Callable[[Image, np.random.Generator], Image]


def flip_upside_down(image: Image, rng: np.random.Generator) -> Image:
    """Half of the images upside down; the chest wall stays where it is."""
    return image[::-1].copy() if rng.random() < 0.5 else image


def turn_scale_shift(image: Image, rng: np.random.Generator) -> Image:
    """Up to 8 degrees, 10 % of size and 4 % of the height of displacement, all at once."""
    rows, columns = image.shape[:2]
    angle, scale = rng.uniform(-8, 8), rng.uniform(0.9, 1.1)
    matrix = cv2.getRotationMatrix2D((0.0, rows / 2), angle, scale)
    matrix[:, 2] += rng.uniform(-0.04, 0.04, 2) * rows
    moved = cv2.warpAffine(image, matrix, (columns, rows), flags=cv2.INTER_LINEAR)
    return np.asarray(moved, np.float32).reshape(image.shape)


def change_intensity(image: Image, rng: np.random.Generator) -> Image:
    """Another gain (12 %) and another gamma (15 %); black stays black, so air stays air."""
    gain, gamma = rng.uniform(0.88, 1.12), rng.uniform(0.85, 1.15)
    return np.clip(gain * image**gamma, 0, 1).astype(np.float32)


def add_noise(image: Image, rng: np.random.Generator) -> Image:
    """Gaussian noise of at most 1 % of the range, where there is tissue."""
    noise = rng.normal(0, rng.uniform(0, 0.01), image.shape).astype(np.float32)
    return np.clip(image + noise * (image > 0), 0, 1)


CHANGES: dict[str, Change] = {
    "flip": Change("Upside down", True, flip_upside_down),
    "geometry": Change("Turn, scale and shift", True, turn_scale_shift),
    "intensity": Change("Gain and gamma", False, change_intensity),
    "noise": Change("Noise", False, add_noise),
}

AUGMENTATIONS: dict[str, tuple[str, ...]] = {
    "none": (),
    "light": ("flip", "intensity"),
    "standard": ("flip", "geometry", "intensity", "noise"),
}


def read_augmentation(text: str) -> tuple[Change, ...]:
    """The changes that a preset's name, or a list such as "flip,noise", stands for.

    Raises:
        BadConfiguration: For a name that is neither.
    """
    names = AUGMENTATIONS[text] if text in AUGMENTATIONS else tuple(text.split(","))
    unknown = [name for name in names if name not in CHANGES]
    if unknown:
        raise BadConfiguration(
            f"Setting 'augmentation' must be one of {', '.join(AUGMENTATIONS)} or a list of "
            f"{', '.join(CHANGES)}; got '{text}'"
        )
    return tuple(CHANGES[name] for name in names)


def augment(
    images: Image,
    changes: tuple[Change, ...],
    rng: np.random.Generator,
    n_channels: int | None = None,
) -> Image:
    """A changed copy of (N, H, W, C) images in [0, 1]; without changes, the images themselves.

    Args:
        images: The images; may carry masks as further channels.
        changes: What is done to each, in order.
        rng: Where chance comes from.
        n_channels: How many channels are image; the others only move. None: all.
    """
    if not changes:
        return images
    return np.stack([_augment_one(image, changes, rng, n_channels) for image in images])


def _augment_one(
    image: Image, changes: tuple[Change, ...], rng: np.random.Generator, n_channels: int | None
) -> Image:
    image = image.copy()
    for change in changes:
        if change.moves:
            image = change.apply(image, rng)
        else:
            image[..., :n_channels] = change.apply(image[..., :n_channels], rng)
    return image
