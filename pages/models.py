"""Models: which runs are there, and what differs?"""

import streamlit as st

from mammo_ui import adopting, frame, importing, run_view, table_adoption

TABS = ("Runs", "Import a model")
BROUGHT = {
    "A Keras network": importing.show_importing,
    "A table of predictions": table_adoption.show_table_adoption,
}

frame.show_title_of_upload("Models", "Which runs are there, and what differs?")
runs, bring = st.tabs(TABS, key="part", on_change="rerun", bind="query-params")
if runs.open:
    with runs:
        run_view.show_runs()
if bring.open:
    with bring:
        kind = st.segmented_control(
            "What is brought", list(BROUGHT), default=next(iter(BROUGHT)), required=True,
            key="bring", bind="query-params", persist_state="session",
            label_visibility="collapsed",
        )  # fmt: skip
        BROUGHT[kind]()
        adopting.show_adopting()
