"""Means over images with intervals over patients, many at once."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from mammo_core.metrics.estimate import NOISE, ROUNDING, Estimate, none_if_nan, widen_certain
from mammo_core.metrics.gaps import estimate_parts, wilson_ends
from mammo_core.metrics.parts import Part

Array = NDArray[np.float64]
DIGITS = 5
"""Significant digits that are told."""
ANYWHERE = (-np.inf, np.inf)


@dataclass(frozen=True)
class Mean:
    """The mean of what was measured on some images.

    Attributes:
        estimate: With its interval over patients.
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
    values: NDArray[np.floating],
    patients: NDArray[np.integer],
    *,
    ranges: ArrayLike = ANYWHERE,
    are_answers: ArrayLike = False,
) -> list[Mean]:
    """The mean of each row over the images where it is defined, with its 95 % interval.

    The patient is the unit: the variance is that of a ratio of sums over patients, of what their
    images say and of how many they are, and the interval Student's t with one degree of freedom
    less than there are patients. Few patients are the rule here, and so is no room for optimism:
    of five, 8 % of percentile bootstraps lay above a true mean where 2.5 % should, and 2.7 % of
    these (docs/audit.md). What is of one patient, or the same for every one, has no interval.

    A proportion of yes has Wilson's interval with as many images as would be as sure if they were
    independent, and where all say yes or all say no the exact binomial one of as many patients.

    Args:
        values: (C, N), NaN where undefined.
        patients: (N,) in 0..P - 1.
        ranges: (C, 2) or one for all: between which ends a mean can lie at all.
        are_answers: (C,) or one for all: whether the values are 1 for yes and 0 for no, so that
            their mean is a proportion; a number that merely lies in [0, 1] is none.

    Source: Cochran 1977, Sampling Techniques, section 6.3; `wilson_ends`; `widen_certain`.
    """
    parts = _measure_parts(values, patients)
    answers = np.broadcast_to(np.asarray(are_answers), len(parts)).tolist()
    pairs = np.asarray(ranges, np.float64).reshape(-1, 2)
    ends = np.broadcast_to(pairs, (len(parts), 2)).tolist()
    return [
        Mean(_estimate(part, *end, is_answer=is_answer), part.n_rows, part.n_patients)
        for part, end, is_answer in zip(parts, ends, answers, strict=True)
    ]


def _measure_parts(values: NDArray[np.floating], patients: NDArray[np.integer]) -> list[Part]:
    """Each row's mean with its clustered variance."""
    known = np.isfinite(values)
    n_patients = int(patients.max(initial=-1)) + 1
    totals, counts = np.zeros((2, n_patients, len(values)))
    np.add.at(totals, patients, np.where(known, values, 0.0).T)
    np.add.at(counts, patients, known.T)
    n, n_behind = counts.sum(axis=0), (counts > 0).sum(axis=0)
    means = _divide(totals.sum(axis=0), n)
    squares = ((totals - means * counts) ** 2).sum(axis=0)
    variances = _divide(squares, n**2) * _divide(n_behind, n_behind - 1)
    return [
        Part(float(mean), float(variance), int(rows), int(behind))
        for mean, variance, rows, behind in zip(means, variances, n, n_behind, strict=True)
    ]


def _estimate(part: Part, least: float, most: float, *, is_answer: bool) -> Estimate:
    """The mean with the interval that so many patients allow, within its range."""
    value, error = none_if_nan(part.value), float(np.sqrt(part.variance))
    if value is None or np.isnan(error):
        return Estimate(value)
    if error <= max(ROUNDING, NOISE * abs(value)):
        certain = Estimate(value, value, value)
        return widen_certain(certain, part.n_patients) if is_answer else Estimate(value)
    if is_answer:
        return estimate_parts([part], wilson_ends)[0]
    reach = float(stdtrit(part.n_patients - 1, 0.975)) * error
    low, high = max(value - reach, least), min(value + reach, most)
    return Estimate(value, min(low, value), max(high, value))


def _divide(totals: NDArray[np.number], counts: NDArray[np.number]) -> Array:
    """Their ratio, NaN where nothing counts."""
    ratios = np.full(np.shape(totals), np.nan)
    return np.divide(totals, counts, out=ratios, where=counts > 0)


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
