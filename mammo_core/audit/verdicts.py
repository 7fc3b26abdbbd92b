"""What the figures of a method come to, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mammo_core.attribution import METHODS
from mammo_core.audit.leaderboard import BARS, KNOWN, Board
from mammo_core.audit.patient_means import Mean
from mammo_core.audit.rules import (
    CLASSLESS,
    FAITHFUL,
    FEWEST_PATIENTS,
    FICKLE,
    GAP,
    WEIGHTLESS,
)

Level = Literal["believe", "caution", "doubt", "control"]
ONCE_MORE = ("completeness",)
"""Measures of a family that say nothing against a control, which promises no sum."""


@dataclass(frozen=True)
class MethodVerdict:
    """What to think of a method for this model on these images.

    Attributes:
        level: "believe", "caution" or "doubt"; "control" for a map that knows nothing.
        words: One line.
        reasons: What speaks for and against it, each a short clause.
        beats: {family: share of its measures on which it beats all controls}, None where no
            measure of the family could be compared.
    """

    level: Level
    words: str
    reasons: tuple[str, ...] = ()
    beats: Mapping[str, float | None] | None = None


def judge_method(name: str, row: Mapping[str, Mean], against: Mapping[str, Board]) -> MethodVerdict:
    """The verdict by the rules of `rules`.

    Args:
        name: Of the method.
        row: Its figures by the names of the measures.
        against: {control: by how much each method is better}.
    """
    if METHODS[name].is_control:
        return MethodVerdict("control", "Knows nothing of the model: others must beat it")
    beats = {f: share_beaten(name, f, against) for f in ("faithfulness", "localization")}
    if max((mean.patients for mean in row.values()), default=0) < FEWEST_PATIENTS:
        return MethodVerdict("caution", "Too few patients to tell", (), beats)
    faults = list_faults(name, row)
    return _conclude(beats, [*_tell_merits(beats), *faults], bool(faults), _is_blind(name, row))


def share_beaten(name: str, family: str, against: Mapping[str, Board]) -> float | None:
    """Of the measures of a family, the share on which a method beats all controls.

    None where none could be compared.
    """
    boards = [board[name] for board in against.values()]
    measures = [m for m in (boards[0] if boards else ()) if KNOWN[m].family == family]
    rows = [[board[m] for board in boards] for m in measures if m not in ONCE_MORE]
    known = [row for row in rows if all(mean.n for mean in row)]
    beaten = [all(mean.is_above_zero for mean in row) for row in known]
    return sum(beaten) / len(beaten) if beaten else None


def list_faults(name: str, row: Mapping[str, Mean]) -> list[str]:
    """What speaks against a method, whatever it beats."""
    faults = {
        "hardly changes when the weights are drawn anew": _is_below(
            row, "model_randomization", WEIGHTLESS
        ),
        "is the same for another class": METHODS[name].is_class_blind
        or _is_below(row, "class_sensitivity", CLASSLESS),
        "changes from seed to seed": _is_below(row, "repeatability", FICKLE),
        "misses the sum that it promises": _is_above(row, "completeness", GAP),
    }
    return [words for words, is_so in faults.items() if is_so]


def _is_blind(name: str, row: Mapping[str, Mean]) -> str:
    """What a method is blind to, so that it explains nothing; empty where it is not."""
    if _is_below(row, "model_randomization", WEIGHTLESS):
        return "Blind to the weights: random ones give nearly the same map"
    if METHODS[name].is_class_blind or _is_below(row, "class_sensitivity", CLASSLESS):
        return "Blind to the class: another one gets the same map"
    return ""


def _conclude(
    beats: Mapping[str, float | None], reasons: list[str], has_faults: bool, blind: str
) -> MethodVerdict:
    faithful, located = beats["faithfulness"], beats["localization"]
    merits = [share is not None and share >= FAITHFUL for share in (faithful, located)]
    told = tuple(reasons)
    if blind:
        return MethodVerdict("doubt", blind, told, beats)
    if faithful is None and located is None:
        return MethodVerdict("caution", "Not compared with any control", told, beats)
    if not any(merits):
        return MethodVerdict(
            "doubt", f"No better than {' or '.join(map(_title, BARS))}", told, beats
        )
    if all(merits) and not has_faults:
        return MethodVerdict("believe", "Believe it here: faithful, and on the lesion", told, beats)
    if merits[0] and located is None and not has_faults:
        return MethodVerdict(
            "believe", "Believe it here: faithful; no lesion to hold it against", told, beats
        )
    return MethodVerdict("caution", _tell_half(merits, has_faults), told, beats)


def _tell_half(merits: list[bool], has_faults: bool) -> str:
    """What a method in the middle can do, and what it cannot."""
    faithful, located = merits
    if faithful and located:
        return "Faithful and on the lesion, with a flaw"
    if faithful:
        return "Faithful, but no nearer to the lesion than a control"
    return "On the lesion, but no more faithful than a control"


def _tell_merits(beats: Mapping[str, float | None]) -> list[str]:
    return [
        f"beats {' and '.join(BARS)} on {share:.0%} of the measures of {family}"
        for family, share in beats.items()
        if share is not None
    ]


def _title(control: str) -> str:
    return {"edges": "an edge detector", "center": "a spot in the middle"}[control]


def _is_below(row: Mapping[str, Mean], metric: str, limit: float) -> bool:
    value = row[metric].estimate.value if metric in row else None
    return value is not None and value < limit


def _is_above(row: Mapping[str, Mean], metric: str, limit: float) -> bool:
    value = row[metric].estimate.value if metric in row else None
    return value is not None and value > limit
