"""Cases: show me them."""

import streamlit as st

from mammo_ui import (
    bulk_reviews,
    case_filters,
    case_tiles,
    chosen_cases,
    embedding_map,
    frame,
    selection_chips,
    state,
)

choice = st.session_state["choice"]
selection = state.read_selection()
frame.show_title("Cases", "Show me them")
frame.stop_without_results(choice)

with st.spinner("Ordering the cases"):
    places = chosen_cases.find_places(choice, selection)
filters, gallery = st.columns([1.05, 4], gap="medium")

with filters:
    case_filters.choose_facets(choice, selection)

with gallery:
    selection_chips.show_chips(selection, len(places))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        case_filters.choose_order(choice, selection)
        case_filters.choose_text(selection)
        width = case_tiles.choose_width()
        per_page = case_tiles.choose_number()
        actions = st.container(width="content")
    case_filters.tell_order(choice, selection)
    if not len(places):
        st.info("No image fits these filters. Remove one of them above.")
        st.stop()
    below = st.container()
    pictures, points = st.tabs(["Gallery", "Map"], key="cases_tab", on_change="rerun")
    if pictures.open:
        with pictures:
            case_tiles.show_page(choice, selection, places, per_page, width)
    if points.open:
        with points:
            embedding_map.show_map(choice, chosen_cases.tabulate(choice, places))
    marked = case_tiles.list_marked(choice, places)
    change = bulk_reviews.Many(choice, selection, places, marked)
    with actions:
        bulk_reviews.offer_changes(change)
    with below:
        bulk_reviews.show_marked(change)
