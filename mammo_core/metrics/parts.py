"""A number of a part of the rows, with what its interval and its comparison with the rest need."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Patients = NDArray[np.integer]
Shares = tuple[Patients, Array]


@dataclass(frozen=True)
class Part:
    """A number of some of the rows.

    Attributes:
        value: In [0, 1]; NaN where undefined.
        variance: Clustered by patient; NaN from a single patient.
        n_rows: How many rows count.
        n_patients: How many patients the number rests on; of AUROC those of the rarer kind.
    """

    value: float
    variance: float
    n_rows: int
    n_patients: int


ONE_SIDED = float(ndtri(0.95))
ALMOST = 1 - 1e-9
FEW = 4
"""Patients who carry a correlation from whom it is not believed."""
UNDEFINED_PART = Part(np.nan, np.nan, 0, 0)


@dataclass(frozen=True)
class Split:
    """The same number of a group and of all other rows.

    Attributes:
        group: Of the group.
        rest: Of the other rows.
        correlation: Of both's errors, since a patient may have rows in either; see `correlate`.
    """

    group: Part
    rest: Part
    correlation: float


UNDEFINED_SPLIT = Split(UNDEFINED_PART, UNDEFINED_PART, 0.0)


class Measure(Protocol):
    """A number of any part of the rows."""

    def measure(self, rows: Mask) -> Part:
        """The number of the rows under a mask (N,)."""

    def split(self, rows: Mask) -> Split:
        """The numbers of the rows under a mask (N,) and of those that are not."""


def join_shares(
    auroc: float, positives: Shares, negatives: Shares, size: int
) -> tuple[Part, Array]:
    """The part of an AUROC from what each of its rows adds to its error, and that by patient.

    Args:
        auroc: Its value.
        positives: Patients and shares of the positive rows; each kind's shares sum to 0.
        negatives: The same of the negative rows.
        size: How many patients there are.

    Source: the clustered variance of Obuchowski 1997, doi:10.2307/2533958.
    """
    kinds = (positives, negatives)
    a, b = (np.bincount(*kind, size).astype(np.float64, copy=False) for kind in kinds)
    has_a, has_b = (np.bincount(patients, minlength=size) > 0 for patients, _ in kinds)
    n_a, n_b, n_both = (int(has.sum()) for has in (has_a, has_b, has_a | has_b))
    variance = (
        small_sample_factor(n_a) * (a @ a)
        + small_sample_factor(n_b) * (b @ b)
        + 2 * small_sample_factor(n_both) * (a @ b)
    )
    n_rows = len(positives[0]) + len(negatives[0])
    return Part(auroc, float(np.maximum(variance, 0.0)), n_rows, min(n_a, n_b)), a + b


def correlate(group: Part, rest: Part, of_group: Array, of_rest: Array) -> float:
    """How far the errors of two parts go together, clustered by patient: in [-1, 1].

    The same patients are in both parts where these are views or sides. A patient's errors in both
    then go together, and the correlation is what makes the comparison a paired one.

    Args:
        group: A part.
        rest: Of other rows.
        of_group: (patients,) what each adds to the error of the group's number.
        of_rest: (patients,) the same of the rest's.

    Returns:
        0 where a variance is 0 or NaN, and instead of a positive one that four patients or fewer
        carry.

    Source: as `join_shares`; who carries it by the effective number of Kish 1965.
    """
    products = of_group * of_rest
    scale = np.sqrt(group.variance * rest.variance)
    if not scale > 0:
        return 0.0
    found = float(np.clip(small_sample_factor(len(products)) * products.sum() / scale, -1, 1))
    return min(found, 0.0) if _count_carrying(products) <= FEW else found


def correlate_with_caution(group: Part, rest: Part, of_group: Array, of_rest: Array) -> float:
    """The lower end of the one-sided 95 % interval of a positive `correlate`, but not below 0.

    For rates near 0 or 1. There few patients carry the correlation, one who fails in both parts for
    instance, and it is known too badly to narrow the interval of a difference by it.

    Args:
        group: As in `correlate`.
        rest: See there.
        of_group: See there.
        of_rest: See there.

    Source: Fisher 1921, https://hdl.handle.net/2440/15169, with that effective number.
    """
    found = correlate(group, rest, of_group, of_rest)
    if found <= 0:
        return found
    n_carrying = _count_carrying(of_group * of_rest)
    lower = np.arctanh(min(found, ALMOST)) - ONE_SIDED / np.sqrt(n_carrying - 3)
    return float(np.tanh(max(lower, 0.0)))


def small_sample_factor(n: int) -> float:
    """What corrects a sum of n squared deviations: n / (n - 1), NaN for a single one."""
    return n / (n - 1) if n > 1 else np.nan


def _count_carrying(products: Array) -> float:
    """How many patients' products would say as much as these if they were equal."""
    return float(np.abs(products).sum() ** 2 / max((products**2).sum(), np.finfo(float).tiny))
