"""What a model is judged by in a part of the rows, so that parts can be compared."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.gaps import Ends, logit_ends, wilson_ends
from mammo_core.metrics.parts import Mask, Measure, Patients
from mammo_core.metrics.ranked_rows import RankedRows
from mammo_core.metrics.rate_rows import RateRows

Array = NDArray[np.floating]
MIN_EACH = 5  # fewer positive or negative rows give no AUROC worth a number


@dataclass(frozen=True)
class Kind:
    """A number that parts of the rows are compared by.

    Attributes:
        title: As a page says it.
        meaning: What it is, in a few words.
        build: From scores, truths, patients and the threshold to the measure of parts.
        needs: From truths to the rows of which a part needs some, a mask a kind of row.
        ends: Of its interval.
        min_each: Fewer rows of any of `needs` give no number worth telling.
        higher_is_better: Whether a model does better where it is higher.
    """

    title: str
    meaning: str
    build: Callable[[Array, Mask, Patients, float], Measure]
    needs: Callable[[Mask], tuple[Mask, ...]]
    ends: Ends
    min_each: int = 1
    higher_is_better: bool = True


def rank(scores: Array, is_positive: Mask, patients: Patients, threshold: float) -> Measure:
    """AUROC, whatever the threshold."""
    return RankedRows(scores, is_positive, patients)


def call_positives(
    scores: Array, is_positive: Mask, patients: Patients, threshold: float
) -> Measure:
    """Share of the positive rows that are called: p >= threshold."""
    return RateRows(scores >= threshold, is_positive, patients)


def spare_negatives(
    scores: Array, is_positive: Mask, patients: Patients, threshold: float
) -> Measure:
    """Share of the negative rows that are not called."""
    return RateRows(scores < threshold, ~is_positive, patients)


def count_errors(scores: Array, is_positive: Mask, patients: Patients, threshold: float) -> Measure:
    """Share of all rows on the wrong side of the threshold."""
    return RateRows((scores >= threshold) != is_positive, np.ones(len(scores), bool), patients)


KINDS: dict[str, Kind] = {
    "auroc": Kind(
        "AUROC",
        "how surely a positive case ranks above a negative one",
        rank,
        lambda is_positive: (is_positive, ~is_positive),
        logit_ends,
        min_each=MIN_EACH,
    ),
    "recall": Kind(
        "Sensitivity",
        "share of positive cases that are called",
        call_positives,
        lambda is_positive: (is_positive,),
        wilson_ends,
    ),
    "specificity": Kind(
        "Specificity",
        "share of negative cases that are not called",
        spare_negatives,
        lambda is_positive: (~is_positive,),
        wilson_ends,
    ),
    "error_rate": Kind(
        "Error rate at the threshold",
        "share of cases on the wrong side of the threshold",
        count_errors,
        lambda is_positive: (np.ones(len(is_positive), bool),),
        wilson_ends,
        higher_is_better=False,
    ),
}


def find_key(name: str) -> str:
    """The key in `KINDS` of a key or a title, however it is cased; the name itself of neither."""
    word = name.strip().lower().replace(" ", "_")
    return next((key for key, kind in KINDS.items() if word in (key, _word(kind))), name)


def list_names() -> str:
    """The keys of `KINDS`, each with its title where that is another word."""
    return ", ".join(
        key if _word(kind).startswith(key) else f"{key} ({_word(kind)})"
        for key, kind in KINDS.items()
    )


def _word(kind: Kind) -> str:
    return kind.title.lower().replace(" ", "_")
