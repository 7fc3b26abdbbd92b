"""Sweeps and experiments that the command line made, without a job of this page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from mammo_core.experiments.record import experiments_folder
from mammo_core.jobs import Job
from mammo_core.studies import studies_folder
from mammo_ui import frame, training_jobs
from mammo_ui.experiments import list_experiments, show_titled
from mammo_ui.sweeps import list_studies, show_study

MOST = 12


@dataclass(frozen=True)
class Kind:
    """A kind of results that a job may or may not stand behind.

    Attributes:
        title: What a person calls it.
        folder: Where they lie.
        names: Those there are, the newest first.
        show: Draws the one of that name.
    """

    title: str
    folder: Callable[[], Path]
    names: Callable[[], list[str]]
    show: Callable[[str], None]


KINDS = {
    "study": Kind("Sweep", studies_folder, list_studies, show_study),
    "experiment": Kind("Experiment", experiments_folder, list_experiments, show_titled),
}
"""By the parameter of the address that names one."""


def asked_for() -> tuple[str, str] | None:
    """(kind, name) that the address names, None where it names none that is there."""
    asked = ((key, st.query_params.get(key)) for key in KINDS)
    return next(((key, name) for key, name in asked if name in KINDS[key].names()), None)


def show_one(key: str, name: str) -> None:
    """The results of that kind and name as they stand."""
    st.fragment(frame.show_errors_of)(KINDS[key].show, name)


def offer_others(jobs: Sequence[Job]) -> None:
    """A button for each that has no job here; nothing where there is none."""
    covered = {training_jobs.result_folder(job) for job in jobs}
    others = [
        (key, name)
        for key, kind in KINDS.items()
        for name in kind.names()
        if kind.folder() / name not in covered
    ]
    if not others:
        return
    st.caption("From the command line:")
    with st.container(horizontal=True, gap="small"):
        for key, name in others[:MOST]:
            st.button(
                f"{KINDS[key].title} {frame.plain(name)}",
                key=f"show_{key}_{name}",
                type="tertiary",
                on_click=_show_in_address,
                args=(key, name),
            )


def _show_in_address(key: str, name: str) -> None:
    training_jobs.leave_address()
    st.query_params[key] = name
