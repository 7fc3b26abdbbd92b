"""Square patches around lesions and from anywhere else, cut anew for every epoch.

Each position of the network's last map is labeled by what lies at its center, so that a patch
teaches hundreds of times and the network learns where, not only whether.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation.motion import Matrix, Motion, shift_matrix

LESION_WEIGHT = 0.25
"""The share of an epoch's weight that lesions carry, though they cover few positions."""
COVERED = 0.3
"""A position is a lesion's where its cell is covered to this share."""


@dataclass(frozen=True)
class Spot:
    """A place where a patch can be cut.

    Attributes:
        image: Position in the pixel cache.
        row, column: The center in model pixels.
    """

    image: int
    row: float
    column: float


@dataclass(frozen=True, eq=False)
class LesionMask:
    """The part of an image's mask that isn't empty; all of them take little memory.

    Attributes:
        top, left: Where it begins in the image.
        values: (rows, columns), 0 to 255 for a pixel that is wholly lesion.
    """

    top: int
    left: int
    values: NDArray[np.uint8]


def find_lesion_spots(mask: NDArray[np.floating], image: int) -> list[Spot]:
    """A spot for each connected part of the (H, W) mask that is at least a tenth of the largest."""
    parts = cv2.connectedComponentsWithStats((mask > 0).astype(np.uint8))
    count, _, boxes, centers = parts
    areas = boxes[1:count, cv2.CC_STAT_AREA]
    return [
        Spot(image, float(row), float(column))
        for (column, row), area in zip(centers[1:], areas, strict=True)
        if area >= 0.1 * areas.max()
    ]


def draw_spot(shape: tuple[int, int], image: int, rng: np.random.Generator) -> Spot:
    """A random place of an image of that (rows, columns)."""
    return Spot(image, rng.uniform(0, shape[0]), rng.uniform(0, shape[1]))


def shift_spot(spot: Spot, reach: float, rng: np.random.Generator) -> Spot:
    """The spot moved by up to `reach` pixels each way."""
    row, column = rng.uniform(-reach, reach, 2)
    return Spot(spot.image, spot.row + row, spot.column + column)


def place_patch(spot: Spot, size: int) -> Matrix:
    """The motion by which the square patch around the spot comes to lie at the upper left."""
    return shift_matrix(size // 2 - round(spot.column), size // 2 - round(spot.row))


def frame_mask(mask: NDArray[np.floating]) -> LesionMask:
    """The part of an (H, W) mask in [0, 1] that isn't empty."""
    left, top, columns, rows = cv2.boundingRect((mask > 0).astype(np.uint8))
    part = mask[top : top + rows, left : left + columns] * 255
    return LesionMask(top, left, np.rint(part).astype(np.uint8))


def cut_mask(mask: LesionMask, motion: Motion, size: int) -> NDArray[np.uint8]:
    """The (size, size) mask, 0 to 255, of the patch that the motion cuts from the image."""
    return motion.after(shift_matrix(mask.left, mask.top)).warp(mask.values, (size, size))


def label_positions(
    mask: NDArray[np.uint8], grid: tuple[int, int], label: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """((P,) class of each position, (P,) whether it is sure), row by row.

    Cells at a lesion's edge are neither lesion nor plain. Every lesion has at least one position.

    Args:
        mask: (H, W), 0 to 255, on the model's input; 0 where there is no lesion.
        grid: (rows, columns) of the map.
        label: The lesion's class.
    """
    shares = mask.astype(np.float32) / np.float32(255)
    covered = cv2.resize(shares, grid[::-1], interpolation=cv2.INTER_AREA).ravel()
    peak = covered.max()
    if peak == 0:
        return np.zeros(len(covered), np.int64), np.ones(len(covered), bool)
    is_lesion = covered >= min(COVERED, peak)
    return np.where(is_lesion, label, 0), is_lesion | (covered == 0)


def weigh_classes(n_positions: NDArray[np.floating]) -> NDArray[np.float32]:
    """(K,) weights with which the lesion classes together carry `LESION_WEIGHT`, each the same.

    Args:
        n_positions: (K,) how many positions each class has, plain tissue first.

    Returns:
        Weights whose mean over positions is 1; 0 for a class without positions.
    """
    present = n_positions > 0
    shares = np.where(present, LESION_WEIGHT / max(1, present[1:].sum()), 0.0)
    shares[0] = 1 - LESION_WEIGHT
    shares /= shares.sum()
    return (shares * n_positions.sum() / np.maximum(n_positions, 1)).astype(np.float32)
