"""The status corner: how the worker and the running jobs stand, and which jobs failed."""

import streamlit as st

from mammo_core import jobs
from mammo_core.progress import tell_progress
from mammo_ui.frame import plain
from mammo_ui.job_watch import RECENT, active_jobs, failure_of, running_jobs
from mammo_ui.worker import WORKER

LIGHTS = {"off": "gray", "warming": "orange", "busy": "blue", "ready": "green"}
WATCHED, UNREAD = "watched_jobs", "unread_failures"


def show_status_corner() -> None:
    """The worker's and the jobs' state at the sidebar's foot, renewed while it moves."""
    _note_ends()
    is_moving = WORKER.status().state in ("warming", "busy") or bool(st.session_state[WATCHED])
    with st.sidebar:
        _show_failures()
        st.fragment(_draw_status, run_every=2 if is_moving else None)()


def _note_ends() -> bool:
    """Whether a job has ended since the last look; a failed one is kept until it is read."""
    active = {job.id for job in active_jobs()}
    ended = st.session_state.get(WATCHED, set()) - active
    st.session_state[WATCHED] = active
    failures = st.session_state.setdefault(UNREAD, {})
    for job in jobs.list_jobs()[:RECENT]:
        reason = failure_of(job) if job.id in ended else None
        if reason:
            failures[job.id] = f"{job.description['title']} failed: {reason}"
    return bool(ended)


def _show_failures() -> None:
    failures = st.session_state[UNREAD]
    for job_id, text in list(failures.items()):
        st.error(plain(text))
        st.button("I have read it", key=f"read_{job_id}", on_click=failures.pop, args=(job_id,))


def _draw_status() -> None:
    if _note_ends():
        st.rerun()  # the page may show now what the job made
    status = WORKER.status()
    doing = f": {status.doing}" if status.doing else ""
    st.badge(f"Models {status.state}{plain(doing)}", color=LIGHTS[status.state])
    if status.message:
        st.caption(plain(status.message))
    for job in running_jobs():
        progress = job.status().progress
        done, total = int(progress.get("done", 0)), max(1, int(progress.get("total", 1)))
        text = f"{job.description['title']}: {tell_progress(progress) or 'starting'}"
        st.progress(min(1.0, done / total), text=plain(text))
    n_waiting = sum(job.state == "waiting" for job in active_jobs())
    if n_waiting:
        st.caption(f"{n_waiting} {'waits' if n_waiting == 1 else 'wait'} in the queue")
