"""A run's card on the Models page, and what can be done with the run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core import model_store
from mammo_core.errors import MammoError
from mammo_core.runs import STATES, Run
from mammo_ui import frame, learning_curves, state
from mammo_ui.run_contrast import write_value

if TYPE_CHECKING:
    from mammo_core.card_sections import Section
    from mammo_core.model_store import StoredModel

LEFT = ("What it is", "Intended use", "What it cannot", "Data")
"""The parts of the card that a reader needs first."""


def show_run(run: Run, default: str | None) -> None:
    """The card of a whole model, or how an unfinished training stands; and what can be done."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(frame.plain(run.name), anchor=False, width="content")
        st.badge(run.state, color="green" if run.is_whole else "gray", help=STATES[run.state])
        if run.name == default:
            st.badge("default", color="blue", help="The app opens with this model.")
        _show_actions(run, default)
    if run.is_whole:
        _show_card(model_store.read_model(run.path))
    else:
        _show_unfinished(run)


def _show_actions(run: Run, default: str | None) -> None:
    if run.is_whole:
        chosen = st.session_state["choice"].model
        if chosen is None or chosen.id != run.name:
            st.button(
                "Choose",
                on_click=state.choose_model,
                args=(run.name,),
                help="All pages then speak of this model.",
            )
        if run.name != default:
            st.button(
                "Make default",
                on_click=_make_default,
                args=(run.name,),
                help="The app then opens with this model.",
            )
        _offer_card(run)
    _offer_deletion(run)


def _make_default(name: str) -> None:
    try:
        model_store.make_default(name)
        st.toast(f"The app opens with {frame.plain(name)} from now on.")
    except MammoError as error:
        st.toast(frame.plain(error))


def _offer_card(run: Run) -> None:
    from mammo_core.model_card import render_card

    text = render_card(model_store.read_model(run.path))
    st.download_button("Card as Markdown", text, f"{run.name}.md", "text/markdown", "card_download")


def _offer_deletion(run: Run) -> None:
    """Delete, behind the name that must be typed."""
    place = st.popover("Delete", type="tertiary", key="delete_run", on_change="rerun")
    if place.open:
        with place:
            frame.show_errors_of(_ask_deletion, run)


def _ask_deletion(run: Run) -> None:
    from mammo_core.adoption import describe_removal, remove_model

    told = describe_removal(run.name)
    st.markdown(f"This deletes {frame.plain(told['what'])}. It cannot be taken back.")
    typed = st.text_input(f"Type {frame.plain(run.name)} to confirm", key=f"confirm_{run.name}")
    if st.button(f"Delete {frame.plain(run.name)}", disabled=typed.strip() != run.name):
        remove_model(run.name)
        st.toast(f"{frame.plain(run.name)} is deleted.")
        st.rerun()


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
        if section.items:
            st.markdown("\n".join(f"- {frame.plain(item)}" for item in section.items))
        if section.facts:
            _show_facts(section)
        if section.rows:
            st.table([{key: frame.plain(v) for key, v in row.items()} for row in section.rows],
                     hide_index=True)  # fmt: skip
        if section.command:
            st.caption("The command that repeats it:")
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
