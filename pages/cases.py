"""Cases: show me them."""

import streamlit as st

from mammo_core.cases import count_facet
from mammo_core.metrics.operating_points import OUTCOMES
from mammo_ui import case_tiles, frame, judgments, state

PER_PAGE = 48

choice = st.session_state["choice"]
selection = state.read_selection()
frame.show_title("Cases", "Show me them")
frame.stop_without_results(choice)

cases = judgments.list_cases(choice)
chosen = judgments.select_cases(choice, selection)
filters, gallery = st.columns([1, 4], gap="medium")

with filters:
    for facet in state.FACETS:
        counts = dict(count_facet(cases, selection.facets, facet))
        state.choose_facet(selection, facet, counts, (*OUTCOMES, *choice.model.classes))

with gallery:
    frame.show_chips(selection, len(chosen))
    sort, find = st.columns([1, 1])
    with sort:
        state.choose_sort(selection)
    with find:
        state.choose_text(selection)
    if chosen.empty:
        st.info("No image fits these filters. Remove one of them above.")
        st.stop()
    pages = -(-len(chosen) // PER_PAGE)
    page = st.pagination(pages, key="page_number") if pages > 1 else 1
    shown = chosen.iloc[(page - 1) * PER_PAGE : page * PER_PAGE]
    case_tiles.show_cases(shown.to_dict("records"), choice, selection, key="gallery")
    st.caption(
        f"All is said of the {state.LEVELS[choice.level]}. ✓ and ✗ judge the most probable class, "
        "a dashed edge marks the wrong ones; TP, FP, FN and TN judge the score at the threshold. "
        "Loss is minus the logarithm of the true class's probability. Click an image to open its "
        "case; ctrl-click opens a new tab."
    )
