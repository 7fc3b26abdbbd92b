"""The jobs of the Train page: which there are, which one is shown, queue and past as rows."""

import re
import time
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from mammo_core.errors import MammoError
from mammo_core.history import read_history
from mammo_core.jobs import LANES, Job, JobStatus, forget_job, list_jobs, resume_job
from mammo_core.progress import tell_progress
from mammo_core.training.best_epoch import find_model_epoch
from mammo_ui import frame
from mammo_ui.training_findings import find_in

JOB = "job"
"""The address's job that is shown."""
SHOWN = (JOB, "study", "experiment")
"""What the address may ask for, one at a time."""
ACTIVE = ("running", "waiting")
States = tuple[tuple[str, str], ...]
STATES = {
    "waiting": ("orange", "waiting"),
    "running": ("blue", "running"),
    "done": ("green", "done"),
    "stopped": ("gray", "stopped"),
    "failed": ("red", "failed"),
    "died": ("red", "died"),
}
STOP_HELP = "It ends after the step that it is in; Resume goes on from there."
RESUME_HELP = "The same command again; it goes on from its last whole epoch."
FORGET_HELP = "Takes it off this list; what it made stays."
FIRST_ROWS, KEPT, EVERY_S = 8, 200, 2
WIDTHS = (2.2, 3, 1.7)


def training_jobs() -> list[Job]:
    """All jobs of the lane "training", the newest first."""
    verbs = LANES["training"]
    return [job for job in list_jobs()[:KEPT] if job.description["arguments"][:1][0] in verbs]


def active_states() -> States:
    """The jobs that run or wait, each with its state: what changes when the queue moves."""
    states = ((job.id, job.state) for job in training_jobs())
    return tuple((job_id, state) for job_id, state in states if state in ACTIVE)


def is_active(job: Job) -> bool:
    """Whether the job runs or waits for its turn."""
    return job.state in ACTIVE


def result_folder(job: Job) -> Path | None:
    """The folder that the job writes its results into, None where it names none."""
    arguments = job.description["arguments"]
    return Path(arguments[arguments.index("--out") + 1]) if "--out" in arguments else None


def trained_folder(job: Job) -> Path | None:
    """The model folder of a single training, None for other jobs."""
    return result_folder(job) if job.description["arguments"][0] == "train" else None


def choose_job(jobs: Sequence[Job]) -> Job | None:
    """The job that the address names or its successor, else the running one, else the newest."""
    asked = st.query_params.get(JOB)
    by_id = {job.id: job for job in jobs}
    if asked in by_id:
        return next(job for job in jobs if is_same_result(job, by_id[asked]))
    running = next((job for job in jobs if job.state == "running"), None)
    return running or (jobs[0] if jobs else None)


def show_in_address(job: Job) -> None:
    """Show that job from now on; a link to the page shows the same."""
    leave_address()
    st.query_params[JOB] = job.id


def leave_address() -> None:
    """Ask for nothing in particular any more."""
    for key in SHOWN:
        if key in st.query_params:
            del st.query_params[key]


def resume(job: Job) -> None:
    """Start the very same command again and show it; only from a widget's callback."""
    try:
        show_in_address(resume_job(job))
    except MammoError as error:
        st.toast(frame.plain(error))


def forget(job: Job) -> None:
    """Take an ended job off the list; what it made stays. Only from a widget's callback.

    The jobs that it took up go with it.
    """
    if st.query_params.get(JOB) == job.id:
        del st.query_params[JOB]
    try:
        for one in [one for one in training_jobs() if is_same_result(one, job)]:
            forget_job(one)
    except MammoError as error:
        st.toast(frame.plain(error))


def show_jobs(jobs: Sequence[Job], shown: Job | None) -> None:
    """The queue, then the past jobs, a row for each result; the newest come first."""
    st.subheader("Queue and past jobs", anchor=False)
    newest = newest_of_each(jobs)
    active = [job for job in newest if is_active(job)]
    past = [job for job in newest if job not in active]
    n_rows = st.session_state.get("job_rows", FIRST_ROWS)
    for job in [*sorted(active, key=lambda one: one.id), *past[:n_rows]]:
        _show_row(job, is_shown=shown is not None and is_same_result(job, shown))
    if len(past) > n_rows:
        st.button(f"Show {len(past) - n_rows} more", on_click=_show_all, key="more_jobs")


def newest_of_each(jobs: Sequence[Job]) -> list[Job]:
    """The jobs without those that a later one into the same place has taken up.

    Args:
        jobs: The newest first.
    """
    seen: set[Path] = set()
    newest = []
    for job in jobs:
        folder = result_folder(job)
        if folder is None or folder not in seen:
            newest.append(job)
        if folder is not None:
            seen.add(folder)
    return newest


def is_same_result(job: Job, other: Job) -> bool:
    """Whether both are the same job or write into the same place."""
    folder = result_folder(job)
    return job == other or (folder is not None and folder == result_folder(other))


def _show_all() -> None:
    st.session_state["job_rows"] = KEPT


def _show_row(job: Job, *, is_shown: bool) -> None:
    told, status = job.description, job.status()
    color, words = STATES[status.state]
    head, found, actions = st.columns(WIDTHS, vertical_alignment="center")
    with head.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            f"**{frame.plain(told['title'])}** ◀" if is_shown else frame.plain(told["title"]),
            key=f"show_{job.id}",
            type="tertiary",
            help="Show it above",
            on_click=show_in_address,
            args=(job,),
        )
        st.badge(f"place {status.place}" if status.place else words, color=color)
    with found:
        st.fragment(_tell_found, run_every=EVERY_S if status.state == "running" else None)(job)
    with actions.container(horizontal=True, gap="small"):
        offer_actions(job, status, where="row")


def _tell_found(job: Job) -> None:
    """When it began, what it found and what it says last."""
    began = time.strftime("%d %b %H:%M", time.localtime(job.description["created"]))
    facts = " · ".join(filter(None, (began, find_result(job))))
    said = filter(None, (facts, last_word(job.status())))
    st.caption("  \n".join(map(frame.plain, said)))


def offer_actions(job: Job, status: JobStatus, *, where: str) -> None:
    """The buttons that a job in that state has."""
    key = f"{where}_{job.id}"
    if status.state == "running":
        st.button("Stop", key=f"stop_{key}", on_click=job.cancel, help=STOP_HELP)
    elif status.state == "waiting":
        st.button("Cancel", key=f"cancel_{key}", on_click=job.cancel)
    else:
        if status.state != "done":
            st.button("Resume", key=f"resume_{key}", on_click=resume, args=(job,), help=RESUME_HELP)
        if where == "row":
            st.button("Forget", key=f"forget_{key}", on_click=forget, args=(job,), help=FORGET_HELP)


def best_epoch_text(job: Job) -> str:
    """The best epoch of a training with its AUROC, a dash where none is known."""
    folder = result_folder(job)
    rows = read_history(folder) if folder else []
    best = find_model_epoch(rows)
    if best is None:
        return frame.DASH
    return f"best epoch {best} of {len(rows)}, AUROC {rows[best - 1]['val_auroc']:.2f}"


def find_result(job: Job) -> str:
    """The main number of what a job found, empty where it has none yet."""
    verb, folder = job.description["arguments"][0], result_folder(job)
    if verb == "train" or folder is None:
        return best_epoch_text(job)
    return find_in(verb, folder)


def last_word(status: JobStatus) -> str:
    """What a job says last, without the digits that nobody reads; nothing once it is done."""
    progress = status.progress
    if status.state in ("done", "waiting"):
        return ""
    if status.state == "running":
        return tell_progress(progress) or "Starting"
    return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.3g}", status.message)
