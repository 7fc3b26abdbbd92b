"""Evaluate: how good, at which threshold, for whom?"""

import streamlit as st

from mammo_ui import confusion, curve_charts, frame, judgments, thresholds
from mammo_ui import threshold_controls as controls
from mammo_ui.evaluate_tabs import TABS

choice = st.session_state["choice"]
frame.show_title("Evaluate", "How good, at which threshold, for whom?")
frame.stop_without_results(choice)

with st.spinner("Resampling patients, once for these rows"):
    evaluation = judgments.evaluate(choice)
    thresholds.draw_curves(choice)
controls.show_headline(evaluation)
stakes = controls.choose_threshold(choice, evaluation)
rates = thresholds.rates_at_threshold(choice, stakes.prevalence)
controls.show_cards(rates, evaluation, stakes.prevalence)

look = confusion.choose_look()
matrix, roc, pr = st.columns([1.15, 1, 1], gap="medium")
with matrix:
    if look.rule == "class":
        confusion.show_by_class(evaluation, key="evaluate_matrix", look=look)
    else:
        outcomes = thresholds.outcomes_at_threshold(choice)
        confusion.show_at_threshold(
            outcomes, evaluation, choice.threshold, key="evaluate_outcomes", look=look
        )
with roc:
    curve_charts.show_roc(choice, evaluation, rates)
with pr:
    curve_charts.show_precision_recall(choice, evaluation, rates)

tabs = st.tabs(list(TABS), key="evaluate_tab", on_change="rerun", bind="query-params")
for tab, show in zip(tabs, TABS.values(), strict=True):
    if tab.open:
        with tab:
            frame.show_errors_of(show, choice, evaluation)
