"""What was measured of a map, in a few words below it: is it to be believed in this case?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mammo_core.audit.rules import CLASSLESS, GAP
from mammo_ui.overlay_store import Evidence, Measured
from mammo_ui.viewer import Chip

MOSTLY = 0.9
"""Share of the evidence on the breast from which on a map lies in it."""
BLANK = "\N{NO-BREAK SPACE}"
GOOD, BAD = "✓", "✗"
"""Marks beside the color, which not everybody tells apart."""
MARKS = {"good": f"{GOOD} ", "weak": f"{BAD} ", "": ""}

ON_LESION = "on the lesion {}"


@dataclass(frozen=True)
class Finding:
    """A question about a map that measures answer.

    Attributes:
        words: What the chip says; {} is the number.
        metrics: The measures it is made of; all must have been measured.
        compute: The number from theirs.
        write: The number as text.
        higher_is_better: The direction.
        limit: What it is held against; None for the best of the control maps.
        controls: Which of them count; none for all.
        help: What it means.
    """

    words: str
    metrics: tuple[str, ...]
    help: str
    compute: Callable[..., float] = lambda value: value
    write: Callable[[float], str] = lambda value: f"{100 * value:.0f}{BLANK}%"
    higher_is_better: bool = True
    limit: float | None = None
    controls: tuple[str, ...] = ()


FINDINGS = (
    Finding(
        ON_LESION,
        ("energy_pointing",),
        "Share of the map's positive values on the marked lesion.",
    ),
    Finding(
        "in the breast {}",
        ("in_breast",),
        f"Share of the map's positive values on the breast; good from {100 * MOSTLY:.0f} % on.",
        limit=MOSTLY,
    ),
    Finding(
        "misses {} of the score",
        ("completeness",),
        "Completeness: by what share the map's sum misses what the method promises that it adds "
        f"up to; good up to {100 * GAP:.0f} %.",
        higher_is_better=False,
        limit=GAP,
    ),
    Finding(
        "faithful {}",
        ("insertion", "deletion"),
        "Insertion less deletion: the mean probability while the places that the map calls most "
        "important come first, less the same while they go first.",
        compute=lambda insertion, deletion: insertion - deletion,
        write=lambda value: f"{value:.2f}",
    ),
    Finding(
        "class-sensitive {}",
        ("class_sensitivity",),
        "1 less the rank correlation with the map of another class: 0 is the same map for both; "
        f"good from {CLASSLESS} on.",
        write=lambda value: f"{value:.2f}",
        limit=CLASSLESS,
    ),
    Finding(
        "changes by {} under noise",
        ("max_sensitivity",),
        "Max-sensitivity: the map's largest relative change under noise that nobody can see; good "
        "where it is below that of an edge map, which changes as the image does.",
        higher_is_better=False,
        controls=("edges",),
    ),
)
"""In the order in which they are shown; what was not measured or is undefined is left out."""
OF_ONE_CLASS = (("class_sensitivity",),)
"""Of a contrast they say nothing: turned around, it is the same map with the other sign."""


def build_chips(evidence: Evidence, *, is_contrast: bool = False) -> tuple[Chip, ...]:
    """A chip for each finding whose measures are known.

    Args:
        evidence: What was measured of the map.
        is_contrast: Whether it explains the difference of two classes.
    """
    asked = [one for one in FINDINGS if not (is_contrast and one.metrics in OF_ONE_CLASS)]
    chips = (_build_chip(finding, evidence) for finding in asked)
    return tuple(chip for chip in chips if chip)


def is_measured(evidence: Evidence) -> bool:
    """Whether all was measured, be it undefined."""
    return all(name in evidence for finding in FINDINGS for name in finding.metrics)


def _build_chip(finding: Finding, evidence: Evidence) -> Chip | None:
    known = [evidence.get(name) for name in finding.metrics]
    value = _compute(finding, [None if one is None else one.value for one in known])
    if value is None:
        return None
    others = _of_controls(finding, [one for one in known if one is not None])
    bar = finding.limit if finding.limit is not None else _best(finding, others)
    if bar is None:
        return Chip(finding.words.format(finding.write(value)), help=finding.help)
    standing = _judge(finding, value, bar)
    words = finding.words.format(finding.write(value))
    if finding.limit is None:
        words += f" ({'edges' if finding.controls else 'controls'}{BLANK}{finding.write(bar)})"
    mark = MARKS[standing]
    return Chip(f"{mark}{words}", standing, finding.help + _tell_controls(finding, others))


def is_off(evidence: Evidence, words: str) -> bool:
    """Whether the finding of those words stands bad."""
    (finding,) = (one for one in FINDINGS if one.words == words)
    chip = _build_chip(finding, evidence)
    return chip is not None and chip.standing == "weak"


def _judge(finding: Finding, value: float, bar: float) -> str:
    """What looks the same as the best control is neither better nor worse."""
    if finding.limit is None and finding.write(value) == finding.write(bar):
        return ""
    is_good = value > bar if finding.higher_is_better else value < bar
    is_good = is_good or (finding.limit is not None and value == bar)
    return "good" if is_good else "weak"


def _compute(finding: Finding, values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return finding.compute(*known) if len(known) == len(values) else None


def _of_controls(finding: Finding, measured: list[Measured]) -> dict[str, float]:
    """The same number of each control map, where it is defined."""
    names = finding.controls or tuple(measured[0].controls)
    found = {
        name: _compute(finding, [one.controls.get(name) for one in measured]) for name in names
    }
    return {name: value for name, value in found.items() if value is not None}


def _best(finding: Finding, others: Mapping[str, float]) -> float | None:
    choose = max if finding.higher_is_better else min
    return choose(others.values()) if others else None


def _tell_controls(finding: Finding, others: Mapping[str, float]) -> str:
    if finding.limit is not None or not others:
        return ""
    told = ", ".join(f"{name} {finding.write(value)}" for name, value in others.items())
    return f" In this case maps that know nothing of the model have: {told}."
