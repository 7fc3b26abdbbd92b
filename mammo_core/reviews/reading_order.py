"""Which cases a blinded reading shows, and in which order."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.predictions import PredictionTable


def draw_cases(
    table: PredictionTable, n: int, *, is_balanced: bool = False, seed: int = 0
) -> list[str]:
    """Image ids in random order; every labeled image at most once.

    Args:
        table: At image level, every label known.
        n: How many; fewer where the table has fewer.
        is_balanced: Whether every class is shown about equally often as long as it lasts; a
            random draw of a screening population shows hardly any cancer. Shares of calls then
            say nothing about that population.
        seed: Of the draw.
    """
    order = np.random.default_rng(seed).permutation(len(table))
    if is_balanced:
        order = order[np.argsort(_turns(table.labels[order]), kind="stable")]
    chosen = np.random.default_rng([seed, 1]).permutation(order[:n])
    return table.frame["image_id"].to_numpy(dtype=object)[chosen].tolist()


def _turns(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """(N,) how many rows of the same class come before each."""
    turns = np.empty(len(labels), np.intp)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        turns[rows] = np.arange(len(rows))
    return turns
