"""What is done with many cases at once: tag them, say how far their review is, take them along."""

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, eq=False)
class Many:
    """The cases that are changed: the marked ones, else all that are chosen.

    Attributes:
        choice: Of model and data.
        selection: What is chosen.
        places: Of the chosen cases.
        marked: The ids of the marked images.
    """

    choice: Choice
    selection: Selection
    places: "Places"
    marked: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many cases there are."""
        return len(self.marked) or len(self.places)

    def image_ids(self) -> list[str]:
        """Their images."""
        return list(self.marked) or chosen_cases.image_ids(self.choice, self.places)


def offer_changes(many: Many) -> None:
    """What can be done with many cases, behind a button that tells how many."""
    with st.popover(f"Do with {many.n} {'marked' if many.marked else 'chosen'}"):
        fault = chosen_reviews.tell_fault()
        change: Change | None = st.session_state.get(PENDING)
        if fault is None:
            _offer_tag(many, waits=change is not None)
            _offer_status(many.n, waits=change is not None)
        else:
            st.warning(plain(fault))
        if change is not None:
            _ask(many, change)
        st.download_button(
            "Download the list (CSV)",
            lambda: chosen_cases.write_csv(many.choice, many.places, many.marked),
            file_name="cases.csv",
            mime="text/csv",
            key="bulk_csv",
            on_click="ignore",
        )


def _offer_tag(many: Many, *, waits: bool) -> None:
    """The tags; nothing can be chosen while a question waits for its answer."""
    known = chosen_reviews.known_tags(many.choice)
    tag = st.selectbox(
        "Tag", known, index=None, key="bulk_tag", accept_new_options=True,
        placeholder="Choose or write one", disabled=waits,
    )  # fmt: skip
    changes = (Change("tag", tag or "", ("Tag", f"with {tag}")),
               Change("untag", tag or "", ("Take", f"out of {tag}")))  # fmt: skip
    for place, title, change in zip(st.columns(2), ("Tag", "Untag"), changes, strict=True):
        place.button(
            f"{title} {many.n}", disabled=waits or not tag, on_click=_ask_first, args=(change,)
        )


def _offer_status(n: int, *, waits: bool) -> None:
    status = st.selectbox(
        "Review", list(REVIEW_STATUSES), index=None, key="bulk_status",
        format_func=REVIEW_STATUSES.get, placeholder="Choose one",
        disabled=waits,
    )  # fmt: skip
    title = REVIEW_STATUSES.get(status or "", "")
    change = Change("set_status", status or "", ("Set the review of", f"to {title}"))
    st.button(f"Set for {n}", disabled=waits or status is None, on_click=_ask_first, args=(change,))


def _ask(many: Many, change: Change) -> None:
    """The question before the change, where the button for it was."""
    with st.container(border=True, key="bulk_question"):
        st.markdown(f"**{plain(change.tell(many.n))}?** Nothing is written yet.")
        with st.container(horizontal=True):
            st.button(
                f"Yes, {many.n}", type="primary", key="bulk_yes", on_click=_carry_out,
                args=(many, change),
            )  # fmt: skip
            st.button("No", key="bulk_no", on_click=lambda: st.session_state.pop(PENDING, None))


def _ask_first(change: Change) -> None:
    st.session_state[PENDING] = change


def show_marked(many: Many) -> None:
    """What can be done with marks alone; what went wrong with a change."""
    if FAULT in st.session_state:
        st.error(plain(st.session_state.pop(FAULT)))
    if many.marked:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{count(many.n, 'image')} marked", width="content")
            st.button(f"Keep only these {many.n}", on_click=_keep_only, args=(many,))
            st.button("Unmark", type="tertiary", on_click=case_tiles.take_marks_off)


def _carry_out(many: Many, change: Change) -> None:
    st.session_state.pop(PENDING, None)
    save(change.method, str(many.choice.dataset), many.image_ids(), change.value)
    if FAULT not in st.session_state:
        st.toast(f"Done: {change.tell(many.n)}")


def _keep_only(many: Many) -> None:
    key = keep_set(f"{count(many.n, 'image')} marked by hand", many.marked)
    case_tiles.take_marks_off()
    state.write_selection(replace(many.selection, kept=key))
