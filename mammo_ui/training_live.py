"""How a job of the Train page stands: what it does, how far it is, what it found so far."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from mammo_core.jobs import Job, JobStatus
from mammo_core.progress import tell_progress
from mammo_ui import frame, state
from mammo_ui.experiments import show_experiment
from mammo_ui.learning_curves import show_history
from mammo_ui.learning_rate_curve import show_rates
from mammo_ui.sweeps import show_study
from mammo_ui.training_jobs import (
    STATES,
    States,
    active_states,
    offer_actions,
    result_folder,
    trained_folder,
)

EVERY_S = 2
NOT_YET = "Starting; the curves begin with the first whole epoch"


def show_job(job: Job) -> None:
    """The job's state and results; renews itself while any training runs or waits."""
    states = active_states()
    st.fragment(_draw_live, run_every=EVERY_S if states else None)(job, states)


def _draw_live(job: Job, states_before: States) -> None:
    if active_states() != states_before:
        st.rerun()  # a whole run shows the new queue, and a new model in the sidebar
    status = job.status()
    _show_head(job, status)
    _show_progress(status)
    verb, place = job.description["arguments"][0], result_folder(job)
    if verb in VIEWS and place is not None and status.state != "waiting":
        frame.show_errors_of(VIEWS[verb], place)


def _show_experiment(folder: Path) -> None:
    show_experiment(folder.name)


def _show_sweep(folder: Path) -> None:
    if (folder / "study.json").exists():
        show_study(folder.name)


VIEWS: dict[str, Callable[[Path], None]] = {
    "train": show_history,
    "cross-validate": _show_experiment,
    "learning-curve": _show_experiment,
    "learning-rate": show_rates,
    "tune": _show_sweep,
}
"""What shows the results of a verb from the place that it writes them to, also before its end."""


def _show_head(job: Job, status: JobStatus) -> None:
    color, words = STATES[status.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{frame.plain(job.description['title'])}**", width="content")
        st.badge(words, color=color)
        offer_actions(job, status, where="head")
        if status.state == "done" and trained_folder(job):
            _offer_card(trained_folder(job).name)
        log = st.popover("Log", type="tertiary", key=f"log_{job.id}", on_change="rerun")
        if log.open:
            log.code(job.log(8000) or "empty", language=None)


def _offer_card(model: str) -> None:
    if st.button("Open in Models", key=f"card_{model}"):
        state.open_page("models", runs=model)


def _show_progress(status: JobStatus) -> None:
    progress = status.progress
    if status.state == "running":
        done, total = int(progress.get("done", 0)), max(1, int(progress.get("total", 1)))
        text = tell_progress(progress) or NOT_YET
        st.progress(min(1.0, done / total), text=frame.plain(text))
    elif status.state == "waiting":
        st.info(f"Place {status.place} in the queue: it begins when those before it have ended.")
    elif status.state in ("failed", "died"):
        st.error(frame.plain(status.message or "It ended without a word; Resume goes on."))
