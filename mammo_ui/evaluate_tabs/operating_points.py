"""Operating points: named thresholds with their rates, and on which cases they were chosen."""

from dataclasses import replace
from typing import Any

import streamlit as st

from mammo_ui import frame, point_splits, results, state, thresholds
from mammo_ui.stakes import Stakes, read_stakes

KEY = "operating_points"
CARRIED = {"sensitivity": "Sensitivity", "specificity": "Specificity"}
"""Rates that hold at any prevalence."""
COUNTED = {"ppv": "PPV", "npv": "NPV", "recall_rate": "Recall rate", "f1": "F1"}
"""Rates at the prevalence of the data."""
RECKONED = {f"{key}_at_prevalence": title for key, title in COUNTED.items()}
"""The same at the chosen prevalence."""


def show(choice: state.Choice, evaluation: results.Evaluation) -> None:
    """A row a named operating point; a click on it takes its threshold."""
    split, stakes = _choose_split(choice), read_stakes()
    points = thresholds.choose_points(replace(choice, split=split), stakes)
    known = {name: value for name, value in points.items() if value is not None}
    st.dataframe(
        [_tell_point(choice, name, value, split, stakes) for name, value in known.items()],
        hide_index=True,
        height="content",
        column_config={
            "Operating point": st.column_config.TextColumn(pinned=True),
            "Threshold": st.column_config.NumberColumn(format="%.3f"),
        },
        key=KEY,
        on_select=lambda: _take_threshold(list(known.values())),
        selection_mode="single-row",
    )
    st.caption(f"{_tell_origin(choice, split)} {_tell_stakes(stakes)} {_tell_missing(points)}")


def _choose_split(choice: state.Choice) -> str:
    """The split that thresholds are chosen on: the judged one, or another of the same table."""
    others = point_splits.list_others(choice)
    if not others:
        return choice.split
    chosen: str = st.segmented_control(
        "Choose thresholds on",
        [choice.split, *others],
        format_func=lambda name: "these cases" if name == choice.split else state.SPLITS[name],
        default=choice.split,
        required=True,
        key="points_from",
        bind="query-params",
        help="A threshold that is chosen on the cases it is judged on looks better than it is.",
    )
    return chosen


def _tell_point(
    choice: state.Choice, name: str, threshold: float, split: str, stakes: Stakes
) -> dict[str, Any]:
    rates = thresholds.rates_at_threshold(replace(choice, threshold=threshold), stakes.prevalence)
    at = f" at {100 * (stakes.prevalence or 0):.3g} %"
    return {
        "Operating point": results.title_point(name),
        "Threshold": threshold,
        "Chosen on": frame.DASH if name == "default" else state.SPLITS[split],
        **{title: frame.estimate_text(rates[key]) for key, title in CARRIED.items()},
        **{
            title + at: frame.estimate_text(rates[key])
            for key, title in RECKONED.items()
            if key in rates
        },
        **{title: frame.estimate_text(rates[key]) for key, title in COUNTED.items()},
    }


def _take_threshold(values: list[float]) -> None:
    rows = st.session_state[KEY]["selection"]["rows"]
    if rows:
        state.set_threshold(values[rows[0]])


def _tell_origin(choice: state.Choice, split: str) -> str:
    click = "Tick a row to use its threshold."
    if split == choice.split:
        return (
            "All thresholds but the model's own are chosen on these very cases and flatter; "
            f"intervals take them as given. {click}"
        )
    return f"Thresholds chosen on {state.SPLITS[split]} cases, rates of these cases. {click}"


def _tell_stakes(stakes: Stakes) -> str:
    cost = f"Least cost: a missed positive case costs {stakes.cost_ratio:g} needless calls."
    if stakes.prevalence is None:
        return f"{cost} PPV, NPV, recall rate and F1 hold at the prevalence of these data."
    return (
        f"{cost} Rates at {100 * stakes.prevalence:.3g} % follow from sensitivity and specificity "
        "by Bayes' theorem, those behind them hold at the prevalence of these data."
    )


def _tell_missing(points: dict[str, float | None]) -> str:
    missing = [results.title_point(name) for name, value in points.items() if value is None]
    return f"Undefined, as a class is missing: {', '.join(missing)}." if missing else ""
