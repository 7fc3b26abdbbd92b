"""What more training data gained, judged on the same validation images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.auroc import (
    Z,
    clustered_covariance,
    compute_placements,
    count_smaller_side,
    estimate_auroc,
    estimate_on_logit_scale,
)
from mammo_core.metrics.estimate import UNDEFINED, Estimate

State = Literal["still_helps", "flat", "hurts", "helped", "open"]
FLAT = 0.02
"""A last step whose whole interval lies within this of 0 counts as flat."""
WORDS: dict[State, str] = {
    "still_helps": "More data still helps",
    "flat": "Flat: the last step gained next to nothing",
    "hurts": "The last step made it worse",
    "helped": "More data helped, but whether it still does cannot be told",
    "open": "Too few validation patients to tell whether more data helps",
}


@dataclass(frozen=True, eq=False)
class Watched:
    """The validation images, and what the models of each share said of them.

    Attributes:
        is_positive: (N,).
        patients: (N,) small non-negative integers.
        scores: For each share, ascending, the (N,) scores of each of its models.
    """

    is_positive: NDArray[np.bool_]
    patients: NDArray[np.integer]
    scores: Sequence[Sequence[NDArray[np.floating]]]


@dataclass(frozen=True)
class Verdict:
    """What the curve says.

    Attributes:
        state: A key of `WORDS`.
        sentence: For a person, with the numbers.
        last_step: What the largest share gained over the one before.
        whole: What the largest share gained over the smallest.
    """

    state: State
    sentence: str
    last_step: Estimate
    whole: Estimate


def estimate_shares(watched: Watched) -> list[Estimate]:
    """The AUROC of each share, averaged over its models, with its interval over patients.

    For one model it is that of `estimate_auroc`; for several, Obuchowski's covariance among them
    gives the variance of their mean.
    """
    return [_estimate(list(models), watched) for models in watched.scores]


def _estimate(models: list[NDArray[np.floating]], watched: Watched) -> Estimate:
    if len(models) == 1:
        return estimate_auroc(models[0], watched.is_positive, watched.patients)
    value, error = _combine(models, np.full(len(models), 1 / len(models)), watched)
    if not 0 < value < 1 or not error > 0:
        return UNDEFINED if np.isnan(value) else Estimate(value)
    degrees = count_smaller_side(watched.is_positive, watched.patients) - 1
    return estimate_on_logit_scale(value, error**2, degrees)


def estimate_gain(watched: Watched, of: int, over: int) -> Estimate:
    """The AUROC of one share minus that of another, with its paired interval over patients.

    Each share counts by the mean of its models. The interval is Wald's with Obuchowski's
    covariance (1997, doi:10.2307/2533958); it has no ends where no variance can be had.
    """
    better, worse = watched.scores[of], watched.scores[over]
    weights = np.repeat([1 / len(better), -1 / len(worse)], [len(better), len(worse)])
    value, error = _combine([*better, *worse], weights, watched)
    if np.isnan(value):
        return UNDEFINED
    if np.isnan(error):
        return Estimate(value)
    return Estimate(value, value - Z * error, value + Z * error)


def _combine(
    models: list[NDArray[np.floating]], weights: NDArray[np.floating], watched: Watched
) -> tuple[float, float]:
    """(the weighted sum of the models' AUROCs, its standard error); NaN where undefined."""
    placements = [compute_placements(scores, watched.is_positive) for scores in models]
    value = float(weights @ np.array([one.auroc for one in placements]))
    if np.isnan(value):
        return value, np.nan
    covariance = clustered_covariance(placements, watched.is_positive, watched.patients)
    return value, float(np.sqrt(np.maximum(weights @ covariance @ weights, 0.0)))


def judge_curve(watched: Watched) -> Verdict:
    """Whether more data still helps, by one rule.

    The last step is the largest share's AUROC minus that of the share before, paired on the same
    validation images. Its interval above 0: more data still helps. Below 0: it made it worse.
    Wholly within `FLAT` of 0: flat. Else nothing can be said of the last step: where the whole
    way from the smallest share has its interval above 0, more data helped so far; where it has
    not, there are too few validation patients to tell.
    """
    last = estimate_gain(watched, len(watched.scores) - 1, len(watched.scores) - 2)
    whole = estimate_gain(watched, len(watched.scores) - 1, 0)
    state = _judge(last, whole)
    values = " -> ".join(_text(one.value) for one in estimate_shares(watched))
    sentence = f"{WORDS[state]}: AUROC {values}; the last step gained {_signed(last)}."
    return Verdict(state, sentence, last, whole)


def _judge(last: Estimate, whole: Estimate) -> State:
    if last.low is None or last.high is None:
        return "open"
    if last.low >= -FLAT and last.high <= FLAT:
        return "flat"
    if last.low > 0:
        return "still_helps"
    if last.high < 0:
        return "hurts"
    return "helped" if whole.low is not None and whole.low > 0 else "open"


def _text(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"


def _signed(gain: Estimate) -> str:
    if gain.value is None:
        return "an unknown amount"
    if gain.low is None or gain.high is None:
        return f"{gain.value:+.2f}"
    return f"{gain.value:+.2f} [{gain.low:+.2f} to {gain.high:+.2f}]"
