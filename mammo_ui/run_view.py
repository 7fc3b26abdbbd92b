"""The Models page's tab Runs: the table, what differs between the ticked ones, the card of one."""

from collections.abc import Sequence

import streamlit as st

from mammo_core.run import Run
from mammo_core.runs import list_runs
from mammo_ui import (
    card_view,
    frame,
    library,
    run_contrast,
    run_curves,
    run_pair,
    run_table,
    state,
)
from mammo_ui.run_names import COLORS

MOST_BESIDE = 3
"""Runs whose differences leave room for the curves beside them."""
HALVES = (1, 1.25)


def show_runs() -> None:
    """All runs and what is asked of them; what to do where there is none."""
    runs = list_runs()
    if not runs:
        _offer_first()
        return
    whole = library.list_models()
    default = whole[0].id if whole else None
    ticked = run_table.show_table(runs, default)
    run_table.show_ticked(ticked)
    if len(ticked) > 1:
        frame.show_errors_of(_show_contrast, ticked)
    else:
        st.caption("Tick one run to read its card, two or more to see what differs.")
    st.divider()
    primary = ticked[0] if ticked else run_table.find_chosen(runs)
    frame.show_errors_of(card_view.show_run, primary, default)


def _offer_first() -> None:
    st.info("There is no model yet. Train one to see how well it does, or import one.")
    if st.button("Train a model", type="primary"):
        state.open_page("train")


def _show_contrast(ticked: Sequence[Run]) -> None:
    """Differences and curves of as many as there are colors, two of them on the same images."""
    shown = ticked[: len(COLORS)]
    if len(shown) < len(ticked):
        st.caption(f"Only the first {len(shown)} of the {len(ticked)} ticked runs are compared.")
    is_wide = len(shown) > MOST_BESIDE
    differing, curves = (
        (st.container(), st.container()) if is_wide else st.columns(HALVES, gap="large")
    )
    with differing:
        run_contrast.show_differences(shown)
    with curves:
        run_curves.show_curves(shown)
    run_pair.show_pair(shown)
