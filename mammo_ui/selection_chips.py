"""A selection as chips that can be removed one by one."""

from collections.abc import Iterator
from dataclasses import replace

import streamlit as st

from mammo_core.image_sets import read_set
from mammo_core.wording import count
from mammo_ui import state
from mammo_ui.frame import plain
from mammo_ui.state import Selection


def show_chips(selection: Selection, n: int) -> None:
    """How many images the selection holds, and a chip for each of its filters."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{count(n, 'image')}**", width="content")
        chips = list(_list_chips(selection))
        for key, text, without in chips:
            st.button(
                f"{text}  ✕",
                key=f"chip_{key}",
                help="Remove this filter",
                on_click=state.write_selection,
                args=(without,),
            )
        if len(chips) > 1:
            cleared = Selection(sort=selection.sort, other=selection.other)
            st.button(
                "Remove all", type="tertiary", on_click=state.write_selection, args=(cleared,)
            )


def _list_chips(selection: Selection) -> Iterator[tuple[str, str, Selection]]:
    """For each filter its key, what it says in Markdown, and the selection without it."""
    for facet, values in selection.facets.items():
        shown = [state.value_title(facet, value) for value in values]
        title = plain(state.facet_title(facet))
        yield facet, f"{title}: {plain(', '.join(shown))}", selection.without(facet)
    if selection.scores:
        low, high = selection.scores
        yield "scores", f"Score: {low:g} to {high:g}", replace(selection, scores=None)
    if selection.find:
        yield "find", f"Id contains {plain(selection.find)}", replace(selection, find="")
    if selection.kept:
        kept = read_set(selection.kept)
        title = plain(kept.title) if kept else "a set that is gone, so left out"
        yield "set", title, replace(selection, kept="")
