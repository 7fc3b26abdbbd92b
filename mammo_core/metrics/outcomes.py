"""What became of each row, by the most probable class."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.predictions import PredictionTable


def compute_confusion(table: PredictionTable) -> NDArray[np.int64]:
    """(K, K) counts of the rows with a known label, rows true, columns predicted."""
    n = len(table.classes)
    known = table.labels >= 0
    cells = table.labels[known] * n + table.predicted[known]
    return np.bincount(cells, minlength=n * n).reshape(n, n)


def is_correct(table: PredictionTable) -> NDArray[np.bool_]:
    """(N,) whether the most probable class is the true one; False where that is unknown."""
    return table.labels == table.predicted
