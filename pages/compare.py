"""Compare: is B really better than A?"""

import streamlit as st

from mammo_core.wording import count
from mammo_ui import compare_cases, compare_choice, compare_field, compare_view, compared, frame

choice = st.session_state["choice"]
frame.show_title("Compare", "Is B really better than A?")
frame.stop_without_results(choice)
other = compare_choice.choose_other(choice)
frame.stop_without_results(other)
rows = compare_choice.match_images(choice, other)

tests = compared.run_tests(rows)
compare_view.show_verdict(tests)
compare_cases.offer_right(rows)

thresholds = choice.threshold, other.threshold
with st.spinner("Drawing the patients 1,000 times for both models"):
    measured = compared.measure_at(rows, thresholds)
    agreement = compared.measure_agreement(rows)

measures, roc = st.columns([1.35, 1], gap="medium")
with measures, st.container(key="compare_measures"):
    compare_view.show_measures(measured["differences"])
with roc:
    compare_view.show_rocs(rows, measured["differences"])

calls, scores = st.columns([1.35, 1], gap="medium")
with calls, st.container(key="compare_calls"):
    compare_cases.show_calls(rows, thresholds, measured["reclassification"])
    compare_cases.show_agreement(agreement, count(tests["patients"], "patient"))
with scores, st.container(key="compare_scores"):
    compare_cases.show_scores(rows, thresholds)

compare_field.show_field(choice)
