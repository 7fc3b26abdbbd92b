"""The rule of a training in which only the training side gets better."""

import math
from collections.abc import Sequence

import numpy as np

from mammo_core.training.course import (
    FEWEST_EPOCHS,
    FLAT,
    WINDOW,
    Course,
    Finding,
    Row,
    list_gaps,
    measure_drift,
    measure_gap,
    measure_scatter,
    read_column,
    take_measured,
)

WIDE = 0.05
"""The least gap between training and validation AUROC that counts."""
LEARNT_BY_HEART = 0.15
"""Training AUROC so far above chance, with validation at chance, is learning by heart."""
MOVED = 0.1
"""Share of itself by which the training loss has fallen once outputs have left chance."""
SCATTERS = 2.0
"""Scatters by which a change must exceed what epochs do anyway."""
PAIRED = 0.5
"""Of the share by which a mean over so many positives scatters, what remains between epochs, which
are judged on the same images."""


def find_overfitting(rows: Sequence[Row], n_positives: int | None = None) -> int | None:
    """The epoch of the lowest validation loss if since then it rose while the training loss fell.

    None where fewer than three epochs came after it, where either loss did otherwise, or where the
    rise is within what the validation loss scatters by.
    """
    known = take_measured(rows, "val_loss")
    if not known:
        return None
    lowest = min(range(len(known)), key=lambda place: known[place]["val_loss"])
    since = known[lowest:]
    if len(since) <= FEWEST_EPOCHS:
        return None
    after = since[1:]  # one lucky epoch before a level line is no rise
    rises = measure_drift(after, "val_loss") > _least_rise(known, len(after), n_positives)
    falls = measure_drift(since, "loss") < 0
    return int(since[0]["epoch"]) if rises and falls else None


def _least_rise(rows: Sequence[Row], n_after: int, n_positives: int | None) -> float:
    """The share of itself by which a validation loss must have risen over so many epochs."""
    logs = np.log(np.maximum(read_column(rows[-2 * WINDOW :], "val_loss"), 1e-9))
    error = measure_scatter(logs) * math.sqrt(12 * (n_after - 1) / (n_after * (n_after + 1)))
    few = PAIRED / math.sqrt(n_positives) if n_positives else 0.0
    return max(FLAT, few, SCATTERS * error)


def judge_overfitting(course: Course) -> Finding | None:
    """Only the training side gets better: by the losses, by AUROC, or by heart from the start.

    By the losses and by AUROC only where the validation AUROC has fallen from its best one by more
    than it scatters, the training AUROC is not below it, and the training loss has fallen at all.
    """
    if _can_overfit(course) and (finding := _judge_parting(course)) is not None:
        return finding
    if _learns_by_heart(course):
        words = "overfitting, it learns the training images by heart and nothing else."
        return Finding(words, int(course.rows[0]["epoch"]))
    return None


def _can_overfit(course: Course) -> bool:
    """Whether it is past its best epoch, ahead on the training side, and has left chance."""
    scored = read_column(take_measured(course.since_best, "val_auroc"), "val_auroc")
    is_past = course.auroc - scored[-FEWEST_EPOCHS:].max() > SCATTERS * measure_scatter(scored)
    gap = measure_gap(course.rows)
    losses = read_column(take_measured(course.rows, "loss"), "loss")
    has_moved = len(losses) > 0 and losses[-FEWEST_EPOCHS:].mean() < (1 - MOVED) * losses[0]
    return bool(is_past and has_moved) and (gap is None or gap > 0)


def _judge_parting(course: Course) -> Finding | None:
    """The losses part, or else the gap of AUROC widens."""
    since = find_overfitting(course.rows, course.n_positives)
    if since is not None:
        return Finding(f"overfitting since epoch {since}, as only the training loss falls.", since)
    if _widens(course):
        words = f"overfitting since epoch {course.best}, as only the training AUROC rises."
        return Finding(words, course.best)
    return None


def _widens(course: Course) -> bool:
    """Whether since the best epoch the gap of AUROC grew by more than 0.05 and two errors."""
    gaps = list_gaps(course.since_best)
    if (
        len(gaps) <= FEWEST_EPOCHS
        or measure_drift(take_measured(course.since_best, "train_auroc"), "loss") > 0
    ):
        return False
    limit, now = max(WIDE, 2 * course.noise_at(course.auroc)), gaps[-FEWEST_EPOCHS:].mean()
    return bool(now - gaps[0] > limit and now > limit)


def _learns_by_heart(course: Course) -> bool:
    """Whether training AUROC is far above chance where validation is at chance."""
    trained = read_column(take_measured(course.rows, "train_auroc"), "train_auroc")[-FEWEST_EPOCHS:]
    is_learnt = trained.size > 0 and trained.mean() - course.highest_chance > LEARNT_BY_HEART
    return bool(is_learnt) and course.auroc <= course.highest_chance
