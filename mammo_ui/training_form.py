"""The form of the Train page: what to run, four steps of settings with reasons, Start."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.errors import MammoError
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.duration import estimate_duration, find_dearest
from mammo_core.tuning.ranges import read_range
from mammo_core.verbs import VERBS
from mammo_ui import frame, library, state, training_data, training_jobs
from mammo_ui.sweep_ranges import check_ranges, find_ranges, varied_keys
from mammo_ui.training_fields import name_fields
from mammo_ui.training_start import check_name, start_task
from mammo_ui.training_steps import ask_settings, chosen_dataset
from mammo_ui.training_tasks import TASKS, Task, suggest_name

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

STARTED = "n_tasks_started"
EACH = {
    "tune": " at most for each trial",
    "cross-validate": " each training",
    "learning-curve": " at most for each training",
}
"""Of which of a verb's trainings the time is told."""
HOW_TO_MAKE = (
    "sample exams --patients 60 --seed 1",
    "index exams --out .mammo/datasets/exams",
)


def show_form(dataset: str | None) -> None:
    """The form that starts a job; a choice in it draws only the form anew.

    Args:
        dataset: The one to begin with, if it holds training images.
    """
    names = training_data.trainable_datasets()
    if names:
        st.fragment(_draw_form)(names, dataset if dataset in names else names[0])
    else:
        _tell_how_to_make_one()


def _tell_how_to_make_one() -> None:
    st.info("No dataset here has training images. Make synthetic exams to try with:")
    st.code("\n".join(f"python -m mammo_core {one}" for one in HOW_TO_MAKE), language="bash")
    if st.button("Add a dataset", type="primary"):
        state.open_page("data")


def _draw_form(names: Sequence[str], first: str) -> None:
    with st.container(key="train_form", gap=8):
        task, name, below_name = _choose_task()
        place = st.container(gap=8)
        with place:
            words = _ask_words(task, chosen_dataset(names, first))
        try:
            dataset, config = ask_settings(names, first, varied_keys(words or ()))
        except MammoError as error:
            st.error(frame.plain(error))
            return
        if config is not None and not _tell_ranges(words or (), config, place):
            words = None
        if config is not None and not _tell_name(task, dataset, name, config, below_name):
            words = None
        label = f"Start {task.title.lower()}"
        is_asked = st.button(
            label, type="primary", width="stretch", disabled=None in (config, words), key="start"
        )
        if config is not None:
            _tell_duration(task, dataset, config, words or ())
    if is_asked and config is not None and words is not None:
        frame.show_errors_of(_start, task, dataset, name, config, words)


def _choose_task() -> tuple[Task, str, "DeltaGenerator"]:
    """What to run, its name, and where to say what is wrong with the name."""
    left, right = st.columns(2)
    known = [verb for verb in TASKS if verb in VERBS]
    verb = left.selectbox(
        "What to run", known, format_func=lambda verb: TASKS[verb].title, key="task",
        persist_state="session", help=" ".join(TASKS[verb].says for verb in known),
    )  # fmt: skip
    folders = map(training_jobs.result_folder, training_jobs.training_jobs())
    suggested = suggest_name(TASKS[verb], frozenset(folder for folder in folders if folder))
    n_started = st.session_state.get(STARTED, 0)  # a name that was used is not asked for again
    name = right.text_input("Name", suggested, max_chars=40, key=f"name_{suggested}_{n_started}")
    return TASKS[verb], name, right


def _ask_words(task: Task, dataset: str) -> list[str] | None:
    """The task's own words; None where one is wrong, which is told in its place."""
    try:
        return task.ask(dataset)
    except MammoError as error:
        st.error(frame.plain(error))
        return None


def _tell_ranges(
    words: Sequence[str], config: TrainingConfiguration, place: "DeltaGenerator"
) -> bool:
    """Whether what a sweep varies works with the settings; told in its place where not."""
    try:
        check_ranges(words, config)
    except MammoError as error:
        place.error(frame.plain(name_fields(str(error))))
        return False
    return True


def _tell_name(
    task: Task, dataset: str, name: str, config: TrainingConfiguration, place: "DeltaGenerator"
) -> bool:
    """Whether the name can be used; told in its place where not."""
    try:
        check_name(task, dataset, name, config)
    except MammoError as error:
        place.error(frame.plain(error))
        return False
    return True


def _tell_duration(
    task: Task, dataset: str, config: TrainingConfiguration, words: Sequence[str]
) -> None:
    """How long it will take, where an earlier training of this kind tells."""
    dearest = find_dearest(config, dict(map(read_range, find_ranges(words))))
    if dearest is None:
        st.caption("How long a trial takes cannot be told: the network varies.")
        return
    counts = list(training_data.facts_of(dataset).train.values())
    trained = [model for model in library.list_models() if not model.is_table]
    newest_first = sorted(trained, key=lambda model: library.version_of(model.file), reverse=True)
    estimate = estimate_duration(dearest, counts, newest_first)
    if task.verb == "learning-rate" or estimate is None:
        return
    each = EACH.get(task.verb, "")
    minutes = estimate.seconds / 60
    told = f"{minutes:.0f} min" if minutes >= 1.5 else f"{estimate.seconds:.0f} s"
    st.caption(f"About {told}{each}, judging by {frame.plain(estimate.judged_by)}.")


def _start(
    task: Task, dataset: str, name: str, config: TrainingConfiguration, words: Sequence[str]
) -> None:
    training_jobs.show_in_address(start_task(task, dataset, name, config, words))
    st.session_state[STARTED] = st.session_state.get(STARTED, 0) + 1
    st.rerun()
