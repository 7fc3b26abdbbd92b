"""Means over images with intervals over patients, many at once."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo_core.audit.options import REPLICATES
from mammo_core.metrics.bootstrap import PatientSums, resample
from mammo_core.metrics.estimate import UNDEFINED, Estimate, number_estimate, share_estimate

DIGITS = 5
"""Significant digits that are told."""


@dataclass(frozen=True)
class Mean:
    """The mean of what was measured on some images.

    Attributes:
        estimate: With its percentile interval over patients.
        n: Images on which it is defined.
        patients: Theirs.
    """

    estimate: Estimate
    n: int
    patients: int

    def count_from(self, fewest: int) -> "Mean":
        """Without its interval where fewer patients are behind it."""
        if self.patients >= fewest:
            return self
        return replace(self, estimate=Estimate(self.estimate.value))

    def to_json(self) -> dict[str, float | int | None]:
        """{"value", "low", "high", "n"}, rounded."""
        told = {name: _round(value) for name, value in self.estimate.to_json().items()}
        return {**told, "n": self.n}


def estimate_means(
    values: NDArray[np.float64],
    patients: NDArray[np.integer],
    *,
    seed: int = 0,
    are_answers: ArrayLike = False,
) -> list[Mean]:
    """The mean of each row over the images where it is defined.

    Patients are drawn with replacement and bring all their images; all rows share the draws. What
    is of one patient, or the same for every one, has no interval, save where all answers are yes
    or all are no: see `widen_certain`.

    Args:
        values: (C, N), NaN where undefined.
        patients: (N,) in 0..P - 1.
        seed: Draws the patients.
        are_answers: (C,) or one for all: whether the values are 1 for yes and 0 for no, so that
            their mean is a proportion; a number that merely lies in [0, 1] is none.
    """
    if not values.size:
        return [Mean(UNDEFINED, 0, 0)] * len(values)
    known = np.isfinite(values)
    n_patients = int(patients.max()) + 1
    sums = np.zeros((n_patients, 2, len(values)))
    np.add.at(sums, patients, np.stack([np.where(known, values, 0), known]).transpose(2, 0, 1))
    drawn = resample(
        {"sums": PatientSums(sums)}, n_patients=n_patients, replicates=REPLICATES, seed=seed
    )["sums"]
    totals, counts = sums.sum(axis=0)
    means, replicates = _divide(totals, counts), _divide(drawn[0], drawn[1])
    n_known = (sums[:, 1] > 0).sum(axis=0)
    answers = np.broadcast_to(np.asarray(are_answers), len(values)).tolist()
    return [
        Mean(_estimate(mean, row, int(m), is_answer=is_answer), int(n), int(m))
        for mean, row, n, m, is_answer in zip(
            means, replicates, counts, n_known, answers, strict=True
        )
    ]


def _estimate(
    mean: float, replicates: NDArray[np.floating], n_patients: int, *, is_answer: bool
) -> Estimate:
    """With the interval that so many patients allow; none of a single one."""
    if n_patients == 1:
        return Estimate(float(mean))
    if is_answer:
        return share_estimate(mean, replicates, n_patients)
    return number_estimate(mean, replicates)


def _divide(totals: NDArray[np.floating], counts: NDArray[np.floating]) -> NDArray[np.float64]:
    means = np.full(totals.shape, np.nan)
    return np.divide(totals, counts, out=means, where=counts > 0)


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
