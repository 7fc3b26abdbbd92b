"""A sweep as the Train page shows it: its trials, what mattered, the best as a model."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mammo_core import studies
from mammo_core.adoption import adopt_model
from mammo_core.paths import models_folder
from mammo_core.wording import count
from mammo_ui import charts, frame, sweep_charts
from mammo_ui.names import checked_name
from mammo_ui.theme import page_color
from mammo_ui.training_fields import field_of, title_of

Study = Mapping[str, Any]
HISTORY_READING = "Higher is better. The line is the best complete trial so far."
PARALLEL_READING = (
    "A line is a trial: through its settings down to its AUROC, blue at the lowest one to green at "
    "the highest, thick and orange for the best. Where green lines meet, a setting helps; gray "
    "ones were ended early."
)
IMPORTANCE_READING = (
    "The share of the differences between complete trials that a setting explains (functional "
    "analysis of variance); from few trials a rough order at best."
)
TAKEN = "sweep_adopted"
WORDS = {
    "pruned": "ended early",
    "failed": "failed",
    "running": "under way",
    "waiting": "waiting",
}
"""For the states of trials that are not complete."""
MANY_TRIALS, TALLEST = 8, 480
"""More trials than that scroll, in so many pixels."""


def list_studies() -> list[str]:
    """The names of the studies there are, the newest first."""
    return studies.list_studies()


def show_study(name: str) -> None:
    """Draw one study as it stands; to be called in a fragment that renews itself while it runs.

    Args:
        name: Of `list_studies`; one that has no trial yet is told to be so.

    Raises:
        MammoError: Where the study is damaged.
    """
    if name not in list_studies():
        st.info("It is being prepared; its trials appear here when the first one begins.")
        return
    study = studies.read_study(name)
    _show_head(study)
    if any(trial["value"] is not None for trial in study["trials"]):
        _show_charts(study)
    _show_trials(study)


def _show_head(study: Study) -> None:
    st.markdown(tell_standing(study))
    best = find_best(study)
    if best is None:
        return
    settings = [
        f"{field_of(key).label.lower()} **{frame.plain(show_value(key, value))}**"
        for key, value in best["settings"].items()
    ]
    st.markdown("With " + ", ".join(settings) + ".")
    st.caption(frame.plain(study["caution"]))
    if best["model"]:
        _offer_adoption(study, best)


def tell_standing(study: Study) -> str:
    """How far the sweep is and what it found, in a sentence or two."""
    states = [trial["state"] for trial in study["trials"]]
    others = [f"{states.count(state)} {say}" for state, say in WORDS.items() if state in states]
    done = ", ".join([f"{states.count('complete')} complete", *others])
    best = find_best(study)
    found = "No trial is complete yet."
    if best is not None:
        found = f"**Best: trial {best['number']}, validation AUROC {best['value']:.3f}.**"
    return f"{found} {len(states)} of {count(study['n_trials'], 'trial')}: {done}."


def find_best(study: Study) -> Mapping[str, Any] | None:
    """The best trial, None before the first complete one."""
    return next((one for one in study["trials"] if one["number"] == study["best"]), None)


def show_value(key: str, value: Any) -> str:
    """A setting's value in three digits."""
    return f"{value:.3g}" if isinstance(value, float) else title_of(key, value)


def _offer_adoption(study: Study, best: Mapping[str, Any]) -> None:
    """A name and a button; the copy stands on the Models page afterwards."""
    key = f"{study['name']}_{best['number']}"
    taken = st.session_state.get(f"{TAKEN}_{key}")
    if taken and (models_folder() / taken).is_dir():
        st.success(f"It is the model **{frame.plain(taken)}** now.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(
            "Name of the model", suggest_name(study["name"]), max_chars=40, key=f"name_{key}",
            width=220,
        )  # fmt: skip
        is_asked = st.button("Make the best trial a model", type="primary", key=f"adopt_{key}")
    if is_asked:
        frame.show_errors_of(_adopt, study, best, name, f"{TAKEN}_{key}")


def _adopt(study: Study, best: Mapping[str, Any], name: str, key: str) -> None:
    folder = studies.studies_folder() / study["name"] / best["model"]
    st.session_state[key] = adopt_model(folder, checked_name(name)).id
    st.rerun()


def suggest_name(study: str) -> str:
    """A name for the best trial that no model has."""
    names = (f"{study}-best-{n}" if n > 1 else f"{study}-best" for n in range(1, 1000))
    return next(name for name in names if not (models_folder() / name).exists())


def _show_charts(study: Study) -> None:
    trials, key = study["trials"], study["name"]
    left, right = st.columns(2)
    with left:
        rows = sweep_charts.history_rows(trials)
        charts.show_chart(
            "Trials so far", sweep_charts.history(), HISTORY_READING, rows, key=f"trials_{key}"
        )
    with right:
        _show_importance(study)
    rows = sweep_charts.parallel_rows(trials, study["ranges"])
    spec = sweep_charts.parallel(study["ranges"], trials, study["best"], page_color())
    charts.show_chart("Settings of each trial", spec, PARALLEL_READING, rows, key=f"lines_{key}")


def _show_importance(study: Study) -> None:
    title = "What made the difference"
    if study["importance"] is None:
        st.markdown(f"**{title}**")
        st.caption("Known from five complete trials on.")
        return
    rows = sweep_charts.importance_rows(study["importance"])
    spec = sweep_charts.importance_bars(len(rows))
    charts.show_chart(title, spec, IMPORTANCE_READING, rows, key=f"importance_{study['name']}")


def _show_trials(study: Study) -> None:
    st.markdown("**All trials**")
    rows = describe_trials(study["trials"])
    with st.container(height=TALLEST if len(rows) > MANY_TRIALS else "content"):
        st.table(rows, hide_index=True, border="horizontal")


def describe_trials(trials: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """A row a trial, the best complete ones first; its settings in one cell, which wraps."""
    has_reasons = any(one["reason"] for one in trials)
    ordered = sorted(trials, key=lambda one: (one["state"] != "complete", -(one["value"] or 0)))
    return [
        {
            "trial": str(one["number"]),
            "state": WORDS.get(one["state"], one["state"]),
            "AUROC": _show_number(one["value"], 3),
            "epochs": str(one["epochs"]),
            "seconds": _show_number(one["seconds"], 0),
            "settings": _list_settings(one["settings"]),
            **({"reason": frame.plain(one["reason"] or "")} if has_reasons else {}),
        }
        for one in ordered
    ]


def _show_number(value: float | None, digits: int) -> str:
    return frame.DASH if value is None else f"{value:.{digits}f}"


def _list_settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{field_of(key).label.lower()} {frame.plain(show_value(key, value))}"
        for key, value in settings.items()
    )
