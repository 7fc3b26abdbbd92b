"""Data: what is in here, and can it be trusted?"""

import streamlit as st

from mammo_ui import (
    adding,
    collection,
    composition,
    decisions,
    frame,
    inventory,
    library,
    looking,
    quality,
    refusals,
    state,
)

TABS = ("Composition", "Refused", "Quality", "Look", "Add a dataset")

choice = st.session_state["choice"]
frame.show_title_of_data("Data", "What is in here, and can it be trusted?")

if choice.dataset is None:
    st.info("There is no dataset yet. Point at a folder of mammograms, or upload a zip archive.")
    adding.show_adding()
    st.stop()

name = choice.dataset
dataset = library.require_dataset(name)
stock = inventory.take_stock(name)
collection.show_head(stock, dataset)

state.open_tab_asked_for()
tabs = st.tabs(TABS, key=state.TAB, on_change="rerun", bind="query-params")
counts, refused, trust, look, add = tabs
if counts.open:
    with counts:
        composition.show_composition(name, stock.classes)
if refused.open:
    with refused:
        decisions.show_apart(dataset)
        refusals.show_refused(name)
if trust.open:
    with trust:
        quality.show_quality(dataset)
if look.open:
    with look:
        looking.show_look(dataset, choice.model)
if add.open:
    with add:
        adding.show_adding()
