"""Replicates of statistics that depend on the order of scores: sort once, weigh many times.

Rows are gathered into blocks of the ordered scores; a sparse matrix (blocks x patients) turns drawn
patients into weights of blocks, and cumulative sums do the rest.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Counts = NDArray[np.floating]
MAX_BINS = 1024


class AurocReplicates:
    """AUROC for drawn patients."""

    def __init__(
        self,
        scores: NDArray[np.floating],
        is_positive: NDArray[np.bool_],
        patients: NDArray[np.integer],
        n_patients: int,
    ) -> None:
        """Build the blocks: distinct positive scores, negatives at and between them."""
        if 2 * np.count_nonzero(is_positive) > len(scores):
            scores, is_positive = -scores, ~is_positive  # AUROC is the same; fewer blocks
        levels, level = np.unique(scores[is_positive], return_inverse=True)
        n = len(levels)
        negatives, of_negatives = scores[~is_positive], patients[~is_positive]
        n_below = np.searchsorted(levels, negatives, "left")
        is_tied = np.append(levels, np.nan)[n_below] == negatives
        self._positives = _blocks(level, patients[is_positive], n, n_patients)
        self._between = _blocks(n_below[~is_tied], of_negatives[~is_tied], n + 1, n_patients)
        self._tied = _blocks(n_below[is_tied], of_negatives[is_tied], n, n_patients)
        self._sizes = _sizes(is_positive, patients, n_patients)

    def __call__(self, counts: Counts) -> NDArray[np.float64]:
        """(b,) for (patients, b) counts; NaN where a draw lacks positives or negatives."""
        positives, between = self._positives @ counts, self._between @ counts
        n_positive, n_negative = self._sizes @ counts
        above = n_positive - np.cumsum(positives, axis=0)
        won = n_positive.astype(np.float64) * between[0] + _dot(between[1:], above)
        if self._tied.nnz:
            won += _dot(self._tied @ counts, above + positives / 2)
        pairs = n_positive.astype(np.float64) * n_negative
        return np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


class AveragePrecisionReplicates:
    """Average precision (the step-wise sum of scikit-learn) for drawn patients."""

    def __init__(
        self,
        scores: NDArray[np.floating],
        is_positive: NDArray[np.bool_],
        patients: NDArray[np.integer],
        n_patients: int,
    ) -> None:
        """Build the blocks: the distinct positive scores, highest first."""
        levels, level = np.unique(-scores[is_positive], return_inverse=True)
        block = np.searchsorted(levels, -scores, "left")
        called = block < len(levels)  # the others lie below every positive and cost nothing
        self._positives = _blocks(level, patients[is_positive], len(levels), n_patients)
        self._all = _blocks(block[called], patients[called], len(levels), n_patients)
        self._sizes = _sizes(is_positive, patients, n_patients)

    def __call__(self, counts: Counts) -> NDArray[np.float64]:
        """(b,) for (patients, b) counts; NaN where a draw lacks positives."""
        positives = self._positives @ counts
        called = np.cumsum(self._all @ counts, axis=0)
        precision = np.cumsum(positives, axis=0)
        precision /= np.maximum(called, 1, out=called)  # where nothing is called, nothing is added
        total = (self._sizes @ counts)[0].astype(np.float64)
        won = _dot(positives, precision)
        return np.divide(won, total, out=np.full(len(total), np.nan), where=total > 0)


class ScoreBins:
    """Weights of negatives and positives in bins of the score, for drawn patients.

    Attributes:
        edges: (bins,) lowest score of each bin, ascending. Bins are single scores where there are
            at most `MAX_BINS` distinct ones, else quantiles.
        bin_of_row: (N,) the bin of each row.
    """

    MAX_BINS = MAX_BINS

    def __init__(
        self,
        scores: NDArray[np.floating],
        is_positive: NDArray[np.bool_],
        patients: NDArray[np.integer],
        n_patients: int,
    ) -> None:
        """Sort the rows into bins."""
        self.edges = find_edges(scores)
        self.bin_of_row = np.searchsorted(self.edges, scores, "right") - 1
        block = self.bin_of_row + len(self.edges) * is_positive
        self._blocks = _blocks(block, patients, 2 * len(self.edges), n_patients)

    def __call__(self, counts: Counts) -> NDArray[np.float32]:
        """(2, bins, b) for (patients, b) counts: negatives first."""
        return (self._blocks @ counts).reshape(2, len(self.edges), -1)


def find_edges(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """(bins,) ascending: all distinct scores where there are at most `MAX_BINS`, else quantiles."""
    edges: NDArray[np.floating] = np.unique(scores)
    if len(edges) > MAX_BINS:
        at = np.linspace(0, len(scores), MAX_BINS, endpoint=False).astype(int)
        edges = np.unique(np.sort(scores)[at])
    return edges


def compute_average_precision(
    scores: NDArray[np.floating], is_positive: NDArray[np.bool_]
) -> float:
    """Sum over the distinct scores of precision times the recall gained; NaN without positives."""
    one = np.zeros(len(scores), dtype=np.intp)
    statistic = AveragePrecisionReplicates(scores, is_positive, one, 1)
    return float(statistic(np.ones((1, 1)))[0])


def _dot(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """(b,) sums over blocks of the products, added up in float64."""
    total: NDArray[np.float64] = np.einsum("ij,ij->j", a, b, dtype=np.float64)
    return total


def _sizes(
    is_positive: NDArray[np.bool_], patients: NDArray[np.integer], n_patients: int
) -> Counts:
    """(2, patients) positive and negative rows of each patient."""
    kinds = (is_positive, ~is_positive)
    sizes = [np.bincount(patients[of_kind], minlength=n_patients) for of_kind in kinds]
    return np.array(sizes, dtype=np.float32)


def _blocks(
    block: NDArray[np.integer], patients: NDArray[np.integer], n_blocks: int, n_patients: int
) -> sp.csr_matrix:
    ones = np.ones(len(block), np.float32)
    return sp.csr_matrix((ones, (block, patients)), shape=(n_blocks, n_patients))
