"""A run on the Models page: the card of a whole model, the curves of an unfinished one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core import model_store
from mammo_core.run import STATES, Run
from mammo_ui import frame, learning_curves, run_actions, state
from mammo_ui.run_contrast import write_value

if TYPE_CHECKING:
    from mammo_core.card_sections import Section
    from mammo_core.model_store import StoredModel

LEFT = ("What it is", "Note", "Intended use", "What it cannot", "Data")
"""The parts of the card that a reader needs first."""


def show_run(run: Run, default: str | None) -> None:
    """The card of a whole model, or how an unfinished training stands; and what can be done."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(frame.plain(run.name), anchor=False, width="content")
        st.badge(run.state, color="green" if run.is_whole else "gray", help=STATES[run.state])
        if run.name == default:
            st.badge("default", color="blue", help="The app opens with this model.")
        run_actions.show_actions(run, default)
    if run.is_whole:
        _show_card(model_store.read_model(run.path))
    else:
        _show_unfinished(run)


def _show_card(model: "StoredModel") -> None:
    from mammo_core.model_card import list_sections

    sections = list_sections(model)
    left, right = st.columns([1, 1.2], gap="large")
    with left:
        _show_sections([one for one in sections if one.title in LEFT])
    with right:
        _show_sections([one for one in sections if one.title not in LEFT])


def _show_sections(sections: Sequence["Section"]) -> None:
    for section in sections:
        st.markdown(f"**{frame.plain(section.title)}**")
        if section.text:
            st.markdown(frame.plain(section.text))
        if section.words:
            st.markdown(frame.plain(section.words))
        if section.items:
            st.markdown("\n".join(f"- {frame.plain(item)}" for item in section.items))
        if section.facts:
            _show_facts(section)
        if section.rows:
            st.table([{key: frame.plain(v) for key, v in row.items()} for row in section.rows],
                     hide_index=True)  # fmt: skip
        if section.command:
            st.caption("In a terminal:")
            st.code(section.command, language="bash", wrap_lines=True)


def _show_facts(section: "Section") -> None:
    rows = [
        {"": frame.plain(str(key).replace("_", " ")), " ": write_value(_shorten(value))}
        for key, value in section.facts.items()
    ]
    st.table(rows, hide_index=True, hide_header=True, border="horizontal")


def _shorten(value: object) -> object:
    """A digest by its beginning; the card's file holds it whole."""
    is_digest = isinstance(value, str) and len(value) == 64
    return f"{value[:16]}…" if is_digest else value


def _show_unfinished(run: Run) -> None:
    if run.state == "damaged":
        st.error(frame.plain(run.fault))
        st.caption("Delete it, or bring back what is missing.")
        return
    st.info(f"It is {frame.plain(STATES[run.state])}.")
    if st.button("Open Train"):
        state.open_page("train")
    learning_curves.show_history(run.path)
