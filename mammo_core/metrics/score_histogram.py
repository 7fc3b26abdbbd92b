"""How the scores of each true class spread, counted in bins of equal width."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.predictions import PredictionTable

N_BINS = 40


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """Counts of rows by true class and score.

    Attributes:
        edges: (B + 1,) from 0 to 1; a bin holds its lower edge, the last one its upper edge too.
        counts: (K, B) rows of each true class, classes as in the table.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """(K, B) shares of each class's rows; 0 for a class without rows."""
        return self.counts / np.maximum(1, self.counts.sum(axis=1, keepdims=True))


def count_scores(table: PredictionTable, positive: int, n_bins: int = N_BINS) -> ScoreHistogram:
    """The histogram of the positive class's probability; rows without a label are left out."""
    n = len(table.classes)
    known = table.labels >= 0
    places = find_bins(table.probabilities[known, positive], n_bins)
    counts = np.bincount(table.labels[known] * n_bins + places, minlength=n * n_bins)
    return ScoreHistogram(np.linspace(0, 1, n_bins + 1), counts.reshape(n, n_bins))


def find_bins(scores: NDArray[np.floating], n_bins: int = N_BINS) -> NDArray[np.intp]:
    """(N,) the bin of each score."""
    edges = np.linspace(0, 1, n_bins + 1)
    return np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, n_bins - 1)
