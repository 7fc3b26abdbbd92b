"""Square patches around lesions and from plain tissue, cut anew for every epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import change_intensity

PATCHES_A_LESION = 3
PLAIN_PATCHES_A_LESION = 6


@dataclass(frozen=True)
class Spot:
    """A place on an image where a patch of a class can be cut.

    Attributes:
        image: Position in the pixel cache.
        row, column: The centre in model pixels.
        radius: Half the lesion's extent in model pixels; 0 for plain tissue.
        label: Class index of the patch.
    """

    image: int
    row: float
    column: float
    radius: float
    label: int


def find_lesion_spots(mask: NDArray[np.bool_], image: int, label: int) -> list[Spot]:
    """A spot for each connected part of the mask that is at least a tenth of the largest."""
    count, _, boxes, centers = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = boxes[1:count, cv2.CC_STAT_AREA]
    return [
        Spot(image, float(row), float(column), float(max(box[2], box[3])) / 2, label)
        for (column, row), box, area in zip(centers[1:], boxes[1:], areas, strict=True)
        if area >= 0.1 * areas.max()
    ]


def draw_plain_spot(image: NDArray[np.uint16], position: int, rng: np.random.Generator) -> Spot:
    """A random place of an image without a lesion, for the mildest class.

    Three of four lie on tissue brighter than the image's mean, where lesions are mistaken; the
    others anywhere, since a network that never saw air or the skin's edge would find anything
    there once it looks at whole images.
    """
    rows, columns = image.shape
    on_tissue, bright = rng.random() < 0.75, image.mean()
    for _ in range(20):
        row, column = int(rng.integers(rows)), int(rng.integers(columns))
        if not on_tissue or image[row, column] > bright:
            break
    return Spot(position, row, column, 0.0, label=0)


def cut_patch(image: NDArray[np.uint16], spot: Spot, size: int) -> NDArray[np.float32]:
    """The (size, size, 1) patch around the spot, in [0, 1]; beyond the image it is black."""
    top, left = round(spot.row) - size // 2, round(spot.column) - size // 2
    inside = image[max(0, top) : max(0, top + size), max(0, left) : max(0, left + size)]
    patch = np.zeros((size, size), np.float32)
    row, column = max(0, -top), max(0, -left)
    patch[row : row + inside.shape[0], column : column + inside.shape[1]] = inside
    return patch[..., None] / np.float32(65535)


def draw_patches(
    pixels: NDArray[np.uint16], spots: Sequence[Spot], size: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """((N, size, size, 1) patches, (N,) labels), jittered, turned and changed in intensity.

    A patch may face any way: laterality has no meaning inside it.
    """
    patches = np.empty((len(spots), size, size, 1), np.float32)
    for index, spot in enumerate(spots):
        patches[index] = _turn(cut_patch(pixels[spot.image], _jitter(spot, size, rng), size), rng)
    labels = np.array([spot.label for spot in spots], np.int64)
    return np.stack([change_intensity(patch, rng) for patch in patches]), labels


def _jitter(spot: Spot, size: int, rng: np.random.Generator) -> Spot:
    """The spot moved by up to a fifth of the patch, where the lesion still lies inside."""
    reach = size / 5 if spot.radius else 0.0
    row, column = rng.uniform(-reach, reach, 2)
    return Spot(spot.image, spot.row + row, spot.column + column, spot.radius, spot.label)


def _turn(patch: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    turned = np.rot90(patch, int(rng.integers(4)))
    return turned[::-1] if rng.random() < 0.5 else turned
