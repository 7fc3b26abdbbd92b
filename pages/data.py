"""Data: what is in here, and can it be trusted?"""

import streamlit as st

from mammo_ui import collection, composition, frame, inventory, library, looking, refusals

TABS = ("Composition", "Refused", "Quality", "Look")

choice = st.session_state["choice"]
frame.show_title_of_data("Data", "What is in here, and can it be trusted?")
frame.stop_without_dataset(choice)

name = choice.dataset
stock = inventory.take_stock(name)
collection.show_head(stock)

tabs = dict(
    zip(TABS, st.tabs(TABS, key="tab", on_change="rerun", bind="query-params"), strict=True)
)
parts = {
    "Composition": lambda: composition.show_composition(name, stock.classes),
    "Refused": lambda: refusals.show_refused(name),
    "Look": lambda: looking.show_look(library.require_dataset(name), choice.model),
}
for title, tab in tabs.items():
    if tab.open and title in parts:
        with tab:
            parts[title]()
