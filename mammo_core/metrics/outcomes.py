"""What became of each row: the confusion matrix and who stands in which of its cells."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.operating_points import OUTCOMES, outcome_cells
from mammo_core.predictions import PredictionTable


def compute_confusion(table: PredictionTable) -> NDArray[np.int64]:
    """(K, K) counts of the rows with a known label, rows true, columns predicted."""
    n = len(table.classes)
    known = table.labels >= 0
    cells = table.labels[known] * n + table.predicted[known]
    return np.bincount(cells, minlength=n * n).reshape(n, n)


def find_cell(table: PredictionTable, true: str, predicted: str) -> NDArray[np.intp]:
    """Positions of the rows in one cell of the confusion matrix."""
    at_true, at_predicted = table.class_index(true), table.class_index(predicted)
    return np.flatnonzero((table.labels == at_true) & (table.predicted == at_predicted))


def is_correct(table: PredictionTable) -> NDArray[np.bool_]:
    """(N,) whether the most probable class is the true one; False where that is unknown."""
    return table.labels == table.predicted


def list_outcomes(
    table: PredictionTable, threshold: float, positive: str | None = None
) -> NDArray[np.str_]:
    """(N,) "TP", "FP", "FN" or "TN" at a threshold on the positive class, "" without a label."""
    index = table.class_index(positive)
    cells = outcome_cells(table.probabilities[:, index], table.labels == index, threshold)
    return np.where(table.labels < 0, "", np.array(OUTCOMES)[cells])
