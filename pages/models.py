"""Models: which runs are there, and what differs?"""

import streamlit as st

from mammo_ui import adopting, frame, importing, run_view, table_adoption

TABS = ("Runs", "Import a model")

frame.show_title_of_upload("Models", "Which runs are there, and what differs?")
runs, bring = st.tabs(TABS, key="part", on_change="rerun", bind="query-params")
if runs.open:
    with runs:
        run_view.show_runs()
if bring.open:
    with bring:
        importing.show_importing()
        table_adoption.show_table_adoption()
        adopting.show_adopting()
