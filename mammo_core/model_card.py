"""The model card: what a model is, how it was made, what it was measured to do, what it cannot."""

import re
from collections.abc import Sequence
from typing import Any

from mammo_core.card_audits import describe_audits
from mammo_core.card_calibrators import describe_calibrators
from mammo_core.card_limits import list_limits
from mammo_core.card_sections import (
    Section,
    describe_data,
    describe_making,
    describe_network,
    describe_note,
    describe_preprocessing,
    describe_tests,
    describe_use,
    describe_validation,
)
from mammo_core.model_store import StoredModel
from mammo_core.paths import write_text
from mammo_core.plausibility import describe_plausibility

MARKS = re.compile(r"[\\`*_\[\]<>|~$&#@!]|:(?=//)|(?<=www)\.|^[-+=]")
"""What formats text or makes it a link, an ordered list apart."""


def write_card(model: StoredModel) -> None:
    """Write card.md into the model's folder."""
    write_text(model.path / "card.md", render_card(model))


def list_sections(model: StoredModel) -> list[Section]:
    """The parts of the card, in their order."""
    return [
        describe_network(model),
        *describe_note(model),
        describe_use(model),
        Section("What it cannot", items=tuple(list_limits(model))),
        describe_data(model),
        describe_validation(model),
        describe_tests(model),
        *describe_calibrators(model),
        *describe_audits(model),
        *describe_plausibility(model),
        describe_making(model),
        *describe_preprocessing(model),
        Section("Made with", facts=model.card["versions"]),
    ]


def render_card(model: StoredModel) -> str:
    """The card as Markdown."""
    body = "\n\n".join(render_section(section) for section in list_sections(model))
    return f"# {model.id}\n\n{body}\n"


def render_section(section: Section) -> str:
    """A part of the card as Markdown."""
    parts = [
        f"## {section.title}",
        section.text,
        f"> {escape_words(section.words)}" if section.words else "",
        "\n".join(f"- {item}" for item in section.items),
        _render_facts(section),
        _render_rows(section.rows),
        f"```\n{section.command}\n```" if section.command else "",
    ]
    return "\n\n".join(part for part in parts if part)


def escape_words(words: str) -> str:
    """A line of Markdown that shows exactly these words, and reads well unshown too."""
    words = MARKS.sub(r"\\\g<0>", " ".join(words.split()))
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", words)


def _render_facts(section: Section) -> str:
    rows = [f"| {key} | {write_value(value)} |" for key, value in section.facts.items()]
    return "\n".join(["| | |", "| --- | --- |", *rows]) if rows else ""


def _render_rows(rows: Sequence[dict[str, str]]) -> str:
    if not rows:
        return ""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(map(write_value, line))} |" for line in lines)


def write_value(value: Any) -> str:
    """A value for a cell of a Markdown table."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = " x ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return " ".join(text.replace("|", "\\|").split())
