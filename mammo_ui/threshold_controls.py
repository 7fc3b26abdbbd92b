"""The top of the Evaluate page: the threshold, what it is set by, and the rates that it moves."""

from collections.abc import Mapping

import streamlit as st

from mammo_core.threshold_units import tell_other_unit
from mammo_core.wording import count, count_rows
from mammo_ui import frame, state
from mammo_ui.results import Evaluation, title_point, whole_auroc
from mammo_ui.stakes import Stakes, choose_stakes
from mammo_ui.thresholds import Rates, choose_points

CARDS = {
    "sensitivity": ("Sensitivity", "Share of positive cases that are called"),
    "specificity": ("Specificity", "Share of negative cases that are not called"),
    "ppv": ("PPV", "Share of called cases that are positive"),
    "recall_rate": ("Recall rate", "Share of all cases that are called"),
    "f1": ("F1", "Harmonic mean of sensitivity and PPV"),
}
WITH_PREVALENCE = ("ppv", "recall_rate", "f1")
"""Those that another share of positive cases would change."""


def show_headline(evaluation: Evaluation) -> None:
    """The AUROC with its interval, of how many cases and patients, and what to beware of."""
    positive = evaluation["positive"]
    n, n_positive = evaluation["n"], evaluation["per_class"][positive]["support"]
    parts = [
        f"AUROC, {frame.plain(positive)}: **{frame.estimate_text(whole_auroc(evaluation))}**",
        f"**{count_rows(n, evaluation['level'], evaluation['patients'])}**",
        f"**{n_positive:,}** {frame.plain(positive)}, {n - n_positive:,} not",
    ]
    st.markdown("  ·  ".join(parts))
    warnings = [f":orange[⚠] {frame.plain(warning)}." for warning in evaluation["warnings"]]
    if warnings:
        st.caption("  \n".join(warnings))


def choose_threshold(choice: state.Choice, evaluation: Evaluation) -> Stakes:
    """The global threshold as a wide slider, what is assumed beside it, and named points."""
    slider, stakes = st.columns([1.8, 1], gap="medium")
    with slider:
        _show_slider(choice, evaluation)
    with stakes:
        assumed = choose_stakes()
    _show_points(choose_points(choice, assumed), choice.threshold)
    st.caption(_tell_prevalence(assumed.prevalence, evaluation))
    if choice.threshold == choice.model.threshold:
        _warn_of_other_unit(choice)
    return assumed


def _warn_of_other_unit(choice: state.Choice) -> None:
    told = tell_other_unit(choice.model, choice.level, choice.aggregation)
    if told:
        st.warning(frame.plain(f"{told}. That is best done on other cases than these."))


def _tell_prevalence(prevalence: float | None, evaluation: Evaluation) -> str:
    """The field's limits, and what the cards reckon with."""
    share = evaluation["per_class"][evaluation["positive"]]["support"] / evaluation["n"]
    used = _percent(share) + ", that of these data" if prevalence is None else _percent(prevalence)
    return (
        f"PPV, recall rate and F1 hold at a prevalence of {used}; another can be set between "
        "0.01 % and 99.99 %."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _show_slider(choice: state.Choice, evaluation: Evaluation) -> None:
    st.session_state["threshold_here"] = choice.threshold
    st.slider(
        f"Call a case {evaluation['positive']} from this probability on",
        0.0,
        1.0,
        step=0.01,
        key="threshold_here",
        on_change=lambda: state.set_threshold(st.session_state["threshold_here"]),
    )


def _show_points(points: Mapping[str, float | None], threshold: float) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("Set it to:", width="content")
        for value, titles in merge_points(points).items():
            st.button(
                f"{', '.join(titles)}: {value:.3f}",
                key=f"point_{value}",
                type="primary" if value == threshold else "secondary",
                on_click=state.set_threshold,
                args=(value,),
            )
    st.caption(
        "The threshold moves the five cards, the marks in the curves and the matrix that counts "
        "at the threshold. All but the model's own are chosen on these very cases and flatter."
    )


def merge_points(points: Mapping[str, float | None]) -> dict[float, list[str]]:
    """The titles of the operating points by their exact threshold, the own one first."""
    merged: dict[float, list[str]] = {}
    for name in sorted(points, key=lambda name: name != "default"):
        threshold = points[name]
        if threshold is not None:
            merged.setdefault(threshold, []).append(title_point(name))
    return merged


def show_cards(rates: Rates, evaluation: Evaluation, prevalence: float | None) -> None:
    """What the threshold means for sensitivity, specificity and the rest, with intervals."""
    n = count(evaluation["patients"], "patient")
    percent = _percent(prevalence or 0)
    where = "in these data" if prevalence is None else f"of {percent}"
    for column, (name, (title, meaning)) in zip(st.columns(len(CARDS)), CARDS.items(), strict=True):
        reckoned = rates.get(f"{name}_at_prevalence")
        added = f", at the prevalence {where}" if name in WITH_PREVALENCE else ""
        with column:
            frame.show_card(
                title if reckoned is None else f"{title} at {percent}",
                reckoned or rates[name],
                n,
                help_text=f"{meaning}{added}.",
            )
