"""What cases can be filtered by: columns as small numbers, and marks such as tags."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.metrics.attributes import to_decades

Mask = NDArray[np.bool_]
UNKNOWN = "unknown"
"""What a missing value is called."""


@dataclass(frozen=True, eq=False)
class Codes:
    """One value for each row.

    Attributes:
        values: The distinct ones as texts.
        codes: (N,) unsigned place of each row's value in `values`.
    """

    values: tuple[str, ...]
    codes: NDArray[np.unsignedinteger]

    def having(self, wanted: Collection[str]) -> Mask:
        """(N,) whether a row's value is among those wanted."""
        return np.array([value in wanted for value in self.values], dtype=bool)[self.codes]

    def count(self, kept: Mask | None) -> dict[str, int]:
        """How many of the kept rows have each value, without those that none has; None is all."""
        codes = self.codes if kept is None else self.codes[kept]
        counts = np.bincount(codes, minlength=len(self.values))
        return {value: int(n) for value, n in zip(self.values, counts, strict=True) if n}

    def take(self, rows: NDArray[np.intp]) -> "Codes":
        """Those of some rows."""
        return Codes(self.values, self.codes[rows])

    def categories(self) -> "pd.Categorical[str]":
        """The rows' values, missing where they are unknown."""
        names = [value for value in self.values if value != UNKNOWN]
        places = [names.index(value) if value in names else -1 for value in self.values]
        own: NDArray[np.intp] = np.array(places)[self.codes]
        return pd.Categorical.from_codes(own, pd.Index(names))

    def known(self) -> list[str | None]:
        """The rows' values, None where they are unknown."""
        spelled = [None if value == UNKNOWN else value for value in self.values]
        return [spelled[code] for code in self.codes.tolist()]


@dataclass(frozen=True, eq=False)
class Marks:
    """Any number of values for each row, most rows having none.

    Attributes:
        n: How many rows there are.
        rows: For each value the rows that have it.
    """

    n: int
    rows: Mapping[str, NDArray[np.intp]]

    def having(self, wanted: Collection[str]) -> Mask:
        """(N,) whether a row has any of the values wanted."""
        found = np.zeros(self.n, dtype=bool)
        for value in wanted:
            found[self.rows.get(value, [])] = True
        return found

    def count(self, kept: Mask | None) -> dict[str, int]:
        """How many of the kept rows have each value, without those that none has; None is all."""
        sizes = {
            value: len(rows) if kept is None else int(np.count_nonzero(kept[rows]))
            for value, rows in self.rows.items()
        }
        return {value: n for value, n in sizes.items() if n}


Facet = Codes | Marks


def encode(column: pd.Series) -> Codes:
    """A column of texts or numbers, missing being a value of its own."""
    codes, uniques = pd.factorize(column)
    return from_places(codes, [_spell(value) for value in uniques])


def encode_ages(ages: pd.Series) -> Codes:
    """Ages in tens of years."""
    return encode(to_decades(ages))


def from_places(places: NDArray[np.integer], values: Iterable[str]) -> Codes:
    """Codes from (N,) places in `values`, -1 for unknown; values spelled alike become one."""
    spelled = [*values, UNKNOWN]  # place -1 is the last
    distinct = tuple(dict.fromkeys(spelled))
    small = np.min_scalar_type(len(distinct))
    joined = np.array([distinct.index(value) for value in spelled], dtype=small)
    return Codes(distinct, joined[places])


def mark(image_ids: pd.Series, marked: Mapping[str, Collection[str]]) -> Marks:
    """Marks of the rows with these image ids.

    Args:
        image_ids: (N,) of all rows.
        marked: For each value the ids of the images that have it; others than the rows' count not.
    """
    rows = np.flatnonzero(image_ids.isin(list(set().union(*marked.values()))))
    row_of = dict(zip(image_ids.iloc[rows], rows, strict=True))
    found = {
        value: np.array([row_of[name] for name in ids if name in row_of], dtype=np.intp)
        for value, ids in marked.items()
    }
    return Marks(len(image_ids), found)


def classify(image_ids: pd.Series, members: Mapping[str, Collection[str]], otherwise: str) -> Codes:
    """One value for each row: that whose members hold its image id, else `otherwise`."""
    values = tuple(dict.fromkeys([otherwise, *members]))
    codes = np.zeros(len(image_ids), dtype=np.min_scalar_type(len(values)))
    for value, rows in mark(image_ids, members).rows.items():
        codes[rows] = values.index(value)
    return Codes(values, codes)


def _spell(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
