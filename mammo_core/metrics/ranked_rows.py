"""AUROC of any part of the rows and of the rest: the rows are sorted once for all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.parts import (
    UNDEFINED_PART,
    UNDEFINED_SPLIT,
    Array,
    Mask,
    Part,
    Patients,
    Split,
    correlate,
    join_shares,
)


@dataclass(frozen=True, eq=False)
class _Kind:
    """The rows of one truth in the order of their scores.

    Attributes:
        rows: (M,) their places among all rows.
        patients: (M,).
        lower: (M,) how many rows of the other truth lie below each.
        upper: (M,) how many lie below it or are tied with it.
    """

    rows: NDArray[np.intp]
    patients: Patients
    lower: NDArray[np.intp]
    upper: NDArray[np.intp]

    def count_below(self, others: Mask) -> Array:
        """(M,) how many of the marked rows of the other truth lie below each, ties half."""
        total = np.zeros(len(others) + 1, dtype=np.int32)
        np.cumsum(others, out=total[1:])
        return (total[self.lower] + total[self.upper]) / 2


class RankedRows:
    """AUROC with the clustered variance of Obuchowski 1997, doi:10.2307/2533958."""

    def __init__(self, scores: NDArray[np.floating], is_positive: Mask, patients: Patients) -> None:
        """Sort.

        Args:
            scores: (N,) of the positive class.
            is_positive: (N,).
            patients: (N,) 0, 1, ...
        """
        self._size = int(patients.max()) + 1
        positive, negative = (
            rows[np.argsort(scores[rows], kind="stable")]
            for rows in (np.flatnonzero(is_positive), np.flatnonzero(~is_positive))
        )
        self._positive, self._negative = (
            _Kind(
                rows,
                patients[rows],
                np.searchsorted(scores[others], scores[rows], "left"),
                np.searchsorted(scores[others], scores[rows], "right"),
            )
            for rows, others in ((positive, negative), (negative, positive))
        )
        self._won = (self._positive.lower + self._positive.upper) / 2
        self._lost = (self._negative.lower + self._negative.upper) / 2

    def measure(self, rows: Mask) -> Part:
        """The AUROC of the rows under a mask."""
        positive, negative = rows[self._positive.rows], rows[self._negative.rows]
        if not positive.any() or not negative.any():
            return UNDEFINED_PART
        won, lost = self._count(positive, negative)
        return self._join(positive, negative, won, lost)[0]

    def split(self, rows: Mask) -> Split:
        """The AUROCs of the rows under a mask and of the others."""
        positive, negative = rows[self._positive.rows], rows[self._negative.rows]
        if not positive.any() or not negative.any() or positive.all() or negative.all():
            return UNDEFINED_SPLIT
        won, lost = self._count(positive, negative)
        group, influence = self._join(positive, negative, won, lost)
        # What a row wins among the rest is what it wins in all less what it wins in the group.
        rest, others = self._join(~positive, ~negative, self._won - won, self._lost - lost)
        return Split(group, rest, correlate(group, rest, influence, others))

    def _count(self, positive: Mask, negative: Mask) -> tuple[Array, Array]:
        """Marked negatives below each positive row, marked positives below each negative one."""
        return self._positive.count_below(negative), self._negative.count_below(positive)

    def _join(self, positive: Mask, negative: Mask, won: Array, lost: Array) -> tuple[Part, Array]:
        won, lost = won[positive], lost[negative]
        n_pairs = len(won) * len(lost)
        auroc = float(won.sum() / n_pairs)
        return join_shares(
            auroc,
            (self._positive.patients[positive], won / n_pairs - auroc / len(won)),
            (self._negative.patients[negative], (1 - auroc) / len(lost) - lost / n_pairs),
            self._size,
        )
