"""What the user says of the open case: tags, review status, note; saved with every change."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from mammo_core.errors import MammoError
from mammo_core.reviews import REVIEW_STATUSES
from mammo_ui import chosen_reviews
from mammo_ui.frame import plain
from mammo_ui.state import Choice

FAULT = "review_fault"
"""What could not be saved, told when the page is drawn next."""


def show_review(choice: Choice, image_id: str) -> None:
    """The review of an image, each part a widget that saves at once."""
    fault = chosen_reviews.tell_fault()
    if fault is not None:
        st.warning(plain(fault))
        return
    reviews = chosen_reviews.read(chosen_reviews.key_of(choice))
    said = chosen_reviews.describe(reviews, image_id)
    known = sorted({tag for review in reviews.values() for tag in review.tags})
    dataset = str(choice.dataset)
    _choose_status(dataset, image_id, said["status"])
    _choose_tags(dataset, image_id, said["tags"], known)
    _write_note(dataset, image_id, said["note"])
    if FAULT in st.session_state:
        st.error(plain(st.session_state.pop(FAULT)))


def _choose_status(dataset: str, image_id: str, status: str) -> None:
    key = f"status_{image_id}"
    st.session_state[key] = status
    st.selectbox(
        "Review",
        list(REVIEW_STATUSES),
        format_func=REVIEW_STATUSES.get,
        key=key,
        on_change=lambda: save("set_status", dataset, [image_id], st.session_state[key]),
    )


def _choose_tags(dataset: str, image_id: str, tags: tuple[str, ...], known: list[str]) -> None:
    key = f"tags_{image_id}"
    st.session_state[key] = list(tags)
    st.multiselect(
        "Tags",
        known,
        key=key,
        accept_new_options=True,
        placeholder="Choose or write one",
        on_change=lambda: _save_tags(dataset, image_id, set(tags), set(st.session_state[key])),
    )


def _save_tags(dataset: str, image_id: str, before: set[str], after: set[str]) -> None:
    for tag in sorted(after - before):
        save("tag", dataset, [image_id], tag)
    for tag in sorted(before - after):
        save("untag", dataset, [image_id], tag)


def _write_note(dataset: str, image_id: str, note: str) -> None:
    key = f"note_{image_id}"
    st.session_state[key] = note
    st.text_area(
        "Note",
        key=key,
        height=90,
        placeholder="Saved when you leave the field",
        on_change=lambda: save("write_note", dataset, [image_id], st.session_state[key]),
    )


def save(change: str, *arguments: Any) -> None:
    """Save one change; a fault is told instead of what it spoils."""
    from mammo_core.reviews.reviews import open_reviews

    try:
        write: Callable[..., int] = getattr(open_reviews(), change)
        write(*arguments)
    except MammoError as error:
        st.session_state[FAULT] = str(error)
