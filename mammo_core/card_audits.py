"""What a model's card says of its audits: where it looks, and which explanations to believe."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mammo_core.attribution import METHODS
from mammo_core.audit.storage import list_audits, read_audit
from mammo_core.card_sections import Section
from mammo_core.wording import count

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

MEANING = (
    "Each method was held against maps that know nothing of the model, on the same images; a "
    "verdict holds for this network and such images alone."
)


def describe_audits(model: "StoredModel") -> list[Section]:
    """The verdicts of the audits of this very network; nothing where none was made."""
    found = [read_audit(folder) for folder in list_audits(model)]
    audits = [one for one in found if one and one["model_sha256"] == model.sha256]
    if not audits:
        return []
    items = tuple(_tell_verdict(one) for one in audits)
    return [Section("Explanations", MEANING, items=items, rows=_list_methods(audits[0]))]


def _tell_verdict(summary: Mapping[str, Any]) -> str:
    words = summary["shortcuts"]["verdict"]["words"]
    kind = "synthetic image" if summary["is_synthetic"] else "image"
    images = f"{count(summary['n'], kind)}, {count(summary['patients'], 'patient')}"
    return f"{summary['dataset']}, {summary['split']} ({images}): {words}."


def _list_methods(summary: Mapping[str, Any]) -> tuple[dict[str, str], ...]:
    """A row a method of the last audit but its controls."""
    return tuple(
        {"method": METHODS[name].title, "verdict": one["words"], "images": str(one["n"])}
        for name, one in summary["verdicts"].items()
        if one["level"] != "control" and name in METHODS
    )
