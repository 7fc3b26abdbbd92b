"""Whether a training learns, told from its history by fixed rules.

The rules are tried in the order of `RULES`; the first that holds gives the verdict. Each says how
it decides in its docstring, docs/training.md says the same for a reader.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mammo_core.training.best_epoch import find_best_epoch
from mammo_core.training.course import FEWEST_EPOCHS, Course, Finding, Row, measure_gap
from mammo_core.training.instability import judge_unstable
from mammo_core.training.overfitting import judge_overfitting
from mammo_core.training.plateau import judge_perfect, judge_plateau
from mammo_core.training.underfitting import judge_swapped, judge_underfitting
from mammo_core.wording import count

Kind = Literal[
    "unmeasured", "too_early", "swapped", "unstable", "overfitting", "underfitting", "perfect",
    "plateau", "learning",
]  # fmt: skip

ADVICE: dict[Kind, str] = {
    "unmeasured": "Validation needs images of the last class and of others: index the dataset with "
    "other shares.",
    "too_early": f"Wait for {FEWEST_EPOCHS} epochs.",
    "swapped": "Check the order of the classes and the labels of the highest losses.",
    "unstable": "Try a third of the learning rate.",
    "overfitting": "Try stronger augmentation or label_smoothing=0.1; the best epoch's weights are "
    "kept.",
    "underfitting": "Look for a better rate with the verb learning-rate, then train longer.",
    "perfect": "More epochs cannot show on this validation set; judge the model on other images.",
    "plateau": "Stop here; next try a larger image_size or the recipe transfer.",
    "learning": "Let it go on; if the last epoch is the best one, train longer.",
}

ADVICE_ENDED: dict[Kind, str] = {
    "too_early": f"Train it longer: a verdict needs {FEWEST_EPOCHS} epochs.",
    "plateau": "Next try a larger image_size or the recipe transfer.",
    "learning": "Train longer, with more epochs, if the last epoch is the best one; else the best "
    "epoch's weights are what these settings give.",
}
"""In place of `ADVICE` where the run has ended."""


@dataclass(frozen=True)
class Diagnosis:
    """What is said of a training.

    Attributes:
        kind: The rule that held.
        since: The epoch from which on it holds, None where it is of the whole stage.
        best_epoch: The epoch of the highest validation AUROC, None where none has one.
        gap: Training minus validation AUROC, the mean of the last three epochs; None where either
            was not measured. Training AUROC is pessimistic, so the true gap is larger.
        noise: Standard error of the best validation AUROC, None where the positives are not known.
        sentence: The verdict with its figures.
        advice: One thing to do about it.
    """

    kind: Kind
    since: int | None
    best_epoch: int | None
    gap: float | None
    noise: float | None
    sentence: str
    advice: str


def diagnose(
    rows: Sequence[Row], *, n_positives: int | None = None, n_negatives: int | None = None
) -> str:
    """One sentence on whether it is learning; `diagnose_facts` has the figures and advice."""
    return diagnose_facts(rows, n_positives=n_positives, n_negatives=n_negatives).sentence


def diagnose_facts(
    rows: Sequence[Row],
    *,
    n_positives: int | None = None,
    n_negatives: int | None = None,
    has_ended: bool = False,
) -> Diagnosis:
    """Whether it is learning, with the figures.

    Args:
        rows: The finished epochs of one stage, in their order; at least one.
        n_positives: Validation images of the last class, None where that is not known.
        n_negatives: Validation images of the other classes; None counts as many as positives.
        has_ended: Whether no further epoch comes, so that no advice is to wait for one.
    """
    best = find_best_epoch(rows)
    if best is None:
        words = f"Epoch {int(rows[-1]['epoch'])}: no validation AUROC in this stage."
        return Diagnosis("unmeasured", None, None, None, None, words, ADVICE["unmeasured"])
    auroc = next(row["val_auroc"] for row in rows if row["epoch"] == best)
    course = Course(rows, best, auroc, n_positives, n_negatives)
    kind, finding = next(
        (kind, found) for kind, rule in RULES.items() if (found := rule(course)) is not None
    )
    gap = measure_gap(rows)
    return Diagnosis(
        kind=kind,
        since=finding.since,
        best_epoch=best,
        gap=gap,
        noise=course.noise_at(auroc) or None,
        sentence=f"{_tell_best(course)}: {finding.words}{_tell_gap(rows, gap)}",
        advice=_advise(kind, has_ended=has_ended),
    )


def choose_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last stage's rows; all those of whole images where it is too short to be judged."""
    stages = [row.get("stage", "training") for row in rows]
    last = [row for row, stage in zip(rows, stages, strict=True) if stage == stages[-1]]
    if len(last) >= FEWEST_EPOCHS or "patches" in stages[-1:]:
        return last
    return [row for row, stage in zip(rows, stages, strict=True) if stage != "patches"]


def _advise(kind: Kind, *, has_ended: bool) -> str:
    return ADVICE_ENDED.get(kind, ADVICE[kind]) if has_ended else ADVICE[kind]


def _judge_too_early(course: Course) -> Finding | None:
    """Fewer than three epochs."""
    return Finding("too early to tell.") if len(course.rows) < FEWEST_EPOCHS else None


def _judge_learning(course: Course) -> Finding | None:
    """Whatever no other rule holds for."""
    return Finding("it is learning.")


RULES: dict[Kind, Callable[[Course], Finding | None]] = {
    "too_early": _judge_too_early,
    "swapped": judge_swapped,
    "unstable": judge_unstable,
    "overfitting": judge_overfitting,
    "underfitting": judge_underfitting,
    "perfect": judge_perfect,
    "plateau": judge_plateau,
    "learning": _judge_learning,
}


def _tell_best(course: Course) -> str:
    noise = course.noise_at(course.auroc)
    scatter = f" ± {noise:.2f}" if noise else ""
    counted = "" if course.n_positives is None else f" ({count(course.n_positives, 'positive')})"
    return f"Best validation AUROC {course.auroc:.2f}{scatter} at epoch {course.best}{counted}"


def _tell_gap(rows: Sequence[Row], gap: float | None) -> str:
    if gap is None or len(rows) < FEWEST_EPOCHS:
        return ""
    side = "above" if gap >= 0 else "below"
    return f" Training AUROC lies {abs(gap):.2f} {side} validation."
