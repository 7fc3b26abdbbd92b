"""What can be done with a run on the Models page: choose, make default, export, check, delete."""

from pathlib import Path

import streamlit as st

from mammo_core import jobs, model_store
from mammo_core.errors import MammoError
from mammo_core.run import Run
from mammo_ui import frame, job_watch, library, reference_images, run_table, state


def show_actions(run: Run, default: str | None) -> None:
    """The buttons beside a run's name: only those that do something for it."""
    if run.is_whole:
        chosen = st.session_state["choice"].model
        if chosen is None or chosen.id != run.name:
            st.button(
                "Choose",
                on_click=state.choose_model,
                args=(run.name,),
                help="All pages then speak of this model.",
            )
        if run.name != default:
            st.button(
                "Make default",
                on_click=_make_default,
                args=(run.name,),
                help="The app then opens with this model.",
            )
        _offer_card(run)
    if run.is_whole and not run.is_table:
        reference_images.offer_references(model_store.read_model(run.path))
    if run.state == "imported" and not run.is_table:
        _offer_check(run)
    _offer_deletion(run)


def _make_default(name: str) -> None:
    try:
        model_store.make_default(name)
        st.toast(f"The app opens with {frame.plain(name)} from now on.")
    except MammoError as error:
        st.toast(frame.plain(error))


def _offer_card(run: Run) -> None:
    from mammo_core.model_card import render_card

    text = render_card(model_store.read_model(run.path))
    st.download_button("Card as Markdown", text, f"{run.name}.md", "text/markdown", "card_download")


def _offer_check(run: Run) -> None:
    """Whether an imported model's answers can be right at all; its card tells what was found."""
    datasets = library.dataset_names()
    if not datasets:
        return
    with st.popover("Check", help="Are its classes in the right order, its inputs as it learned?"):
        chosen = st.selectbox("On the labeled images of", datasets, key="check_on")
        offer_check_on(run.path, chosen, "Check it")
        st.caption("What is found stands on its card. No test image is looked at without need.")


def offer_check_on(model: Path, dataset: str, label: str) -> None:
    """A button that starts the check of a model on a dataset; while it runs, that it does."""
    arguments = ["plausibility", str(model), str(library.dataset_path(dataset))]
    last = job_watch.last_job(arguments)
    if last is not None and last.state in jobs.UNFINISHED:
        st.caption("It is being checked; the status corner shows how far it is.")
    elif st.button(label):
        jobs.start_job(f"Check {model.name} on {dataset}", arguments)
        st.rerun()


def _offer_deletion(run: Run) -> None:
    """Delete, behind the name that must be typed."""
    place = st.popover("Delete", type="tertiary", key=f"delete_{run.name}", on_change="rerun")
    if place.open:
        with place:
            frame.show_errors_of(ask_deletion, run)


def ask_deletion(run: Run) -> None:
    """What would go, the name to be typed, and the button.

    Raises:
        MammoError: Where the run cannot be deleted.
    """
    from mammo_core.adoption import describe_removal

    told = describe_removal(run.name)
    st.markdown(f"This deletes {frame.plain(told['what'])}. It cannot be taken back.")
    typed = st.text_input("Type its name to confirm", key=f"confirm_{run.name}")
    st.button(
        f"Delete {frame.plain(run.name)}",
        disabled=typed.strip() != run.name,
        on_click=_delete,
        args=(run.name,),
    )


def _delete(name: str) -> None:
    """Delete the run, and take it out of the address."""
    from mammo_core.adoption import remove_model

    try:
        remove_model(name)
    except MammoError as error:
        st.toast(frame.plain(error))
        return
    run_table.untick(name)
    left = library.list_models()
    if st.session_state.get("model") == name and left:
        state.choose_model(left[0].id)
    st.toast(f"{frame.plain(name)} is deleted.")
