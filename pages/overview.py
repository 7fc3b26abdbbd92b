"""Overview: what have we got, how good is it, where is it worst?"""

import streamlit as st

from mammo_core.wording import count
from mammo_ui import (
    audit_verdict,
    case_tiles,
    confusion,
    frame,
    judgments,
    next_steps,
    paradox_alarms,
    results,
    state,
    tour,
)

choice = st.session_state["choice"]
question = "What have we got, how good is it, where is it worst?"
frame.show_title("Overview", question, beside=tour.offer)
frame.stop_without_results(choice)

summary = judgments.summarize(choice)
evaluation = summary.evaluation
positive = evaluation["positive"]
n = count(evaluation["patients"], "patient")
points = {point["name"]: point for point in evaluation["operating_points"]}

cards, matrix, worst = st.columns([1, 1.45, 1.45], gap="medium")

with cards:
    frame.show_card(
        f"AUROC, {frame.plain(positive)}",
        evaluation["per_class"][positive]["auroc"],
        n,
        help_text="How often a positive case scores above a negative one; 0.5 is chance.",
    )
    frame.show_card(
        "Sensitivity at specificity .90",
        points["specificity_0.90"]["sensitivity"],
        n,
        help_text="Share of positive cases found when one negative case in ten is recalled.",
    )
    frame.show_card(
        "Balanced accuracy",
        evaluation["balanced_accuracy"],
        n,
        help_text=f"Mean recall over the classes; {1 / len(evaluation['classes']):.2f} is chance.",
    )
    frame.show_card(
        "Calibration error",
        evaluation["calibration"]["ece"],
        n,
        help_text="Mean distance of probability and observed share over 10 bins; 0 is best.",
    )
    for warning in evaluation["warnings"]:
        st.warning(frame.plain(warning))
    paradox_alarms.show_alarms(evaluation)

with matrix:
    confusion.show_by_class(evaluation, key="overview_matrix")

with worst:
    st.markdown("**Most confident mistakes**")
    case_tiles.show_cases(summary.mistakes, choice, state.Selection(), key="mistakes", columns=3)
    if summary.mistakes:
        st.caption(
            "✗ judges the most probable class; TP, FP, FN and TN judge the score at the threshold."
        )
    results.show_worst_slices(evaluation)

st.divider()
about, following = st.columns([1.4, 1], gap="large")
with about:
    results.show_model_facts(choice.model)
    audit_verdict.show_line(choice.model, choice.dataset)
with following:
    next_steps.show_next_steps(choice.model)
