"""How long an audit will take, told before it starts."""

from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.audit.options import AuditOptions
from mammo_core.errors import MammoError
from mammo_core.wording import count
from mammo_ui import audit_results, audit_tasks, library
from mammo_ui.waiting import wait_for
from mammo_ui.worker import WORKER

if TYPE_CHECKING:
    import pandas as pd

    from mammo_ui.state import Choice


def count_images(choice: "Choice") -> int:
    """How many images the chosen split has."""
    return len(list_rows(choice))


def tell_duration(choice: "Choice", options: AuditOptions) -> None:
    """About how many minutes it will take on this machine; may wait for the model to be timed."""
    n_images = min(options.limit or 0, count_images(choice))
    passes = _count_passes(choice, options)
    place = st.empty()
    about = f"{count(n_images, 'image')}, about {count(passes, 'forward pass')}"
    place.caption(f"{about}; timing the model …")
    pace = _find_pace(choice)
    if pace is None:
        place.caption(f"{about}; how long they take is told while they run. It can be stopped.")
        return
    place.caption(
        f"{about}: **{write_minutes(passes * pace)}** on this machine, longer while it is busy. "
        "It can be stopped."
    )


def write_minutes(seconds: float) -> str:
    """A duration in words, as coarse as an estimate is."""
    minutes = seconds / 60
    if minutes < 1:
        return "under a minute"
    if minutes < 90:
        return f"about {count(round(minutes), 'minute')}"
    return f"about {minutes / 60:.1f} hours"


def list_rows(choice: "Choice") -> "pd.DataFrame":
    """The index's rows of the chosen split."""
    index = library.require_dataset(choice.dataset).index
    return index if choice.split == "all" else index[index["split"] == choice.split]


def _count_passes(choice: "Choice", options: AuditOptions) -> int:
    version = library.version_of_dataset(library.dataset_path(choice.dataset))
    return _passes(choice.dataset, version, options, choice)


@st.cache_data(max_entries=32, show_spinner=False)
def _passes(dataset: str, version: int, options: AuditOptions, _choice: "Choice") -> int:
    from mammo_core.audit.duration import count_passes

    return count_passes(list_rows(_choice), options)


def _find_pace(choice: "Choice") -> float | None:
    """Seconds a pass as the worker times it, without one by an earlier audit; None without both."""
    if WORKER.status().state != "off":
        return _time_pass(choice.model.id, choice.model.sha256)
    paces = map(_measure_pace, audit_results.list_current(choice.model))
    return next(filter(None, paces), None)


def _measure_pace(audit: audit_results.Audit) -> float | None:
    """Seconds a pass in that audit; None where its table is damaged."""
    from mammo_core.audit.duration import measure_pace

    try:
        table = audit_results.read_table(audit)
    except MammoError:
        return None
    return measure_pace(zip(table["method"], table["seconds"], strict=True))


@st.cache_data(max_entries=16, show_spinner=False)
def _time_pass(model_id: str, sha256: str) -> float:
    return wait_for(WORKER.run, f"timing {model_id}", audit_tasks.time_pass, model_id)
