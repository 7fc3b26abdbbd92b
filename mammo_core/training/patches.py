"""Square patches around lesions and from plain tissue, cut anew for every epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import change_intensity

LESION_PATCHES_AN_IMAGE = 2


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


def draw_tissue_spot(
    image: NDArray[np.uint16], position: int, label: int, rng: np.random.Generator
) -> Spot:
    """A random place inside the breast (brighter than a tenth of the range where possible)."""
    rows, columns = image.shape
    for _ in range(20):
        row, column = rng.integers(rows), rng.integers(columns)
        if image[row, column] > 6553:
            break
    return Spot(position, float(row), float(column), 0.0, label)


def cut_patch(image: NDArray[np.uint16], spot: Spot, size: int) -> NDArray[np.float32]:
    """The (size, size, 1) patch centred on the spot, in [0, 1]; beyond the image it is black."""
    center = (spot.column, spot.row)
    patch = cv2.getRectSubPix(image.astype(np.float32), (size, size), center)
    inside = _inside(image.shape, spot, size)
    return (patch * inside / 65535.0).astype(np.float32)[..., None]


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
    """The spot moved so that the lesion's centre stays well inside the patch."""
    reach = size / 10 if spot.radius else 0.0
    row, column = rng.normal(0, 1, 2) * reach
    return Spot(spot.image, spot.row + row, spot.column + column, spot.radius, spot.label)


def _turn(patch: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    turned = np.rot90(patch, int(rng.integers(4)))
    return turned[::-1] if rng.random() < 0.5 else turned


def _inside(shape: tuple[int, ...], spot: Spot, size: int) -> NDArray[np.float32]:
    """1 where the patch lies on the image, 0 beyond it."""
    rows = np.arange(size) + round(spot.row) - size // 2
    columns = np.arange(size) + round(spot.column) - size // 2
    on_rows = (rows >= 0) & (rows < shape[0])
    on_columns = (columns >= 0) & (columns < shape[1])
    return (on_rows[:, None] & on_columns[None, :]).astype(np.float32)
