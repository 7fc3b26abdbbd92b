"""A stage's epochs with what is asked of them: what was measured, how it drifts and scatters."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.estimate import exact_reach

Row = Mapping[str, Any]
"""One epoch of history.csv: epoch, loss, train_auroc, val_loss, val_auroc; what was not measured
is no float."""
FEWEST_EPOCHS = 3
"""Epochs without which nothing is said, and over which the gap is averaged."""
FLAT = 0.05
"""Share of itself that a loss may drift and still count as flat: epochs scatter about as much."""
WINDOW = 8
"""The last epochs, among which two jumps make a training unstable."""


class Finding(NamedTuple):
    """What a rule that holds has to say.

    Attributes:
        words: The end of the sentence.
        since: The epoch from which on it holds.
    """

    words: str
    since: int | None = None


@dataclass(frozen=True)
class Course:
    """A stage's rows with what the rules ask of them.

    Attributes:
        rows: The finished epochs in their order.
        best: The epoch of the highest validation AUROC.
        auroc: That AUROC.
        n_positives, n_negatives: Validation images, None where that is not known.
    """

    rows: Sequence[Row]
    best: int
    auroc: float
    n_positives: int | None
    n_negatives: int | None

    def noise_at(self, auroc: float) -> float:
        """How far that AUROC scatters by chance; 0 where the positives are not known."""
        if not self.n_positives:
            return 0.0
        return hanley_mcneil_error(auroc, self.n_positives, self.n_negatives or self.n_positives)

    @property
    def highest_chance(self) -> float:
        """An AUROC up to this cannot be told from 0.5."""
        return 0.5 + self.noise_at(0.5)

    @property
    def since_best(self) -> Sequence[Row]:
        """The best epoch and those after it."""
        return [row for row in self.rows if row["epoch"] >= self.best]


def hanley_mcneil_error(auroc: float, n_positives: int, n_negatives: int) -> float:
    """The standard error of an AUROC of independent images; views of a patient scatter more.

    At an AUROC of exactly 1 or 0 their variance is none; the width of the interval of a perfect
    ranking stands in for the 1.96 errors that it would be.

    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747, equation 2.
    """
    if auroc in (0, 1):
        return float(exact_reach(min(n_positives, n_negatives))) / 1.96
    q1, q2 = auroc / (2 - auroc), 2 * auroc**2 / (1 + auroc)
    variance = auroc * (1 - auroc)
    variance += (n_positives - 1) * (q1 - auroc**2) + (n_negatives - 1) * (q2 - auroc**2)
    return math.sqrt(max(0.0, variance) / (n_positives * n_negatives))


def measure_gap(rows: Sequence[Row]) -> float | None:
    """Training minus validation AUROC, the mean of the last three epochs that have both."""
    gaps = list_gaps(rows)
    return float(gaps[-FEWEST_EPOCHS:].mean()) if len(gaps) else None


def list_gaps(rows: Sequence[Row]) -> NDArray[np.float64]:
    """Training minus validation AUROC of each epoch that has both, in their order."""
    both = take_measured(take_measured(rows, "train_auroc"), "val_auroc")
    return read_column(both, "train_auroc") - read_column(both, "val_auroc")


def take_measured(rows: Sequence[Row], key: str) -> list[Row]:
    """The rows in which that was measured."""
    return [row for row in rows if isinstance(row.get(key), float)]


def read_column(rows: Sequence[Row], key: str) -> NDArray[np.float64]:
    """The values of that name, one a row; all rows must have it."""
    return np.array([row[key] for row in rows], dtype=float)


def measure_scatter(values: NDArray[np.float64]) -> float:
    """The standard deviation about a smooth course: from second differences, which hold six."""
    if len(values) < FEWEST_EPOCHS:
        return 0.0
    return float(np.sqrt((np.diff(values, 2) ** 2).mean() / 6))


def measure_drift(rows: Sequence[Row], key: str) -> float:
    """How far the least-squares line goes from the first row to the last, over the first value."""
    if len(rows) < 2:
        return 0.0
    values = read_column(rows, key)
    slope = np.polyfit(np.arange(len(values)), values, 1)[0]
    return float(slope * (len(values) - 1) / max(values[0], 1e-9))
