"""What is left of the errors once the cases that a model is least sure of are referred."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration
from mammo_core.metrics.classification import divide
from mammo_core.metrics.estimate import Estimate

Array = NDArray[np.floating]
Flags = NDArray[np.bool_]
REFERRAL_RATES = (0.1, 0.2, 0.3)


@dataclass(frozen=True, eq=False)
class JudgedRows:
    """Rows with how unsure the model is of each and what became of it.

    Attributes:
        uncertainty: (N,) more is less sure; rows with equal ones are kept or referred together.
        is_wrong: (N,) whether the most probable class is not the true one.
        is_positive: (N,) whether the positive class is the true one.
        is_called: (N,) whether its probability reaches the threshold.
        patients: (N,) 0, 1, ...
    """

    uncertainty: Array
    is_wrong: Flags
    is_positive: Flags
    is_called: Flags
    patients: NDArray[np.integer]

    def __len__(self) -> int:
        return len(self.uncertainty)

    @property
    def n_patients(self) -> int:
        """How many patients there are."""
        return int(self.patients.max()) + 1


@dataclass(frozen=True)
class Referral:
    """What happens when the least sure rows are referred.

    Attributes:
        share: That was asked for; ties and whole rows may make it less.
        limit: Rows whose uncertainty is above it are referred.
        n_referred: Rows that a radiologist would read without the model.
        n_kept: The others, on which the estimates are.
        n_wrong_referred: Of the model's wrong rows.
        n_positive_referred: Of the positive rows.
        estimates: `error_rate`, `sensitivity`, `specificity`.
    """

    share: float
    limit: float
    n_referred: int
    n_kept: int
    n_wrong_referred: int
    n_positive_referred: int
    estimates: dict[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        """All of it, an estimate as {"value", "low", "high"}."""
        facts = {name: value for name, value in vars(self).items() if name != "estimates"}
        return facts | {name: one.to_json() for name, one in self.estimates.items()}


def find_limit(uncertainty: Array, share: float) -> float:
    """The smallest of (N,) uncertainties above which at most that share of the rows lies.

    Raises:
        BadConfiguration: For a share that is not in [0, 1).
    """
    return pick_limit(np.sort(uncertainty), share)


def pick_limit(ordered: Array, share: float) -> float:
    """As `find_limit`, of ascending uncertainties."""
    if not 0 <= share < 1:
        raise BadConfiguration(f"Expected a share of cases to refer from 0 to below 1, got {share}")
    kept = np.ceil(len(ordered) * (1 - share) - 1e-9)
    return float(ordered[int(kept) - 1])


def compute_aurc(right: NDArray[np.number], wrong: NDArray[np.number]) -> Array:
    """(B,) mean error rate of the k surest rows over k = 1 ... n, ties in random order on average.

    With R rows in the blocks before, of which W are wrong, and r rows in a block, of which w are,
    the block adds the sum over i = 1 ... r of (W + w i / r) / (R + i), which harmonic numbers give.

    Args:
        right: (U, B) weights of the right rows in blocks of equal uncertainty, the surest first.
        wrong: (U, B) of the wrong ones.

    Source: Geifman and El-Yaniv 2017, arXiv:1705.08500; the name from arXiv:1805.08206.
    """
    from scipy.special import digamma

    rows = (right + wrong).astype(np.float64)
    until, wrong_until = np.cumsum(rows, axis=0), np.cumsum(wrong, axis=0, dtype=np.float64)
    before, wrong_before = until - rows, wrong_until - wrong
    harmonic = digamma(until + 1) - digamma(before + 1)
    share = np.divide(wrong, rows, out=np.zeros_like(rows), where=rows > 0)
    added = wrong_before * harmonic + share * (rows - before * harmonic)
    return divide(added.sum(axis=0), until[-1])


def compute_row_aurc(rows: JudgedRows) -> float:
    """The area under the curve of error rate over kept share, exact."""
    _, block = np.unique(rows.uncertainty, return_inverse=True)
    kinds = (~rows.is_wrong, rows.is_wrong)
    right, wrong = (np.bincount(block[of_kind], minlength=block.max() + 1) for of_kind in kinds)
    return float(compute_aurc(right[:, None], wrong[:, None])[0])


def compute_best_aurc(n: int, n_wrong: int) -> float:
    """The AURC of a measure that knows the errors: they are referred first."""
    kept = np.arange(n - n_wrong + 1, n + 1)
    return float((1 - (n - n_wrong) / kept).sum() / n)
