"""What a section of an evaluation is asked, what it needs drawn, and the form of its answer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import PatientSums, Statistic
from mammo_core.metrics.estimate import Estimate, drop_certain, widen_certain
from mammo_core.metrics.intervals import INTERVALS
from mammo_core.metrics.operating_points import COST_RATIO
from mammo_core.predictions import PredictionTable

Array = NDArray[np.floating]
Compute = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Question:
    """A table at its level, and the class that is asked about.

    Attributes:
        table: Every label known.
        positive: Index of the class.
        threshold: Of the operating point `default`.
        cost_ratio: How many false recalls a missed positive costs.
        prevalence: At which predictive values are told too; None: only at the table's own.
        chosen_on: Name of the split whose rows thresholds are chosen on.
        threshold_table: Those rows, at the same level; None: `table` itself.
    """

    table: PredictionTable
    positive: int
    threshold: float = 0.5
    cost_ratio: float = COST_RATIO
    prevalence: float | None = None
    chosen_on: str = ""
    threshold_table: PredictionTable | None = None

    @cached_property
    def scores(self) -> Array:
        """(N,) probability of the positive class."""
        return self.table.probabilities[:, self.positive]

    @cached_property
    def is_positive(self) -> NDArray[np.bool_]:
        """(N,) whether the positive class is the true one."""
        return self.table.labels == self.positive


class Estimates:
    """Replicates by name, made into estimates; remembers in which of them any was undefined."""

    def __init__(
        self, drawn: Mapping[str, Array], replicates: int, interval: str = "percentile"
    ) -> None:
        """Keep what was drawn.

        Args:
            drawn: (..., B + G) of each statistic: B replicates, then, for intervals that need
                them, G values with a group of patients left out. Sections compute with all of
                them alike.
            replicates: B.
            interval: A key of `INTERVALS`.
        """
        self._drawn = drawn
        self._interval = INTERVALS[interval]
        self._is_incomplete = np.zeros(replicates, dtype=bool)

    @property
    def n_incomplete(self) -> int:
        """In how many replicates some estimate asked for so far was undefined and left out."""
        return int(self._is_incomplete.sum())

    def estimate(self, value: float, drawn: Array) -> dict[str, float | None]:
        """A value with the interval of its (B + G,) replicates and left-out values.

        No interval where the replicates are all the same; see `drop_certain`.
        """
        replicates, _ = self._split(drawn)
        return drop_certain(self._spread(value, drawn), replicates).to_json()

    def of_share(self, name: str, value: float, n_patients: int) -> dict[str, float | None]:
        """A share with the interval of the replicates of that name; see `widen_certain`."""
        return widen_certain(self._spread(value, self._drawn[name]), n_patients).to_json()

    def drawn(self, name: str) -> Array:
        """(..., B + G) replicates of that name, then its left-out values; for `estimate`."""
        return self._drawn[name]

    def replicates(self, name: str) -> Array:
        """(..., B) replicates of that name alone; for what is no estimate."""
        return self._drawn[name][..., : len(self._is_incomplete)]

    def of_sums(
        self, name: str, sums: PatientSums, compute: Compute
    ) -> list[dict[str, float | None]]:
        """Estimates of what `compute` makes of totals (..., B): one for each leading element."""
        return [self.estimate(*one) for one in self._compute(name, sums, compute)]

    def spread_of_sums(
        self, name: str, sums: PatientSums, compute: Compute
    ) -> list[dict[str, float | None]]:
        """As `of_sums`, a point where the replicates are all the same.

        For what is certain by definition, and for those who settle it themselves.
        """
        return [self._spread(*one).to_json() for one in self._compute(name, sums, compute)]

    def of_rates(
        self, name: str, sums: PatientSums, compute: Compute
    ) -> list[dict[str, float | None]]:
        """As `of_sums` for rates, shares of some of the rows; see `widen_certain`.

        A patient counts where the rate of his rows alone is defined.
        """
        alone = compute(sums.of_patients)
        n_patients = (~np.isnan(alone.reshape(-1, alone.shape[-1]))).sum(axis=1)
        return [
            widen_certain(self._spread(*one), int(n)).to_json()
            for one, n in zip(self._compute(name, sums, compute), n_patients, strict=True)
        ]

    def _compute(
        self, name: str, sums: PatientSums, compute: Compute
    ) -> Iterable[tuple[float, Array]]:
        """Values and (B + G,) replicates of each leading element."""
        values = np.ravel(compute(sums.totals[..., None]))
        drawn = compute(self._drawn[name])
        return zip(values.tolist(), drawn.reshape(len(values), drawn.shape[-1]), strict=True)

    def _spread(self, value: float, drawn: Array) -> Estimate:
        """The interval as the replicates have it."""
        replicates, left_out = self._split(drawn)
        if not np.isnan(value):
            self._is_incomplete |= np.isnan(replicates)
        return self._interval(value, replicates, left_out)

    def _split(self, drawn: Array) -> list[Array]:
        """(B,) replicates and (G,) values with a group left out."""
        return np.split(drawn, [len(self._is_incomplete)])


class Section(Protocol):
    """A part of the answer."""

    @property
    def statistics(self) -> Mapping[str, Statistic]:
        """What to compute from each draw of patients."""

    def answer(self, estimates: Estimates) -> dict[str, Any]:
        """The section's keys and what stands under them."""
