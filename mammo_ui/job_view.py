"""A background job as a page shows it: what it does, how far it is, how long it takes, Stop."""

import streamlit as st

from mammo_core.jobs import UNFINISHED, Job
from mammo_core.progress import tell_progress
from mammo_ui.frame import plain
from mammo_ui.job_watch import failure_of


def show_job(job: Job) -> None:
    """A job that runs or waits, renewing itself; the whole page is drawn anew once it has ended."""
    st.fragment(_draw, run_every=1)(job)


def tell_end(job: Job) -> None:
    """What became of a job that did not do what it was started for."""
    state = job.status().state
    if state == "stopped":
        st.info(f"{plain(job.description['title'])} was stopped. Nothing half-done is left.")
    failure = failure_of(job)
    if failure:
        st.error(f"**{plain(job.description['title'])} failed.** {plain(failure)}")


def _draw(job: Job) -> None:
    status = job.status()
    if status.state not in UNFINISHED:
        st.rerun()
    progress = status.progress
    done, total = int(progress.get("done", 0)), max(1, int(progress.get("total", 1)))
    doing = tell_progress(progress) or "Starting"
    if status.place:
        doing = f"Waiting, place {status.place} in the queue"
    st.markdown(f"**{plain(job.description['title'])}**")
    st.progress(min(1.0, done / total), text=plain(doing))
    if st.button("Stop", key=f"stop_{job.id}"):
        job.cancel()
        st.toast("It stops after the step that it is in.")
