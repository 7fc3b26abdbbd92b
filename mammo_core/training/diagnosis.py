"""Whether a training learns, told from its history by fixed rules.

The rules are tried in the order of `RULES`; the first that holds gives the verdict. Each says how
it decides in its docstring, docs/training.md says the same for a reader.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mammo_core.history import rank_epoch, select_candidates
from mammo_core.training.cautions import FEW_POSITIVES
from mammo_core.wording import count

Row = Mapping[str, Any]
"""One epoch of history.csv: epoch, loss, train_auroc, val_loss, val_auroc; what was not measured
is no float."""

Kind = Literal[
    "unmeasured", "too_early", "swapped", "unstable", "overfitting", "underfitting", "perfect",
    "plateau",
    "learning",
]  # fmt: skip

FEWEST_EPOCHS = 3
"""Epochs without which nothing is said, and over which the gap is averaged."""
LONG = 4
"""Epochs without a better AUROC after which standing still is said."""
FLAT = 0.05
"""Share of itself that a loss may drift and still count as flat: epochs scatter about as much."""
SWAPPED = 0.4
"""A best AUROC below this is worse than chance, however few the images."""
LOW = 0.7
"""Training and validation AUROC that both stay below this are low."""
WIDE = 0.05
"""The least gap between training and validation AUROC that counts."""
LEARNT_BY_HEART = 0.15
"""Training AUROC so far above chance, with validation at chance, is learning by heart."""
JUMP = 1.5
"""A validation loss that is so many times the last epoch's has jumped."""
FALL = 0.15
"""A validation AUROC that falls so far in one epoch has jumped."""
WINDOW = 8
"""The last epochs, among which two jumps make a training unstable."""
MOVED = 0.1
"""Share of itself by which the training loss has fallen once outputs have left chance."""
SCATTERS = 2.0
"""Scatters by which a change must exceed what epochs do anyway."""
PAIRED = 0.5
"""Of the share by which a mean over so many positives scatters, what remains between epochs, which
are judged on the same images."""

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


class Finding(NamedTuple):
    """What a rule that holds has to say.

    Attributes:
        words: The end of the sentence.
        since: The epoch from which on it holds.
    """

    words: str
    since: int | None = None


@dataclass(frozen=True)
class Course:
    """A stage's rows with what the rules ask of them.

    Attributes:
        rows: The finished epochs in their order.
        best: The epoch of the highest validation AUROC.
        auroc: That AUROC.
        n_positives, n_negatives: Validation images, None where that is not known.
    """

    rows: Sequence[Row]
    best: int
    auroc: float
    n_positives: int | None
    n_negatives: int | None

    def noise_at(self, auroc: float) -> float:
        """How far that AUROC scatters by chance; 0 where the positives are not known."""
        if not self.n_positives:
            return 0.0
        return hanley_mcneil_error(auroc, self.n_positives, self.n_negatives or self.n_positives)

    @property
    def highest_chance(self) -> float:
        """An AUROC up to this cannot be told from 0.5."""
        return 0.5 + self.noise_at(0.5)

    @property
    def since_best(self) -> Sequence[Row]:
        """The best epoch and those after it."""
        return [row for row in self.rows if row["epoch"] >= self.best]


def find_best_epoch(rows: Sequence[Row]) -> int | None:
    """The epoch of the highest validation AUROC, by loss among equals; None where none has one."""
    scored = _with(rows, "val_auroc")
    return int(max(scored, key=rank_epoch)["epoch"]) if scored else None


def find_model_epoch(rows: Sequence[Row]) -> int | None:
    """The epoch, of all stages', whose weights are the model's so far; None without any AUROC."""
    return find_best_epoch(select_candidates(rows))


def tell_other_stage(rows: Sequence[Row], stage: str) -> str | None:
    """That the model's epoch lies in another stage than the one shown; None where it doesn't."""
    best = find_model_epoch(rows)
    row = next((row for row in rows if row["epoch"] == best), None)
    if row is None or row.get("stage", stage) == stage:
        return None
    return (
        f"The model is of epoch {best}, in the stage {row['stage']} (AUROC {row['val_auroc']:.2f})."
    )


def hanley_mcneil_error(auroc: float, n_positives: int, n_negatives: int) -> float:
    """The standard error of an AUROC of independent images; views of a patient scatter more.

    At an AUROC of exactly 1 or 0 their variance is none; the width of the interval of a perfect
    ranking stands in for the 1.96 errors that it would be.

    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747, equation 2.
    """
    if auroc in (0, 1):
        return (1 - 0.025 ** (1 / min(n_positives, n_negatives))) / 1.96
    q1, q2 = auroc / (2 - auroc), 2 * auroc**2 / (1 + auroc)
    variance = auroc * (1 - auroc)
    variance += (n_positives - 1) * (q1 - auroc**2) + (n_negatives - 1) * (q2 - auroc**2)
    return math.sqrt(max(0.0, variance) / (n_positives * n_negatives))


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


def measure_gap(rows: Sequence[Row]) -> float | None:
    """Training minus validation AUROC, the mean of the last three epochs that have both."""
    gaps = _gaps(rows)
    return float(gaps[-FEWEST_EPOCHS:].mean()) if len(gaps) else None


def find_overfitting(rows: Sequence[Row], n_positives: int | None = None) -> int | None:
    """The epoch of the lowest validation loss if since then it rose while the training loss fell.

    None where fewer than three epochs came after it, where either loss did otherwise, or where the
    rise is within what the validation loss scatters by.
    """
    known = _with(rows, "val_loss")
    if not known:
        return None
    lowest = min(range(len(known)), key=lambda place: known[place]["val_loss"])
    since = known[lowest:]
    if len(since) <= FEWEST_EPOCHS:
        return None
    after = since[1:]  # one lucky epoch before a level line is no rise
    rises = _drift(after, "val_loss") > _least_rise(known, len(after), n_positives)
    falls = _drift(since, "loss") < 0
    return int(since[0]["epoch"]) if rises and falls else None


def _judge_too_early(course: Course) -> Finding | None:
    """Fewer than three epochs."""
    return Finding("too early to tell.") if len(course.rows) < FEWEST_EPOCHS else None


def _judge_swapped(course: Course) -> Finding | None:
    """The best AUROC is below 0.4 and below 0.5 by more than two standard errors."""
    limit = min(SWAPPED, 0.5 - 2 * course.noise_at(0.5))
    is_swapped = course.auroc < limit
    return Finding("worse than chance: are the classes swapped?") if is_swapped else None


def _judge_unstable(course: Course) -> Finding | None:
    """Twice in the last eight epochs the validation loss jumped up, having come down between.

    Or the validation AUROC fell twice by more than 0.15 and three standard errors.
    """
    rows = course.rows[-WINDOW:]
    losses = _with(rows, "val_loss")
    rises = np.diff(np.log(np.maximum(_column(losses, "val_loss"), 1e-9)))
    jumps = np.flatnonzero(rises > math.log(JUMP))
    if len(jumps) > 1 and (rises[jumps[0] : jumps[-1]] < 0).any():
        return _tell_jumps(losses, jumps, "loss")
    scored = _with(rows, "val_auroc")
    limit = max(FALL, 3 * course.noise_at(course.auroc))
    falls = np.flatnonzero(-np.diff(_column(scored, "val_auroc")) > limit)
    return _tell_jumps(scored, falls, "AUROC") if len(falls) > 1 else None


def _least_rise(rows: Sequence[Row], n_after: int, n_positives: int | None) -> float:
    """The share of itself by which a validation loss must have risen over so many epochs."""
    logs = np.log(np.maximum(_column(rows[-2 * WINDOW :], "val_loss"), 1e-9))
    error = _scatter(logs) * math.sqrt(12 * (n_after - 1) / (n_after * (n_after + 1)))
    few = PAIRED / math.sqrt(n_positives) if n_positives else 0.0
    return max(FLAT, few, SCATTERS * error)


def _judge_overfitting(course: Course) -> Finding | None:
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
    scored = _column(_with(course.since_best, "val_auroc"), "val_auroc")
    is_past = course.auroc - scored[-FEWEST_EPOCHS:].max() > SCATTERS * _scatter(scored)
    gap = measure_gap(course.rows)
    losses = _column(_with(course.rows, "loss"), "loss")
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
    gaps = _gaps(course.since_best)
    if len(gaps) <= FEWEST_EPOCHS or _drift(_with(course.since_best, "train_auroc"), "loss") > 0:
        return False
    limit, now = max(WIDE, 2 * course.noise_at(course.auroc)), gaps[-FEWEST_EPOCHS:].mean()
    return bool(now - gaps[0] > limit and now > limit)


def _learns_by_heart(course: Course) -> bool:
    """Whether training AUROC is far above chance where validation is at chance."""
    trained = _column(_with(course.rows, "train_auroc"), "train_auroc")[-FEWEST_EPOCHS:]
    is_learnt = trained.size > 0 and trained.mean() - course.highest_chance > LEARNT_BY_HEART
    return bool(is_learnt) and course.auroc <= course.highest_chance


def _judge_underfitting(course: Course) -> Finding | None:
    """Validation cannot be told from chance; or both sides are low and the training loss flat."""
    if course.auroc <= course.highest_chance:
        return Finding("no better than chance so far.")
    later = course.rows[len(course.rows) // 2 :]
    trained = _column(_with(later, "train_auroc"), "train_auroc")
    is_low = course.auroc < LOW and (trained < LOW).all()
    if is_low and len(later) > FEWEST_EPOCHS and abs(_drift(later, "loss")) <= FLAT:
        fallen = 1 - course.rows[-1]["loss"] / max(course.rows[0]["loss"], 1e-9)
        return Finding(f"underfitting, the training loss fell by {max(0.0, fallen):.0%} only.")
    return None


def _judge_perfect(course: Course) -> Finding | None:
    """The best AUROC is 1, which no epoch can exceed."""
    if course.auroc < 1:
        return None
    is_small = course.n_positives is not None and course.n_positives < FEW_POSITIVES
    small = ", which is small" if is_small else ""
    return Finding(f"nothing is left to gain on this validation set{small}.", course.best)


def _judge_plateau(course: Course) -> Finding | None:
    """Four epochs without a better AUROC, and both losses level since the best one."""
    n_since = int(course.rows[-1]["epoch"]) - course.best
    if n_since < LONG or not _is_flat(course.since_best):
        return None
    return Finding(f"no better for {n_since} epochs, it has stopped learning.", course.best)


def _judge_learning(course: Course) -> Finding | None:
    """Whatever no other rule holds for."""
    return Finding("it is learning.")


RULES: dict[Kind, Callable[[Course], Finding | None]] = {
    "too_early": _judge_too_early,
    "swapped": _judge_swapped,
    "unstable": _judge_unstable,
    "overfitting": _judge_overfitting,
    "underfitting": _judge_underfitting,
    "perfect": _judge_perfect,
    "plateau": _judge_plateau,
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


def _tell_jumps(rows: Sequence[Row], jumps: NDArray[np.int64], what: str) -> Finding:
    since = int(rows[int(jumps[0]) + 1]["epoch"])
    return Finding(f"unstable since epoch {since}, as its {what} jumps.", since)


def _is_flat(rows: Sequence[Row]) -> bool:
    known = _with(rows, "val_loss")
    return all(abs(_drift(known, key)) <= FLAT for key in ("loss", "val_loss"))


def _gaps(rows: Sequence[Row]) -> NDArray[np.float64]:
    both = _with(_with(rows, "train_auroc"), "val_auroc")
    return _column(both, "train_auroc") - _column(both, "val_auroc")


def _with(rows: Sequence[Row], key: str) -> list[Row]:
    """The rows in which that was measured."""
    return [row for row in rows if isinstance(row.get(key), float)]


def _column(rows: Sequence[Row], key: str) -> NDArray[np.float64]:
    return np.array([row[key] for row in rows], dtype=float)


def _scatter(values: NDArray[np.float64]) -> float:
    """The standard deviation about a smooth course: from second differences, which hold six."""
    if len(values) < FEWEST_EPOCHS:
        return 0.0
    return float(np.sqrt((np.diff(values, 2) ** 2).mean() / 6))


def _drift(rows: Sequence[Row], key: str) -> float:
    """How far the least-squares line goes from the first row to the last, over the first value."""
    if len(rows) < 2:
        return 0.0
    values = _column(rows, key)
    slope = np.polyfit(np.arange(len(values)), values, 1)[0]
    return float(slope * (len(values) - 1) / max(values[0], 1e-9))
