"""The audit's verdict beside a map's title, and where this image's map says otherwise."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mammo_core.attribution import METHODS
from mammo_ui import frame
from mammo_ui.audit_badges import tell_images
from mammo_ui.audit_results import MARKS
from mammo_ui.evidence_chips import ON_LESION, is_off
from mammo_ui.overlay_store import DrawnExplanation, Subject, layers_of, settings_of
from mammo_ui.viewer import Chip

if TYPE_CHECKING:
    from mammo_core.audit.badges import Badge

HALF = 0.5
"""Share of a map in the breast below which it lies mostly outside."""
UNAUDITED = "not audited"
LAYERS = "The audit judged this method at the model's last layer, not at the layers chosen here."
SETTINGS = "The audit judged this method with its usual settings, not with those chosen here."
OTHER_CLASS = " The audit explained predicted classes; here another one is explained."


def choose_badge(
    subject: Subject, method: str, badges: "Mapping[str, Badge]", predicted: str
) -> Chip | None:
    """The verdict of the audit, or why it says nothing of what is shown; None of what it left out.

    Args:
        subject: What is explained.
        method: A key of `METHODS`.
        badges: Verdicts by method.
        predicted: The class that the model predicted of the image.
    """
    if method not in badges:
        return None
    reason = _tell_unaudited(subject, method)
    if reason:
        return Chip(UNAUDITED, "unaudited", reason)
    return write_badge(badges[method], is_predicted=subject.target == predicted)


def _tell_unaudited(subject: Subject, method: str) -> str:
    if layers_of(subject, method):
        return LAYERS
    return SETTINGS if settings_of(subject, method) else ""


def write_badge(badge: "Badge", *, is_predicted: bool = True) -> Chip:
    """The audit's verdict as it stands beside a method's title."""
    kind = "synthetic images" if badge.is_synthetic else "images"
    images = f"{badge.n} {kind} of {badge.dataset}"
    where = f"The audit of {images}, whatever this image shows: {badge.words.rstrip('.')}."
    return Chip(
        f"{MARKS[badge.level]} audit: {badge.level}",
        badge.level,
        where + ("" if is_predicted else OTHER_CLASS),
    )


def tell_badges(badges: "Mapping[str, Badge]", methods: Iterable[str]) -> str:
    """What the badges beside the titles are; empty where there are none."""
    shown = [badges[name] for name in methods if name in badges]
    if not shown:
        return ""
    where = tell_images(shown[0])
    return f"The badges beside the titles are the audit's over {where}, whatever this one shows."


def tell_disagreements(
    subject: Subject,
    drawn: Mapping[str, DrawnExplanation | None],
    badges: "Mapping[str, Badge]",
) -> list[str]:
    """A sentence for each method that the audit believes and whose map here lies elsewhere."""
    believed = [
        (name, facts)
        for name, facts in drawn.items()
        if facts and name in badges and badges[name].level == "believe"
    ]
    return [
        f"The audit believes {METHODS[name].title}, but on this image its map lies "
        f"{' and '.join(faults)}: trust this map less."
        for name, facts in believed
        if not _tell_unaudited(subject, name) and (faults := _list_faults(facts))
    ]


def _list_faults(facts: DrawnExplanation) -> list[str]:
    inside = facts.evidence.get("in_breast")
    is_outside = inside is not None and inside.value is not None and inside.value < HALF
    faults = ["mostly outside the breast"] if is_outside else []
    if is_off(facts.evidence, ON_LESION):
        faults.append("less on the lesion than a control map does")
    return faults


def write_lines(lines: Iterable[str]) -> str:
    """As Markdown, a line each."""
    return "  \n".join(frame.plain(line) for line in lines)
