"""Cases: show me them."""

import streamlit as st

from mammo_core.cases import count_facet
from mammo_core.metrics.operating_points import OUTCOMES
from mammo_ui import case_tiles, embedding_map, frame, judgments, state

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
    pictures, places = st.tabs(["Gallery", "Map"], key="cases_tab", on_change="rerun")
    if pictures.open:
        with pictures:
            case_tiles.show_pages(chosen, choice, selection)
    if places.open:
        with places:
            embedding_map.show_map(choice, chosen)
