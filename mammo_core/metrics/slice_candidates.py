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


@dataclass(frozen=True, eq=False)
class Candidate:
    """A slice that is to be compared.

    Attributes:
        values: One or two pairs of a column and what the rows share (None: missing).
        rows: (N,) bool.
        patients: How many patients they are of.
        split: The same for two slices that part the rows alike: a slice and its own rest.
    """

    values: tuple[Value, ...]
    rows: Mask
    patients: int
    split: float


class Candidates:
    """The slices by one or two attributes, each set of rows once; small ones are counted."""

    def __init__(
        self, patients: NDArray[np.integer], kinds: Sequence[Mask], min_patients: int, min_each: int
    ) -> None:
        """Prepare the search.

        Args:
            patients: (N,) 0, 1, ...
            kinds: Masks (N,) of rows of which slice and rest each need `min_each`.
            min_patients: How many patients slice and rest each need.
            min_each: See `kinds`.
        """
        self._patients, self._kinds = patients, kinds
        self._n_patients = int(patients.max()) + 1
        self._min_patients, self._min_each = min_patients, min_each
        # Sums of random whole numbers tell sets of rows apart, exactly in float64 up to 2 ** 53.
        self._marks = np.random.default_rng(0).integers(1, 1 << 32, len(patients)).astype(float)
        self._seen: set[float] = set()
        self.n_small = 0

    def walk(self, attributes: Sequence[Attribute], progress: Progress) -> Iterator[Candidate]:
        """The candidates, those of single attributes first."""
        works = [(one,) for one in attributes] + list(combinations(attributes, 2))
        for done, work in enumerate(works):
            progress(done, len(works), DOING)
            for values, places in _list_cells(*work):
                candidate = self._judge(values, places)
                if candidate:
                    yield candidate
        progress(len(works), len(works), DOING)

    def _judge(self, values: tuple[Value, ...], places: NDArray[np.intp]) -> Candidate | None:
        if len(places) < self._min_patients:
            self.n_small += 1
            return None
        mark = float(self._marks[places].sum())
        if mark in self._seen or len(places) == len(self._patients):
            return None
        self._seen.add(mark)
        rows = np.zeros(len(self._patients), dtype=bool)
        rows[places] = True
        patients = self._count_patients(rows)
        if not self._is_supported(rows, patients):
            self.n_small += 1
            return None
        return Candidate(values, rows, patients, min(mark, float(self._marks.sum()) - mark))

    def _is_supported(self, rows: Mask, patients: int) -> bool:
        if min(patients, self._count_patients(~rows)) < self._min_patients:
            return False
        inside = [np.count_nonzero(rows & kind) for kind in self._kinds]
        outside = [np.count_nonzero(kind) - n for kind, n in zip(self._kinds, inside, strict=True)]
        return bool(min(inside + outside) >= self._min_each)

    def _count_patients(self, rows: Mask) -> int:
        counts = np.bincount(self._patients[rows], minlength=self._n_patients)
        return int(np.count_nonzero(counts))


def _list_cells(attribute: Attribute, other: Attribute | None = None) -> Iterator[Cell]:
    """The values of an attribute, or all pairs of values of two, with the places of their rows."""
    width = 1 if other is None else len(other.values)
    codes = attribute.codes if other is None else attribute.codes * width + other.codes
    outside = attribute.codes < 0 if other is None else (attribute.codes < 0) | (other.codes < 0)
    codes = np.where(outside, -1, codes)
    order = np.argsort(codes, kind="stable")
    cells, starts = np.unique(codes[order], return_index=True)
    for cell, places in zip(cells, np.split(order, starts[1:]), strict=True):
        if cell >= 0:
            first = (attribute.name, attribute.values[cell // width])
            second = () if other is None else ((other.name, other.values[cell % width]),)
            yield (first, *second), places
