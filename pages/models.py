"""Models: which runs are there, and what differs?"""

import streamlit as st

from mammo_core.runs import list_runs
from mammo_ui import card_view, frame, library, run_contrast, run_table, state

frame.show_title_of_upload("Models", "Which runs are there, and what differs?")
runs = list_runs()
if not runs:
    st.info("There is no model yet. Train one to see how well it does.")
    if st.button("Train a model", type="primary"):
        state.open_page("train")
    st.stop()

whole = library.list_models()
default_name = whole[0].id if whole else None
ticked = run_table.show_table(runs, default_name)
shown = ticked[: len(run_contrast.COLORS)]
if len(shown) > 1:
    differing, curves = st.columns([1, 1.25], gap="large")
    with differing:
        run_contrast.show_differences(shown)
    with curves:
        run_contrast.show_curves(shown)
    run_contrast.show_pair(shown[0], shown[1])
else:
    st.caption("Tick two runs or more to see what differs, one to read its card.")

primary = ticked[0] if ticked else run_table.find_chosen(runs)
st.divider()
card_view.show_run(primary, default_name)
