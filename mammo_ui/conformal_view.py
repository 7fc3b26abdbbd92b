"""Conformal sets: which classes are left open, and whether the true one is among them."""

from typing import Any

import streamlit as st

from mammo_core.uncertainty.conformal import CONFORMAL
from mammo_ui import doubts, frame, state

COVERAGES = (0.8, 0.9, 0.95, 0.99)
COVERAGE = "conformal_coverage"


def show_sets(choice: state.Choice) -> None:
    """Coverage of each class by every method, sizes, and how often each set occurs."""
    st.markdown("**Prediction sets that hold the true class as often as asked**")
    coverage = st.segmented_control(
        "How often the true class shall be in the set",
        COVERAGES,
        default=0.9,
        format_func=lambda share: f"{100 * share:.0f} %",
        key=COVERAGE,
        required=True,
    )
    with st.spinner("Choosing sets"):
        answer = doubts.answer_conformal(choice, coverage)
    if answer is None:
        _show_way(choice)
        return
    st.dataframe(tabulate_coverage(answer), hide_index=True)
    st.caption(
        f"Chosen on {frame.plain(answer['calibration']['of'])}, "
        f"{answer['calibration']['patients']} patients; checked on {answer['patients']} others. "
        "Intervals are 95 % ones over patients. " + frame.plain(answer["exchangeable"]) + "."
    )
    for warning in answer["warnings"]:
        st.warning(frame.plain(f"{warning}."))
    _show_frequencies(answer)


def tabulate_coverage(answer: dict[str, Any]) -> list[dict[str, str]]:
    """A row a method: coverage of all and of each class, the sets' size."""
    return [
        {
            "method": CONFORMAL[name].title,
            "all": frame.estimate_text(found["coverage"]),
            **{
                f"{of} ({one['n']})": frame.estimate_text(one["coverage"])
                for of, one in found["per_class"].items()
            },
            "classes in a set": frame.estimate_text(found["mean_size"]),
            "sets of one class": frame.estimate_text(found["single"]),
            "empty sets": frame.estimate_text(found["empty"]),
        }
        for name, found in answer["methods"].items()
    ]


def _show_frequencies(answer: dict[str, Any]) -> None:
    shares: dict[str, dict[str, Any]] = {}
    for name, found in answer["methods"].items():
        for one in found["sets"]:
            words = " or ".join(one["classes"]) or "none"
            shares.setdefault(words, {"set": words})[CONFORMAL[name].title] = one["n"]
    with st.popover("How often each set occurs", type="tertiary"):
        st.dataframe(list(shares.values()), hide_index=True, placeholder="0")


def _show_way(choice: state.Choice) -> None:
    way = "Predict a dataset that has a validation split"
    if choice.model.is_table:
        way = "Bring the table again with a column split that says val of validation cases"
    st.info(
        "There are no predictions of validation cases by which sets could be chosen. "
        f"{way}, or choose sets by tables of your own:"
    )
    table = "--predictions test.csv --calibration validation.csv"
    st.code(f"python -m mammo_core conformal {table}", language="bash")
