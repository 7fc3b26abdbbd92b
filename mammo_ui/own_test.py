"""A model's own test set is looked at on purpose: the pages ask first, and count."""

from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.errors import MammoError
from mammo_core.seen_images import has_history, tell_seen
from mammo_core.test_looks import count_looks, is_own_test, note_look
from mammo_core.wording import count
from mammo_ui import library

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel
    from mammo_ui.state import Choice

LOOKED, MOVED, PAIR = "looked_at_tests", "split_was_moved", "model_and_dataset"


def stop_before_own_test(choice: "Choice") -> None:
    """End the page with a question where its numbers would be of the model's own test set.

    Asked once a browser session for each model and dataset.
    """
    if not holds_own_test(choice.model, choice.dataset, choice.split):
        return
    n = count_looks(choice.dataset).n
    if was_agreed_to(choice):
        st.caption(f"The model's own test set, looked at {count(n, 'time')} so far.")
        return
    st.info(
        f"This is the model's own test set; looked at {count(n, 'time')} so far. Whoever chooses "
        "models or settings by it makes its figures flatter. Look at it now?"
    )
    with st.container(horizontal=True):
        st.button("Look at the test set", on_click=_look, args=(choice,))
        st.button("Stay with validation", type="primary", on_click=_show_validation)
    st.stop()


def was_agreed_to(choice: "Choice") -> bool:
    """Whether this session was asked about the model's own test set and looked at it."""
    return (choice.model.id, choice.dataset) in st.session_state.get(LOOKED, ())


def tell_seen_images(choice: "Choice") -> str | None:
    """What to say where a model is shown on images that it, or what it began with, learned from."""
    if not has_history(choice.model):
        return None  # most models; their dataset need not be read for this
    return tell_seen(choice.model, library.require_dataset(choice.dataset), choice.split)


def holds_own_test(model: "StoredModel | None", dataset: str | None, split: str) -> bool:
    """Whether that split of the dataset holds the test patients that the model was spared."""
    if model is None or dataset is None:
        return False
    return is_own_test(model, library.read_card(dataset), split)


def settle_split(model: "StoredModel | None", dataset: str | None) -> None:
    """Begin with validation where the test set is the model's own, and go back with others.

    To be called before the split's widget is drawn. It changes something only where a model or
    dataset was newly chosen, and neither what the address asks for nor another split.
    """
    pair = (model and model.id, dataset)
    was_asked_for = PAIR not in st.session_state and "split" in st.query_params
    if was_asked_for or st.session_state.get(PAIR) == pair:
        st.session_state[PAIR] = pair
        return
    st.session_state[PAIR] = pair
    try:
        is_own = holds_own_test(model, dataset, "test")
    except MammoError:
        return  # the page that needs the dataset tells what is wrong with it
    chosen = st.session_state.get("split", "test")
    if is_own and chosen == "test":
        st.session_state["split"], st.session_state[MOVED] = "val", True
    elif not is_own and st.session_state.pop(MOVED, False) and chosen == "val":
        st.session_state["split"] = "test"


def _look(choice: "Choice") -> None:
    note_look(choice.model, library.read_card(choice.dataset), choice.split, "app")
    st.session_state.setdefault(LOOKED, set()).add((choice.model.id, choice.dataset))


def _show_validation() -> None:
    st.session_state["split"] = "val"
