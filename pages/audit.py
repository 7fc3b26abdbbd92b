"""Audit: which explanation to believe for this model, and does it look at the breast?"""

import streamlit as st

from mammo_ui import (
    audit_board,
    audit_cases,
    audit_curves,
    audit_results,
    audit_scatter,
    audit_shortcuts,
    audit_start,
    audit_verdict,
    frame,
    own_test,
    table_adoption,
)

choice = st.session_state["choice"]
frame.show_title(
    "Audit", "Which explanation to believe for this model, and does it look at the breast?"
)
frame.stop_without_model(choice)
table_adoption.stop_without_network(choice)
frame.stop_without_dataset(choice)
own_test.stop_before_own_test(choice)

audit = audit_results.find_audit(choice)
outdated = audit_results.tell_outdated(audit, choice) if audit else ""
if audit is None or outdated:
    audit_verdict.show_nothing(choice, outdated)
    audit_start.show_start(choice, is_first=True)
    st.stop()

audit_verdict.show_verdict(audit)
audit_verdict.show_others(choice)
methods, shortcuts = st.columns([2.45, 1], gap="medium")
with methods:
    in_table = audit_board.show_board(audit)
    in_chart = audit_scatter.show_scatter(audit)
with shortcuts:
    audit_shortcuts.show_shortcuts(audit)

curves, cases = st.columns(2, gap="medium")
with curves:
    audit_curves.show_curves(audit)
with cases:
    audit_cases.show_method(audit, choice, in_chart or in_table or audit.methods[0])
audit_cases.show_disagreement(audit, choice)
st.divider()
audit_start.show_start(choice, is_first=False)
