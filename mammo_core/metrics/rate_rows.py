"""The share of rows with some property, in any part of them and in the rest."""

import numpy as np

from mammo_core.metrics.parts import (
    UNDEFINED_PART,
    UNDEFINED_SPLIT,
    Array,
    Mask,
    Part,
    Patients,
    Split,
    correlate,
    correlate_with_caution,
    small_sample_factor,
)

RARE = 10
"""Patients: shares nearer to 0 or 1 than these have a badly known correlation."""

Sums = tuple[Array, Array]
"""(patients,) rows that count, and those of them with the property."""


class RateRows:
    """A share, its variance by patient: that of a ratio of two sums over patients."""

    def __init__(self, has_it: Mask, counts: Mask, patients: Patients) -> None:
        """Keep the rows.

        Args:
            has_it: (N,) whether a row has the property.
            counts: (N,) the rows that the share is of; all positives for a sensitivity.
            patients: (N,) 0, 1, ...
        """
        self._has_it, self._counts, self._patients = has_it, counts, patients
        self._size = int(patients.max()) + 1
        self._all = self._sum(np.flatnonzero(counts))

    def measure(self, rows: Mask) -> Part:
        """The share of the rows under a mask."""
        sums = self._sum(np.flatnonzero(rows & self._counts))
        return _join(*sums)[0] if sums[0].any() else UNDEFINED_PART

    def split(self, rows: Mask) -> Split:
        """The shares of the rows under a mask and of the others."""
        sums = self._sum(np.flatnonzero(rows & self._counts))
        others = (self._all[0] - sums[0], self._all[1] - sums[1])
        if not sums[0].any() or not others[0].any():
            return UNDEFINED_SPLIT
        (group, influence), (rest, of_others) = _join(*sums), _join(*others)
        choose = correlate_with_caution if _is_extreme(group, rest) else correlate
        return Split(group, rest, choose(group, rest, influence, of_others))

    def _sum(self, places: Patients) -> Sums:
        patients, has_it = self._patients[places], self._has_it[places]
        n = np.bincount(patients, minlength=self._size).astype(np.float64)
        return n, np.bincount(patients[has_it], minlength=self._size).astype(np.float64)


def _is_extreme(*parts: Part) -> bool:
    """Whether the share of either part, or what it leaves, rests on fewer than `RARE` patients."""
    return any(min(p.value, 1 - p.value) * p.n_patients < RARE for p in parts)


def _join(n: Array, having: Array) -> tuple[Part, Array]:
    """The part of a share, and what each patient adds to its error."""
    total, n_patients = float(n.sum()), int(np.count_nonzero(n))
    rate = float(having.sum()) / total
    influence = (having - rate * n) / total
    variance = small_sample_factor(n_patients) * float(influence @ influence)
    return Part(rate, variance, int(total), n_patients), influence
