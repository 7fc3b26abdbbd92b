"""Which model is compared with the sidebar's, from which score it calls, and on which images."""

from dataclasses import replace

import streamlit as st

from mammo_core.model_store import StoredModel
from mammo_core.wording import count
from mammo_ui import compared, frame, library, state

OTHER, THRESHOLD, OVERLAP = "b", "threshold_b", "overlap"
"""What the address keeps."""


def choose_other(choice: state.Choice) -> state.Choice:
    """The same choice with model B in the place of A; ends the page where there is no other."""
    others = list_comparable(choice)
    was_run = [library.has_predictions(model, choice.dataset) for model in others]
    names = [model.id for model in others]
    if not names:
        _stop_without_other(choice)
    _drop_unknown(names)
    chosen, calls, swap = st.columns([2, 2, 1], vertical_alignment="bottom")
    name = chosen.selectbox(
        f"B, held against A = {frame.plain(choice.model.id)}",
        names,
        index=was_run.index(True) if True in was_run else 0,
        key=OTHER,
        bind="query-params",
        persist_state="session",
        on_change=_take_threshold,
    )
    model = library.find_model(name)
    threshold = calls.slider(
        "B calls a case from this probability on (A: in the sidebar)", 0.0, 1.0, model.threshold,
        0.01, key=THRESHOLD, bind="query-params", persist_state="session",
    )  # fmt: skip
    swap.button("Swap A and B", on_click=_swap, args=(choice, name), width="stretch")
    return replace(choice, model=model, threshold=threshold)


def list_comparable(choice: state.Choice) -> list[StoredModel]:
    """The other models of A's classes that were run on its dataset, or that can be.

    Args:
        choice: Of model A.
    """
    has_pictures = library.read_card(choice.dataset).has_pictures
    return [
        model
        for model in library.list_models()
        if model.id != choice.model.id
        and model.classes == choice.model.classes
        and (
            library.has_predictions(model, choice.dataset) or (has_pictures and not model.is_table)
        )
    ]


def _stop_without_other(choice: state.Choice) -> None:
    """End the page with what to do where nothing can be held against A."""
    classes, dataset = frame.plain(", ".join(choice.model.classes)), frame.plain(choice.dataset)
    why = f"There is no other model of the classes {classes} to compare with on {dataset}."
    has_pictures = library.read_card(choice.dataset).has_pictures
    if has_pictures:
        st.info(f"{why} Train or import one.")
    else:
        st.info(f"{why} It has no pictures to run one on: bring a second table of its images.")
        st.code(
            f"python -m mammo_core adopt-table second.csv --name second --dataset {choice.dataset}",
            language="bash",
        )
    with st.container(horizontal=True):
        if has_pictures and st.button("Train a model", type="primary"):
            state.open_page("train")
        if has_pictures and st.button("Import a model"):
            state.open_page("models", part="Import a model")
        if not has_pictures and st.button("Bring a table", type="primary"):
            state.open_page("models", part="Import a model", bring="A table of predictions")
    st.stop()


def _drop_unknown(names: list[str]) -> None:
    """Forget a model B that is gone, or that has become A."""
    asked = st.session_state.get(OTHER, st.query_params.get(OTHER))
    if asked is None or asked in names:
        return
    st.session_state.pop(OTHER, None)
    st.session_state.pop(THRESHOLD, None)
    if asked == st.session_state["choice"].model.id:
        return
    is_here = asked in {model.id for model in library.list_models()}
    why = f"{asked} cannot be compared here" if is_here else f"No model '{asked}' is here"
    st.warning(frame.plain(f"{why}; another one is compared."))


def _take_threshold() -> None:
    st.session_state[THRESHOLD] = library.find_model(st.session_state[OTHER]).threshold


def _swap(choice: state.Choice, name: str) -> None:
    threshold = st.session_state[THRESHOLD]
    state.choose_model(name)
    state.set_threshold(threshold)
    st.session_state[OTHER], st.session_state[THRESHOLD] = choice.model.id, choice.threshold


def match_images(choice: state.Choice, other: state.Choice) -> compared.PairRows:
    """The rows of both; ends the page where they hold other images and the overlap isn't asked for.

    Args:
        choice: Of model A.
        other: Of model B.
    """
    rows = compared.pair_rows(choice, other)
    shared = compared.count_shared(rows)
    if shared.are_same:
        return rows
    st.warning(
        f"These are not the same images: A has predictions of {count(shared.a, 'image')} of this "
        f"split, B of {count(shared.b, 'image')}; {count(shared.both, 'image')} are in both."
    )
    if not shared.both:
        st.stop()
    label = f"Compare them on the {count(shared.both, 'image')} that both hold"
    if not st.checkbox(label, key=OVERLAP, bind="query-params", persist_state="session"):
        st.stop()
    return rows._replace(overlap=True)
