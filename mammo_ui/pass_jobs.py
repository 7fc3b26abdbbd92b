"""Several passes over each image: what there is, and starting what is not."""

import streamlit as st

from mammo_core import jobs
from mammo_core.uncertainty import PASS_METHODS
from mammo_core.wording import count
from mammo_ui import doubts, frame, job_watch, library, state


def show_passes(choice: state.Choice) -> None:
    """A column a method: how often it asked, or a button that lets it ask."""
    st.markdown("**Several passes over each image**")
    if choice.model.is_table:
        st.caption("A table of predictions has no network that could be asked again.")
        return
    there = doubts.find_passes(choice)
    for column, (name, method) in zip(
        st.columns(len(PASS_METHODS)), PASS_METHODS.items(), strict=True
    ):
        with column:
            st.markdown(f"{method.title}: {method.does}", help=method.reference)
            if name in there:
                told = count(there[name].passes, "pass")
                st.caption(
                    f"{told} over each image (seed {there[name].seed}): choose it "
                    "in **Least sure by**."
                )
            else:
                _offer(choice, name)


def _offer(choice: state.Choice, method: str) -> None:
    arguments = [
        "uncertainty",
        str(choice.model.path),
        str(library.dataset_path(choice.dataset)),
        "--method",
        method,
    ]
    last = job_watch.last_job(arguments)
    if last and last.state in jobs.UNFINISHED:
        st.caption("It is at work; the status corner shows how far it is.")
        return
    failure = job_watch.failure_of(last) if last else None
    if failure:
        st.error(frame.plain(f"The last try failed: {failure}"))
    if st.button("Ask the model again", key=f"passes_{method}"):
        title = f"{PASS_METHODS[method].title} of {choice.model.id} on {choice.dataset}"
        jobs.start_job(title, arguments)
        st.rerun()
    st.caption("20 passes over each image, in the background.")
