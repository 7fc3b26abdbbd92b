"""Tables kept in memory up to a number of rows, each made once though many sessions ask for it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mammo_core.predictions import PredictionTable

Make = Callable[..., "PredictionTable"]


def kept_by_rows(most_rows: int) -> Callable[[Make], Make]:
    """A decorator for what makes a table of hashable arguments: it is kept by them.

    The tables that were asked for least recently go as soon as all together have more rows, so
    that many small ones are kept and few large ones; the newest always stays. While a table is
    made, who asks for it waits, and who asks for another does not.
    """

    def decorate(make: Make) -> Make:
        kept = _KeptTables(most_rows)

        @wraps(make)
        def get(*key: Hashable) -> "PredictionTable":
            table = kept.find(key)  # an empty one is false
            return kept.add(key, lambda: make(*key)) if table is None else table

        return get

    return decorate


class _KeptTables:
    """The tables of one function, the one that was asked for last at the end."""

    def __init__(self, most_rows: int) -> None:
        self._most_rows = most_rows
        self._tables: OrderedDict[tuple[Hashable, ...], PredictionTable] = OrderedDict()
        self._making: dict[tuple[Hashable, ...], Lock] = {}
        self._lock = Lock()

    def find(self, key: tuple[Hashable, ...]) -> "PredictionTable | None":
        with self._lock:
            table = self._tables.get(key)
            if table is not None:
                self._tables.move_to_end(key)
            return table

    def add(
        self, key: tuple[Hashable, ...], make: "Callable[[], PredictionTable]"
    ) -> "PredictionTable":
        """The table, made unless another thread did so while this one waited."""
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            table = self.find(key)
            if table is None:
                table = self._share(make())
                self._keep(key, table)
        with self._lock:
            self._making.pop(key, None)
        return table

    def _share(self, table: "PredictionTable") -> "PredictionTable":
        with self._lock:
            others = list(self._tables.values())
        for other in others:
            table = share_columns(table, other)
        if others:
            release_unused()
        return table

    def _keep(self, key: tuple[Hashable, ...], table: "PredictionTable") -> None:
        with self._lock:
            self._tables[key] = table
            while len(self._tables) > 1 and self._n_rows() > self._most_rows:
                self._tables.popitem(last=False)

    def _n_rows(self) -> int:
        return sum(map(_weigh, self._tables.values()))


def release_unused() -> None:
    """Give back to the system what Arrow keeps of columns that are no more."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def share_columns(table: "PredictionTable", other: "PredictionTable") -> "PredictionTable":
    """The table, with what another one says alike of its rows held in memory once for both.

    Tables of one dataset differ in their probabilities alone: of a million rows it is 0.2 GB.
    """
    ours, theirs = table.frame, other.frame
    if len(ours) != len(theirs) or not ours.index.equals(theirs.index):
        return table
    alike = [name for name in ours if name in theirs and ours[name].equals(theirs[name])]
    return replace(table, frame=ours.assign(**{name: theirs[name] for name in alike}))


def _weigh(table: "PredictionTable") -> int:
    """The rows that a table holds in memory; one of larger units knows its images, too."""
    return len(table) if table.members is None else max(len(table), len(table.members[0]))
