"""The table of the Models page: a row a run, ticked to be compared; ticks live in the address."""

import hashlib
from collections.abc import Sequence
from typing import Any

import streamlit as st

from mammo_core.run import STATES, Run
from mammo_core.run_results import IN_SHORT, NOT_TESTED, Measured
from mammo_core.wording import count
from mammo_ui import frame
from mammo_ui.run_names import write_head

TICKED = "runs"
"""The parameter of the address that names the ticked runs."""
MOST_ROWS = 9
ROW_HEIGHT = 35
WIDTHS = {
    **{"Run": 150, "Validation AUROC": 215, "Test AUROC": 290, "Data": 110},
    **{"State": 125, "Date": 95},
}
"""In pixels; on a page of 800 the first two are seen whole, on one of 1440 the first four."""


def show_table(runs: Sequence[Run], default: str | None) -> list[Run]:
    """All runs; those that are ticked, in the order in which they were.

    Args:
        runs: At least one.
        default: The model with which the app opens.
    """
    key, places = _name_widget(runs), {run.name: place for place, run in enumerate(runs)}
    rows = [places[name] for name in read_ticks() if name in places]
    st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    st.dataframe(
        [describe_run(run, default) for run in runs],
        key=key,
        on_select=lambda: _note_ticks(key, runs),
        selection_mode="multi-row",
        hide_index=True,
        height=ROW_HEIGHT * (min(len(runs), MOST_ROWS) + 1) + 3,
        column_config=_configure_columns(),
        placeholder=frame.DASH,
        alt="A row a run: state, AUROCs, network, data, date",
    )
    return [runs[place] for place in rows]


def show_ticked(runs: Sequence[Run]) -> None:
    """The ticked runs as chips that can be removed, since a table may hide them below its fold."""
    if not runs:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Ticked", width="content")
        for place, run in enumerate(runs):
            st.button(
                f"{write_head(place, run)}  ✕",
                key=f"tick_{run.name}",
                help="Take the tick away",
                on_click=untick,
                args=(run.name,),
            )


def read_ticks() -> list[str]:
    """The names of the runs that the address ticks, each once."""
    return list(dict.fromkeys(st.query_params.get_all(TICKED)))


def find_chosen(runs: Sequence[Run]) -> Run:
    """The run of the model that the sidebar names, else the first."""
    model = st.session_state["choice"].model
    return next((run for run in runs if model is not None and run.name == model.id), runs[0])


def _note_ticks(key: str, runs: Sequence[Run]) -> None:
    """Put the ticks into the address; a new one comes last, so that A stays A."""
    names = [runs[place].name for place in sorted(st.session_state[key]["selection"]["rows"])]
    before = [name for name in read_ticks() if name in names]
    st.query_params[TICKED] = list(dict.fromkeys([*before, *names]))


def _name_widget(runs: Sequence[Run]) -> str:
    """Another key for other rows: ticks are kept by place."""
    names = "/".join(run.name for run in runs)
    return f"run_table_{hashlib.sha256(names.encode()).hexdigest()[:8]}"


def describe_run(run: Run, default: str | None) -> dict[str, Any]:
    """What the table says of a run."""
    told = run.to_json()
    shape = told["input_shape"]
    return {
        "Run": run.name,
        "Validation AUROC": describe_measured(run.validation),
        "Test AUROC": describe_test(run),
        "Data": run.dataset,
        "State": f"{run.state}, default" if run.name == default else run.state,
        "Date": run.date or None,
        "Architecture": told["architecture"],
        "Recipe": told["recipe"],
        "Parameters": told["parameters"],
        "Minutes": told["minutes"],
        "Input": " x ".join(map(str, shape)) or None,
        "Epochs": run.epochs or None,
    }


def describe_measured(measured: Measured) -> str:
    """The text 0.91 [0.86 to 0.95], 24 patients; a dash with its reason where undefined."""
    text = frame.estimate_text(dict(measured.estimate))
    if measured.estimate["value"] is None:
        return f"{text} {IN_SHORT.get(measured.reason, measured.reason)}".strip()
    if measured.patients:
        return f"{text}, {count(measured.patients, 'patient')}"
    return f"{text}, {count(measured.n, 'image')}" if measured.n else text


def describe_test(run: Run) -> str:
    """The AUROC on test images, with the dataset where it is not the run's own."""
    if not run.is_whole:
        return frame.DASH
    if not run.tests:
        return f"{frame.DASH} {IN_SHORT[NOT_TESTED]}"
    test = run.tests[0]
    own = test.dataset == run.dataset
    return describe_measured(test) + ("" if own else f", {test.dataset}")


def _configure_columns() -> dict[str, Any]:
    column = st.column_config
    states = "; ".join(f"{name}: {meaning}" for name, meaning in STATES.items())
    return {
        "Run": column.TextColumn(pinned=True, width=WIDTHS["Run"]),
        "State": column.TextColumn(
            width=WIDTHS["State"], help=f"{states}. The app opens with the default."
        ),
        "Validation AUROC": column.TextColumn(
            width=WIDTHS["Validation AUROC"],
            help="Of the last class against the rest, with its 95 % interval over patients. The "
            "best epoch was chosen on these images, which flatters.",
        ),
        "Test AUROC": column.TextColumn(
            width=WIDTHS["Test AUROC"],
            help=f"From evaluations that are kept; never computed here. A dash: {NOT_TESTED}.",
        ),
        "Input": column.TextColumn(help="Rows x columns x channels."),
        "Parameters": column.NumberColumn(format="localized"),
        "Minutes": column.NumberColumn(format="%.1f"),
        "Date": column.TextColumn(width=WIDTHS["Date"]),
        "Data": column.TextColumn(width=WIDTHS["Data"], help="What it was trained on."),
    }


def untick(name: str) -> None:
    """Take a run's tick away; only from a widget's callback."""
    left = [other for other in read_ticks() if other != name]
    if left:
        st.query_params[TICKED] = left
    elif TICKED in st.query_params:
        del st.query_params[TICKED]
