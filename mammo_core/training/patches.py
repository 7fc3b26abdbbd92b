"""Patches without cutting: each position of a network's last map sees one and learns its class.

A position's field of view is a patch; what lies at its center, lesion or plain tissue, is what it
shall call. So every epoch shows all plain tissue there is, where drawn patches would show a sample.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

LESION_WEIGHT = 0.2
"""The share of an epoch's weight that lesions carry, though they cover a few positions of 1,000."""
COVERED = 0.3
"""A position is a lesion's where its cell is covered to this share."""


def label_positions(
    mask: NDArray[np.floating] | None, grid: tuple[int, int], label: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """((P,) class of each position, (P,) whether it is sure), row by row.

    Cells at a lesion's edge are neither lesion nor plain. Every lesion has at least one position.

    Args:
        mask: (H, W) in [0, 1] on the model's input, None where there is no lesion.
        grid: (rows, columns) of the map.
        label: The lesion's class.
    """
    n = grid[0] * grid[1]
    if mask is None or not mask.any():
        return np.zeros(n, np.int64), np.ones(n, bool)
    covered = cv2.resize(mask.astype(np.float32), grid[::-1], interpolation=cv2.INTER_AREA).ravel()
    is_lesion = covered >= min(COVERED, covered.max())
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
