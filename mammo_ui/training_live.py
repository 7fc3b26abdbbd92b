"""How a job of the Train page stands: what it does, how far it is, what it found so far."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from mammo_core.jobs import Job, JobStatus
from mammo_core.progress import time_left
from mammo_ui import frame
from mammo_ui.experiments import show_experiment
from mammo_ui.learning_curves import show_history
from mammo_ui.sweeps import show_study
from mammo_ui.training_jobs import ACTIVE, STATES, offer_actions, result_folder

EVERY_S = 2


def show_job(job: Job) -> None:
    """The job's state and results; renews itself while it runs or waits."""
    is_active = job.state in ACTIVE
    st.fragment(_draw_live, run_every=EVERY_S if is_active else None)(job, is_active)


def _draw_live(job: Job, was_active: bool) -> None:
    status = job.status()
    _show_head(job, status)
    _show_progress(status)
    show_results(job)
    if was_active and status.state not in ACTIVE:
        st.rerun()  # a whole run ends the renewing and shows the new model in the sidebar


def _show_head(job: Job, status: JobStatus) -> None:
    color, words = STATES[status.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{frame.plain(job.description['title'])}**", width="content")
        st.badge(words, color=color)
        offer_actions(job, status, where="head")
        log = st.popover("Log", type="tertiary", key=f"log_{job.id}", on_change="rerun")
        if log.open:
            log.code(job.log(8000) or "empty", language=None)


def _show_progress(status: JobStatus) -> None:
    progress = status.progress
    if status.state == "running":
        done, total = int(progress.get("done", 0)), max(1, int(progress.get("total", 1)))
        left = time_left(done, total, float(progress.get("seconds", 0)))
        doing = progress.get("doing", "Starting; the curves begin with the first whole epoch")
        text = f"{doing}: {done} of {total}{left}" if progress else doing
        st.progress(min(1.0, done / total), text=frame.plain(text))
    elif status.state == "waiting":
        st.info(f"Place {status.place} in the queue: it begins when those before it have ended.")
    elif status.state in ("failed", "died"):
        st.error(
            frame.plain(status.message or "It left no word; Resume goes on from its last epoch.")
        )


def show_results(job: Job) -> None:
    """What the job has written so far."""
    folder = result_folder(job)
    verb = job.description["arguments"][0]
    if folder is not None and verb in VIEWS:
        frame.show_errors_of(VIEWS[verb], folder)


VIEWS: dict[str, Callable[[Path], None]] = {
    "train": show_history,
    "cross-validate": lambda folder: show_experiment(folder.name),
    "learning-curve": lambda folder: show_experiment(folder.name),
    "tune": lambda folder: show_study(folder.name),
}
