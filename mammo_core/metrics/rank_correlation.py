"""Whether two scores order cases alike, for drawn patients."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from mammo_core.metrics.classification import divide
from mammo_core.metrics.rankings import ScoreBins

Array = NDArray[np.floating]


def rank_correlation(a: Array, b: Array) -> float:
    """Spearman's correlation of two (N,) scores, ties at their mean rank; NaN for a constant one.

    Source: Spearman 1904, doi:10.2307/1412159.
    """
    x, y = (_center_ranks(scores) for scores in (a, b))
    return float(divide(x @ y, np.sqrt((x @ x) * (y @ y))))


class RankCorrelationReplicates:
    """Spearman's correlation for drawn patients, who are ranked anew in each draw.

    Exact where both scores have at most `ScoreBins.MAX_BINS` distinct values; else the scores of
    a bin are taken for equal, which moves a rank by less than a thousandth of the rows.
    """

    def __init__(self, a: Array, b: Array, patients: NDArray[np.integer], n_patients: int) -> None:
        """Gather the rows into cells: bin of one score by bin of the other."""
        nobody = np.zeros(len(a), dtype=bool)
        self._bins = [ScoreBins(scores, nobody, patients, n_patients) for scores in (a, b)]
        size = len(self._bins[1].edges)
        of_rows = self._bins[0].bin_of_row * size + self._bins[1].bin_of_row
        cells, cell_of_row = np.unique(of_rows, return_inverse=True)
        self._places = cells // size, cells % size
        ones = np.ones(len(a), np.float32)
        shape = (len(cells), n_patients)
        self._cells = sp.csr_matrix((ones, (cell_of_row, patients)), shape=shape)

    def __call__(self, counts: Array) -> NDArray[np.float64]:
        """(b,) for (patients, b) counts; NaN where a draw leaves a score without variation."""
        weights = [bins(counts)[0] for bins in self._bins]
        ranks = [_center_weighted(of_score) for of_score in weights]
        joint = self._cells @ counts
        for of_score, place in zip(ranks, self._places, strict=True):
            joint *= of_score[place]
        squares = [
            np.einsum("ij,ij,ij->j", w, r, r, dtype=np.float64)
            for w, r in zip(weights, ranks, strict=True)
        ]
        return divide(joint.sum(axis=0, dtype=np.float64), np.sqrt(squares[0] * squares[1]))


def _center_ranks(scores: Array) -> NDArray[np.float64]:
    """(N,) mean ranks less their mean."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - counts / 2 - len(scores) / 2)[place]


def _center_weighted(weights: Array) -> Array:
    """(bins, b) mean ranks of the bins less their mean, as shares of all rows drawn."""
    total = weights.sum(axis=0)
    return (np.cumsum(weights, axis=0) - weights / 2) / total - weights.dtype.type(0.5)
