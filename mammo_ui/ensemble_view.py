"""Several models as one: chosen here, measured at once, kept as a model of their own."""

import streamlit as st

from mammo_core import jobs
from mammo_core.model_folders import check_new_name
from mammo_core.wording import count
from mammo_ui import chosen_cases, frame, job_watch, library, state

MEMBERS, NAME = "ensemble_members", "ensemble_name"


def chosen_members(choice: state.Choice) -> list[str]:
    """The models that are asked beside the chosen one; those that are there and fit."""
    there = list_fitting(choice)
    return [name for name in st.session_state.get(MEMBERS, []) if name in there]


def list_fitting(choice: state.Choice) -> list[str]:
    """The other models of the same classes that have predictions for the dataset."""
    return [
        name
        for name in chosen_cases.list_others(choice)
        if library.find_model(name).classes == choice.model.classes
    ]


def show_ensemble(choice: state.Choice) -> None:
    """Who is asked beside the chosen model, and a way to keep them together."""
    st.markdown("**Several models together**")
    there = list_fitting(choice)
    if not there:
        way = "predict it with one"
        if choice.model.is_table:
            way = "bring another table of the same images with this dataset (Models > Import)"
        st.caption(
            f"No other model of the same classes has predictions for this dataset: {way}, and "
            "where they contradict each other can be chosen above."
        )
        return
    st.multiselect(
        f"Models asked beside {choice.model.id}",
        there,
        key=MEMBERS,
        help="Their mean probabilities are an ensemble; where they disagree can be chosen above.",
    )
    members = chosen_members(choice)
    if members:
        frame.show_errors_of(_offer_keeping, choice, members)


def _offer_keeping(choice: state.Choice, members: list[str]) -> None:
    with st.form("ensemble"):
        name = st.text_input("Name of the ensemble", max_chars=64, key=NAME)
        if st.form_submit_button("Keep it as a model") and name:
            _start(choice, members, name.strip())
    _tell_last(choice, members)


def _start(choice: state.Choice, members: list[str], name: str) -> None:
    check_new_name(name)
    title = f"Join {count(1 + len(members), 'model')} to {name}"
    jobs.start_job(title, [*_arguments(choice, members), "--name", name])
    st.rerun()


def _arguments(choice: state.Choice, members: list[str]) -> list[str]:
    every = [str(choice.model.path), *(str(library.find_model(name).path) for name in members)]
    return ["ensemble", *every, "--dataset", str(library.dataset_path(choice.dataset))]


def _tell_last(choice: state.Choice, members: list[str]) -> None:
    """What became of the newest try with these members."""
    begun = _arguments(choice, members)
    tried = (job for job in jobs.list_jobs()[: job_watch.RECENT])
    last = next((one for one in tried if one.description["arguments"][: len(begun)] == begun), None)
    if last is None:
        return
    failure = job_watch.failure_of(last)
    if failure:
        st.error(frame.plain(f"The last try failed: {failure}"))
    elif last.state in jobs.UNFINISHED:
        st.caption("It is at work; the model appears in the sidebar when it is done.")
    else:
        st.caption(f"Kept as {frame.plain(last.description['arguments'][-1])}: see the sidebar.")
