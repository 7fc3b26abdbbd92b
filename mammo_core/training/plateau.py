"""The rules of a training that has nothing left to gain, or gains no more."""

from collections.abc import Sequence

from mammo_core.training.cautions import FEW_POSITIVES
from mammo_core.training.course import FLAT, Course, Finding, Row, measure_drift, take_measured

LONG = 4
"""Epochs without a better AUROC after which standing still is said."""


def judge_perfect(course: Course) -> Finding | None:
    """The best AUROC is 1, which no epoch can exceed."""
    if course.auroc < 1:
        return None
    is_small = course.n_positives is not None and course.n_positives < FEW_POSITIVES
    small = ", which is small" if is_small else ""
    return Finding(f"nothing is left to gain on this validation set{small}.", course.best)


def judge_plateau(course: Course) -> Finding | None:
    """Four epochs without a better AUROC, and both losses level since the best one."""
    n_since = int(course.rows[-1]["epoch"]) - course.best
    if n_since < LONG or not _is_flat(course.since_best):
        return None
    return Finding(f"no better for {n_since} epochs, it has stopped learning.", course.best)


def _is_flat(rows: Sequence[Row]) -> bool:
    known = take_measured(rows, "val_loss")
    return all(abs(measure_drift(known, key)) <= FLAT for key in ("loss", "val_loss"))
