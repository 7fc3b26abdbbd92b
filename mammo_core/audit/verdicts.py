"""What the figures of a method come to, in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from mammo_core.attribution import METHODS
from mammo_core.audit.leaderboard import BARS, KNOWN, Board
from mammo_core.audit.patient_means import Mean
from mammo_core.audit.rules import (
    BEATEN,
    CLASSLESS,
    FEWEST_COMPARED,
    FEWEST_PATIENTS,
    FICKLE,
    GAP,
    SILENT,
    WEIGHTLESS,
    beats_all,
    has_merit,
    loses_to_any,
)
from mammo_core.wording import count

Level = Literal["believe", "caution", "doubt", "control"]
FAITHFULNESS, PLACE = "faithfulness", "localization"
SAME_FOR_ALL = "is the same for another class"
FAULTS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "model_randomization": (
        "hardly changes when the weights are drawn anew",
        lambda value: value < WEIGHTLESS,
    ),
    "class_sensitivity": (SAME_FOR_ALL, lambda value: value < CLASSLESS),
    "repeatability": ("changes from seed to seed", lambda value: value < FICKLE),
    "completeness": ("misses the sum that it promises", lambda value: value > GAP),
}
"""{measure: what is wrong with a method, and from which mean on it is}."""
BLIND = {
    "model_randomization": "Blind to the weights: random ones give nearly the same map",
    "class_sensitivity": "Blind to the class: another one gets the same map",
}
"""Faults that leave nothing to believe."""
HALVES: dict[tuple[bool | None, bool | None], str] = {
    (True, True): "Faithful, on the lesion",
    (True, False): "Faithful, but nearer to the lesion than the controls on too few measures",
    (True, None): "Faithful",
    (False, True): "On the lesion, but more faithful than the controls on too few measures",
    (None, True): "On the lesion; whether it is faithful was not measured",
}
"""What a method in the middle can do: whether it is faithful, and on the lesion; None unknown."""
NOT_ONCE: dict[tuple[bool | None, bool | None], str] = {
    (True, False): "Faithful, but by no measure nearer to the lesion than both controls",
    (False, True): "On the lesion, but by no measure more faithful than both controls",
}
"""The same of a method that beats both controls on none of the other family's measures."""
UNPROVEN = "Ahead of the controls on average, but by no more than chance may do"


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


def judge_method(
    name: str,
    row: Mapping[str, Mean],
    against: Mapping[str, Board],
    *,
    silent: float = 0.0,
    is_on_breast: bool = True,
) -> MethodVerdict:
    """The verdict by the rules of `rules`.

    Args:
        name: Of the method.
        row: Its figures by the names of the measures.
        against: {control: by how much each method is better}.
        silent: Share of its maps that are constant or not finite.
        is_on_breast: Whether the model may be taken to look at the breast. Of one that does not, a
            true map lies beside the lesion, so that its place says nothing of the method.
    """
    if METHODS[name].is_control:
        beat = "others must beat it" if name in BARS else "shown beside, and no bar"
        return MethodVerdict("control", f"Knows nothing of the model: {beat}")
    beats = {f: share_beaten(name, f, against) for f in (FAITHFULNESS, PLACE)}
    if silent > SILENT:
        return MethodVerdict(
            "doubt", f"Says nothing: {silent:.0%} of its maps are empty", (), beats
        )
    if max((mean.patients for mean in row.values()), default=0) < FEWEST_PATIENTS:
        return MethodVerdict("caution", "Too few patients to tell", (), beats)
    faults = list_faults(name, row)
    loses = {f: share_lost(name, f, against) for f in beats}
    reasons = (*_tell_merits(beats, loses), *faults)
    counted = beats if is_on_breast else {**beats, PLACE: None}
    merits = {f: has_merit(share, loses[f]) for f, share in counted.items() if share is not None}
    ahead = any(is_ahead(name, family, against) for family in merits)
    half = _tell_half(merits, beats)
    level, words = _judge(name, row, merits, half, has_faults=bool(faults), is_ahead=ahead)
    if not is_on_breast and level == "believe":
        words = "Believe it for this model: faithful, though the model does not look at the lesion"
    return MethodVerdict(level, words, reasons, beats)


def share_beaten(name: str, family: str, against: Mapping[str, Board]) -> float | None:
    """Of the measures of a family, the share on which a method beats all controls.

    None where none could be compared, on enough patients.
    """
    beaten = [
        beats_all(mean.estimate.low for mean in row) for row in _compared(name, family, against)
    ]
    return sum(beaten) / len(beaten) if beaten else None


def share_lost(name: str, family: str, against: Mapping[str, Board]) -> float:
    """Of the measures of a family, the share on which some control beats the method; 0 of none."""
    lost = [
        loses_to_any(mean.estimate.high for mean in row) for row in _compared(name, family, against)
    ]
    return sum(lost) / len(lost) if lost else 0.0


def is_ahead(name: str, family: str, against: Mapping[str, Board]) -> bool:
    """Whether it is better than all controls on average, by half of a family's measures or more.

    That is no proof: an interval may hold 0. But who is ahead and fails to beat them, on few
    patients above all, was not shown to be no better.
    """
    ahead = [
        all((mean.estimate.value or 0) > 0 for mean in row)
        for row in _compared(name, family, against)
    ]
    return bool(ahead) and sum(ahead) >= BEATEN * len(ahead)


def _compared(name: str, family: str, against: Mapping[str, Board]) -> list[list[Mean]]:
    """By how much the method is better than each control, of each measure that was compared."""
    boards = [board[name] for board in against.values()]
    measures = [m for m in (boards[0] if boards else ()) if KNOWN[m].family == family]
    rows = [[board[m] for board in boards] for m in measures]
    return [row for row in rows if all(mean.patients >= FEWEST_COMPARED for mean in row)]


def list_faults(name: str, row: Mapping[str, Mean]) -> list[str]:
    """What speaks against a method, whatever it beats, with the figure and how little it is of."""
    found = [
        f"{words} ({row[metric].estimate.value:.2f}, {count(row[metric].n, 'image')})"
        for metric, (words, is_fault) in FAULTS.items()
        if metric in row and _has_fault(row[metric], is_fault)
    ]
    if METHODS[name].is_class_blind and not any(SAME_FOR_ALL in words for words in found):
        found.append(SAME_FOR_ALL)
    return found


def _has_fault(mean: Mean, is_fault: Callable[[float], bool]) -> bool:
    return mean.estimate.value is not None and is_fault(mean.estimate.value)


def _tell_blindness(name: str, row: Mapping[str, Mean]) -> str:
    """What a method is blind to, so that it explains nothing; empty where it is not.

    What is known of fewer than `FEWEST_COMPARED` patients is a fault, and no proof.
    """
    blind = [
        metric
        for metric in BLIND
        if metric in row
        and row[metric].patients >= FEWEST_COMPARED
        and _has_fault(row[metric], FAULTS[metric][1])
    ]
    if METHODS[name].is_class_blind:
        blind.append("class_sensitivity")
    return BLIND[blind[0]] if blind else ""


def _judge(
    name: str,
    row: Mapping[str, Mean],
    merits: Mapping[str, bool],
    half: str,
    *,
    has_faults: bool,
    is_ahead: bool,
) -> tuple[Level, str]:
    """(level, words) from what a method is blind to, what it beats and what is wrong with it."""
    blind = _tell_blindness(name, row)
    if blind:
        return "doubt", blind
    if not merits:
        return "caution", "Not compared with any control"
    if not any(merits.values()) and not is_ahead:
        return "doubt", f"No better than {' or '.join(BARS.values())}"
    if merits.get(FAITHFULNESS) and merits.get(PLACE, True) and not has_faults:
        where = "on the lesion" if PLACE in merits else "no lesion to hold it against"
        return "believe", f"Believe it for this model: faithful, {where}"
    return "caution", f"{half} (with a fault)" if has_faults else half


def _tell_half(merits: Mapping[str, bool], beats: Mapping[str, float | None]) -> str:
    """What a method in the middle can do, and how much of the rest."""
    can = merits.get(FAITHFULNESS), merits.get(PLACE)
    told = NOT_ONCE if 0 in [beats[family] for family in merits] else HALVES
    return told.get(can, HALVES.get(can, UNPROVEN))


def _tell_merits(beats: Mapping[str, float | None], loses: Mapping[str, float]) -> list[str]:
    """What it beats in each family, and where a control beats it."""
    return [
        f"beats {' and '.join(BARS)} on {share:.0%} of the measures of {family}"
        + (f", loses to one of them on {loses[family]:.0%}" if loses[family] else "")
        for family, share in beats.items()
        if share is not None
    ]
