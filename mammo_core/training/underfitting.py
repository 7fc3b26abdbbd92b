"""The rules of a training that is worse than chance, or no better."""

from mammo_core.training.course import (
    FEWEST_EPOCHS,
    FLAT,
    Course,
    Finding,
    measure_drift,
    read_column,
    take_measured,
)

SWAPPED = 0.4
"""A best AUROC below this is worse than chance, however few the images."""
LOW = 0.7
"""Training and validation AUROC that both stay below this are low."""


def judge_swapped(course: Course) -> Finding | None:
    """The best AUROC is below 0.4 and below 0.5 by more than two standard errors."""
    limit = min(SWAPPED, 0.5 - 2 * course.noise_at(0.5))
    is_swapped = course.auroc < limit
    return Finding("worse than chance: are the classes swapped?") if is_swapped else None


def judge_underfitting(course: Course) -> Finding | None:
    """Validation cannot be told from chance; or both sides are low and the training loss flat."""
    if course.auroc <= course.highest_chance:
        return Finding("no better than chance so far.")
    later = course.rows[len(course.rows) // 2 :]
    trained = read_column(take_measured(later, "train_auroc"), "train_auroc")
    is_low = course.auroc < LOW and (trained < LOW).all()
    if is_low and len(later) > FEWEST_EPOCHS and abs(measure_drift(later, "loss")) <= FLAT:
        fallen = 1 - course.rows[-1]["loss"] / max(course.rows[0]["loss"], 1e-9)
        return Finding(f"underfitting, the training loss fell by {max(0.0, fallen):.0%} only.")
    return None
