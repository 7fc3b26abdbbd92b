"""Which slices of the rows have enough patients and rows to be compared with the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.attributes import Attribute
from mammo_core.types import Progress

Mask = NDArray[np.bool_]
Value = tuple[str, str | None]
Cell = tuple[tuple[Value, ...], NDArray[np.intp]]
DOING = "attributes and pairs of attributes"


@dataclass(frozen=True)
class Candidate:
    """A slice that is to be compared.

    Attributes:
        values: One or two pairs of a column and what the rows share (None: missing).
        n: How many rows.
        patients: How many patients.
        mark: The same for two slices that part the rows alike: a slice and its own rest.
    """

    values: tuple[Value, ...]
    n: int
    patients: int
    mark: float


class Candidates:
    """The slices by one or two attributes, each set of rows once; small ones are counted."""

    def __init__(
        self, patients: NDArray[np.integer], kinds: Sequence[Mask], min_patients: int, min_each: int
    ) -> None:
        """Prepare the search.

        Args:
            patients: (N,) 0, 1, ...
            kinds: Masks (N,) of rows, positive ones for instance.
            min_patients: How many patients slice and rest each need.
            min_each: How many patients with rows of each kind they need.
        """
        self._patients, self._kinds = patients, (np.ones(len(patients), bool), *kinds)
        self._least = (min_patients, *(min_each for _ in kinds))
        self._totals = [np.bincount(patients[kind]) for kind in self._kinds]
        # Sums of random whole numbers tell sets of rows apart, exactly in float64 up to 2 ** 53.
        self._marks = np.random.default_rng(0).integers(1, 1 << 30, len(patients)).astype(float)
        self._all_marks = float(self._marks.sum())
        self._seen: set[float] = set()
        self.n_small = 0

    def walk(
        self, attributes: Sequence[Attribute], progress: Progress
    ) -> Iterator[tuple[Candidate, Mask]]:
        """The candidates and their rows (N,), those of single attributes first."""
        works = [(one,) for one in attributes] + list(combinations(attributes, 2))
        for done, work in enumerate(works):
            progress(done, len(works), DOING)
            for values, places in _list_cells(*work):
                candidate = self._judge(values, places)
                if candidate:
                    rows = np.zeros(len(self._patients), dtype=bool)
                    rows[places] = True
                    yield candidate, rows
        progress(len(works), len(works), DOING)

    def _judge(self, values: tuple[Value, ...], places: NDArray[np.intp]) -> Candidate | None:
        if len(places) < self._least[0]:
            self.n_small += 1
            return None
        mark = float(self._marks[places].sum())
        if mark in self._seen or len(places) == len(self._patients):
            return None
        self._seen.add(mark)
        counted = [self._count_patients(places, i) for i in range(len(self._kinds))]
        if any(min(both) < least for both, least in zip(counted, self._least, strict=True)):
            self.n_small += 1
            return None
        patients = counted[0][0]
        return Candidate(values, len(places), patients, min(mark, self._all_marks - mark))

    def _count_patients(self, places: NDArray[np.intp], kind: int) -> tuple[int, int]:
        """Patients with rows of a kind among those at the places, and among all others."""
        total = self._totals[kind]
        patients = self._patients[places[self._kinds[kind][places]]]
        own = np.bincount(patients, minlength=len(total))
        return int(np.count_nonzero(own)), int(np.count_nonzero(total > own))


def _list_cells(attribute: Attribute, other: Attribute | None = None) -> Iterator[Cell]:
    """The values of an attribute, or all pairs of values of two, with the places of their rows."""
    width = 1 if other is None else len(other.values)
    codes = attribute.codes.astype(np.int16) if other is None else _pair_codes(attribute, other)
    order = np.argsort(codes, kind="stable")  # of 16 bits: sorted by their digits, in one pass
    cells, starts = np.unique(codes[order], return_index=True)
    for cell, places in zip(cells.tolist(), np.split(order, starts[1:]), strict=True):
        if cell >= 0:
            first = (attribute.name, attribute.values[cell // width])
            second = () if other is None else ((other.name, other.values[cell % width]),)
            yield (first, *second), places


def _pair_codes(attribute: Attribute, other: Attribute) -> NDArray[np.int16]:
    """(N,) one code a pair of values, -1 where either is in no group."""
    codes = attribute.codes.astype(np.int16) * len(other.values) + other.codes
    return np.where((attribute.codes < 0) | (other.codes < 0), np.int16(-1), codes)
