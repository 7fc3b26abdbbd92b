"""Calibration: whether probabilities keep their word, and what mends them."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mammo_core.metrics.calibration_words import tell_calibration
from mammo_core.wording import count
from mammo_ui import (
    calibration_charts,
    calibration_rows,
    calibrator_panel,
    charts,
    frame,
    state,
)
from mammo_ui.results import Evaluation
from mammo_ui.state import Choice

BINNINGS = {"equal_width": "Equally wide bins", "equal_mass": "Bins of equally many cases"}
FIGURES = {
    "ece": ("ECE", "Expected calibration error: mean distance of promise and outcome over ten "
            "equally wide bins. It is biased upwards where bins hold few cases."),
    "brier": ("Brier score", "Mean squared error of the probability; 0 is perfect."),
    "slope": ("Slope", "1 is right; below 1 the probabilities are too extreme."),
    "intercept": ("Intercept", "0 is right where the slope is 1; below 0 they are too high."),
}  # fmt: skip
PARTS = {
    "brier_reliability": "Reliability",
    "brier_resolution": "Resolution",
    "brier_uncertainty": "Uncertainty",
    "brier_skill": "Skill",
    "mean_excess": "Mean excess",
}


def show(choice: Choice, evaluation: Evaluation) -> None:
    """The reliability diagram with its figures, then the calibrators."""
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        binning = st.segmented_control(
            "Bins", list(BINNINGS), default="equal_width", required=True,
            format_func=BINNINGS.get, key="bins", bind="query-params",
            persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        _show_diagram(choice, evaluation, _bins(choice, evaluation, binning))
    with right:
        _show_figures(evaluation)
    calibrator_panel.show(choice, evaluation)


def _bins(choice: Choice, evaluation: Evaluation, binning: str) -> Sequence[Mapping[str, Any]]:
    if binning == "equal_width":
        return evaluation["reliability"]
    return calibration_rows.bins_of_equal_mass(choice)


def _show_diagram(
    choice: Choice, evaluation: Evaluation, bins: Sequence[Mapping[str, Any]]
) -> None:
    rows = calibration_charts.tabulate(bins)
    positive, noun = frame.plain(evaluation["positive"]), f"{evaluation['level']}s"
    clicked = charts.show_chart(
        f"Reliability: promised and kept shares of {positive}",
        calibration_charts.draw_reliability(),
        f"Each point is a bin of {noun} with like probabilities. On the dashed line promises are "
        "kept; below it the probabilities are too high, above it too low. Lines are 95 % intervals "
        f"over patients; the bars below count the {noun} of each bin. Click a point to see its "
        "cases.",
        rows,
        key="reliability",
        selects="bin",
    )
    alt = f"{noun.capitalize()} in each bin: " + ", ".join(
        f"{row['from']:.2f} to {row['to']:.2f}: {row['n']}" for row in rows
    )
    charts.show_plain(calibration_charts.draw_counts(), rows, key="reliability_counts", alt=alt)
    if clicked:
        _open_bin(choice, evaluation["positive"], clicked[0])


def _open_bin(choice: Choice, positive: str, one: Mapping[str, float]) -> None:
    low, high = float(one["from"]), float(one["to"])
    found = calibration_rows.find_images(choice, low, high)
    title = f"P({positive}) {low:.2f} to {high:.2f}: {count(len(found), 'image')}"
    state.open_cases_of(title, found)


def _show_figures(evaluation: Evaluation) -> None:
    found = evaluation["calibration"]
    st.markdown(frame.plain(tell_calibration(found)))
    n = count(evaluation["patients"], "patient")
    for pair in (("ece", "brier"), ("slope", "intercept")):
        for column, key in zip(st.columns(2), pair, strict=True):
            title, help_text = FIGURES[key]
            with column:
                frame.show_card(title, found[key], n, help_text=help_text)
    st.markdown("**What the Brier score is made of**")
    parts = (f"{title} **{frame.estimate_text(found[key], 3)}**" for key, title in PARTS.items())
    st.markdown("  \n".join(parts))
    st.caption(
        "Brier score = reliability - resolution + uncertainty, exactly. Reliability is the squared "
        "distance of promise and outcome (0 is best), resolution how far cases are told apart, "
        "uncertainty the variety of the cases themselves. Skill is 1 for an oracle, 0 for who "
        "always says the share of positives. The mean excess is the mean probability less that "
        "share (0 is right)."
    )
