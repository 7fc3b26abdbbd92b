"""A number of a part of the rows, and what each patient has to do with its error."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shares = tuple[NDArray[np.integer], Array]
Measure = Callable[[Mask], "Part"]
"""From a mask (N,) to the number of the rows under it."""


@dataclass(frozen=True, eq=False)
class Part:
    """A number of some of the rows.

    Attributes:
        value: In [0, 1]; NaN where undefined.
        variance: Clustered by patient; NaN from a single patient.
        influence: (patients,) what each patient adds to the error of `value`; they sum to 0.
        n_rows: How many rows count.
        n_patients: How many patients the number rests on; of AUROC those of the rarer kind.
    """

    value: float
    variance: float
    influence: Array
    n_rows: int
    n_patients: int


def undefined_part(size: int) -> Part:
    """Of rows that lack what the number needs; `size` is how many patients there are."""
    return Part(np.nan, np.nan, np.zeros(size), 0, 0)


class RankedRows:
    """AUROC of any part of the rows, which are sorted once for all."""

    def __init__(
        self, scores: NDArray[np.floating], is_positive: Mask, patients: NDArray[np.integer]
    ) -> None:
        """Sort.

        Args:
            scores: (N,) of the positive class.
            is_positive: (N,).
            patients: (N,) 0, 1, ...
        """
        self._order = np.argsort(scores, kind="stable")
        ordered = scores[self._order]
        first = np.searchsorted(ordered, ordered, "left")
        self._ends = np.stack([first, np.searchsorted(ordered, ordered, "right")])
        self._is_positive = is_positive[self._order]
        self._patients = patients[self._order]
        self._size = int(patients.max()) + 1

    def __call__(self, rows: Mask) -> Part:
        """The part under a mask, in the order of the scores given at first."""
        chosen = rows[self._order]
        positive = np.flatnonzero(chosen & self._is_positive)
        negative = np.flatnonzero(chosen & ~self._is_positive)
        if not len(positive) or not len(negative):
            return undefined_part(self._size)
        won = self.wins(positive, negative) / len(negative)
        held = 1 - self.wins(negative, positive) / len(positive)
        auroc = float(won.mean())
        return join_shares(
            auroc,
            (self._patients[positive], (won - auroc) / len(positive)),
            (self._patients[negative], (held - auroc) / len(negative)),
            self._size,
        )

    def wins(self, rows: NDArray[np.intp], others: NDArray[np.intp]) -> Array:
        """How many of the others each row scores above, ties counting half; places when sorted."""
        below = np.zeros(len(self._order) + 1)
        below[others + 1] = 1
        np.cumsum(below, out=below)
        first, after = self._ends[:, rows]
        return (below[first] + below[after]) / 2


class RateRows:
    """The share of rows with some property, of any part of them."""

    def __init__(self, has_it: Mask, counts: Mask, patients: NDArray[np.integer]) -> None:
        """Keep the rows.

        Args:
            has_it: (N,) whether a row has the property.
            counts: (N,) the rows that the share is of; all positives for a sensitivity.
            patients: (N,) 0, 1, ...
        """
        self._has_it, self._counts, self._patients = has_it, counts, patients
        self._size = int(patients.max()) + 1

    def __call__(self, rows: Mask) -> Part:
        """The part under a mask."""
        chosen = np.flatnonzero(rows & self._counts)
        if not len(chosen):
            return undefined_part(self._size)
        patients, has_it = self._patients[chosen], self._has_it[chosen]
        rate = float(has_it.mean())
        influence = np.bincount(patients, has_it - rate, self._size) / len(chosen)
        variance = small_sample_factor(patients) * float(influence @ influence)
        return Part(rate, variance, influence, len(chosen), _count(patients))


def join_shares(auroc: float, positives: Shares, negatives: Shares, size: int) -> Part:
    """The part of an AUROC from what each of its rows adds to the error.

    Args:
        auroc: Its value.
        positives: Patients and shares of the positive rows; each kind's shares sum to 0.
        negatives: The same of the negative rows.
        size: How many patients there are.

    Source: the clustered variance of Obuchowski 1997, doi:10.2307/2533958.
    """
    a, b = (_sum_by_patient(*kind, size) for kind in (positives, negatives))
    of_a, of_b = (small_sample_factor(patients) for patients, _ in (positives, negatives))
    both = small_sample_factor(np.concatenate([positives[0], negatives[0]]))
    variance = of_a * (a @ a) + of_b * (b @ b) + 2 * both * (a @ b)
    n_rows = len(positives[0]) + len(negatives[0])
    n_patients = min(_count(positives[0]), _count(negatives[0]))
    return Part(auroc, float(np.maximum(variance, 0.0)), a + b, n_rows, n_patients)


def small_sample_factor(groups: NDArray[np.integer]) -> float:
    """What corrects a sum of n squares: n / (n - 1) for n distinct groups, NaN for a single one."""
    n = _count(groups)
    return n / (n - 1) if n > 1 else np.nan


def _sum_by_patient(patients: NDArray[np.integer], shares: Array, size: int) -> Array:
    return np.bincount(patients, shares, size).astype(np.float64, copy=False)


def _count(patients: NDArray[np.integer]) -> int:
    return int(np.count_nonzero(np.bincount(patients)))
