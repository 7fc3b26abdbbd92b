"""Evaluate: how good, at which threshold, for whom?"""

import streamlit as st

from mammo_ui import frame, judgments, results
from mammo_ui.evaluate_tabs import TABS

choice = st.session_state["choice"]
frame.show_title("Evaluate", "How good, at which threshold, for whom?")
frame.stop_without_results(choice)

evaluation = judgments.evaluate(choice)

results.show_threshold_slider(choice, evaluation)
rates = judgments.rates_at_threshold(choice)
results.show_threshold_cards(rates, evaluation)

matrix, roc, pr = st.columns([1.15, 1, 1], gap="medium")
with matrix:
    results.show_confusion_matrix(evaluation, key="evaluate_matrix")
with roc:
    results.show_roc(choice, evaluation, rates)
with pr:
    results.show_precision_recall(choice, evaluation, rates)

tabs = st.tabs(list(TABS), key="evaluate_tab", on_change="rerun")
for tab, show in zip(tabs, TABS.values(), strict=True):
    if tab.open:
        with tab:
            frame.show_errors_of(show, choice, evaluation)
