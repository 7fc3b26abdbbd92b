"""What is done with many cases at once: tag them, say how far their review is, take them along."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from mammo_core.image_sets import keep_set
from mammo_core.reviews import REVIEW_STATUSES
from mammo_core.wording import count
from mammo_ui import case_tiles, chosen_cases, chosen_reviews, state
from mammo_ui.frame import plain
from mammo_ui.review_panel import FAULT, save
from mammo_ui.state import Choice, Selection

if TYPE_CHECKING:
    from mammo_ui.chosen_cases import Places

PENDING = "bulk_pending"
"""The change that waits for its confirmation."""


class Change(NamedTuple):
    """A change of many reviews.

    Attributes:
        method: Of `Reviews`.
        value: The tag or the status.
        says: What it does, before and after how many images: ("Tag", "with clip").
    """

    method: str
    value: str
    says: tuple[str, str]

    def tell(self, n: int) -> str:
        """The change in words."""
        return f"{self.says[0]} {count(n, 'image')} {self.says[1]}"


def show_bulk(
    choice: Choice, selection: Selection, places: "Places", marked: tuple[str, ...]
) -> None:
    """Offer what can be done with the marked cases, else with all that are chosen."""
    image_ids = list(marked) if marked else None
    n = len(marked) or len(places)
    whose = "marked" if marked else "chosen"
    with st.popover(f"Do with the {n} {whose}"):
        _offer_changes(choice, n)
        _offer_download(choice, places, image_ids)
    if marked:
        st.button(f"Keep only these {n}", on_click=_keep_only, args=(selection, marked))
        st.button("Unmark", type="tertiary", on_click=case_tiles.take_marks_off)
    _confirm(choice, n, places, image_ids)


def _offer_changes(choice: Choice, n: int) -> None:
    fault = chosen_reviews.tell_fault()
    if fault is not None:
        st.warning(plain(fault))
        return
    known = chosen_reviews.known_tags(choice)
    tag = st.selectbox("Tag", known, index=None, key="bulk_tag", accept_new_options=True,
                       placeholder="Choose or write one")  # fmt: skip
    left, right = st.columns(2)
    for place, method, says in ((left, "tag", ("Tag", "with")), (right, "untag", ("Untag", "of"))):
        change = Change(method, tag or "", (says[0], f"{says[1]} {tag}"))
        place.button(f"{says[0]} {n}", disabled=not tag, on_click=_ask_first, args=(change,))
    status = st.selectbox("Review", list(REVIEW_STATUSES), index=None, key="bulk_status",
                          format_func=REVIEW_STATUSES.get, placeholder="Choose one")  # fmt: skip
    change = Change("set_status", status or "", ("Call", REVIEW_STATUSES.get(status or "", "")))
    st.button(f"Set it for {n}", disabled=status is None, on_click=_ask_first, args=(change,))


def _offer_download(choice: Choice, places: "Places", image_ids: list[str] | None) -> None:
    st.download_button(
        "Download the list (CSV)",
        lambda: chosen_cases.write_csv(choice, places, image_ids),
        file_name="cases.csv",
        mime="text/csv",
        key="bulk_csv",
        on_click="ignore",
    )


def _ask_first(change: Change) -> None:
    st.session_state[PENDING] = change


def _confirm(choice: Choice, n: int, places: "Places", image_ids: list[str] | None) -> None:
    """Ask before many reviews change; tell what became of it."""
    if FAULT in st.session_state:
        st.error(plain(st.session_state.pop(FAULT)))
    change = st.session_state.get(PENDING)
    if change is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"**{plain(change.tell(n))}?**", width="content")
        st.button(f"Yes, {n}", type="primary", on_click=_carry_out,
                  args=(choice, change, places, image_ids))  # fmt: skip
        st.button("No", on_click=lambda: st.session_state.pop(PENDING, None))


def _carry_out(
    choice: Choice, change: Change, places: "Places", image_ids: list[str] | None
) -> None:
    st.session_state.pop(PENDING, None)
    ids = chosen_cases.image_ids(choice, places) if image_ids is None else image_ids
    save(change.method, str(choice.dataset), ids, change.value)
    if FAULT not in st.session_state:
        st.toast(f"Done: {change.tell(len(ids))}")


def _keep_only(selection: Selection, marked: tuple[str, ...]) -> None:
    key = keep_set(f"{count(len(marked), 'image')} marked by hand", marked)
    case_tiles.take_marks_off()
    state.write_selection(replace(selection, kept=key))
