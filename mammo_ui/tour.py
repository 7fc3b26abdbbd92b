"""A walk through five pages with a sentence each, for whoever sees the app for the first time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mammo_ui import chosen_cases, frame, state
from mammo_ui.state import Choice, Selection

STOP = "tour"
"""The address's parameter: which stop is shown, counted from 1."""


@dataclass(frozen=True)
class Stop:
    """A page of the tour.

    Attributes:
        page: Of pages/.
        words: What to look at there; `{positive}` is the most severe class.
        find: The further parameters of its address.
    """

    page: str
    words: str
    find: Callable[[Choice], Mapping[str, Any]] = lambda _choice: {}


def _most_severe(choice: Choice, sort: str) -> Selection:
    return Selection(facets={"true": (choice.model.classes[-1],)}, sort=sort)


def _surest_call(choice: Choice) -> dict[str, Any]:
    """The image of the most severe class that the model is surest of."""
    selection = _most_severe(choice, "score")
    first = chosen_cases.first_case(choice, selection)
    return {"case": first, **selection.to_query()} if first else {}


STOPS = (
    Stop(
        "overview",
        "How good is it? Each number comes with the interval that its patients allow, and each "
        "cell of the matrix opens its cases.",
    ),
    Stop(
        "evaluate",
        "For whom, and from which threshold on? Move the threshold in the sidebar and every "
        "number moves; the tabs tell of calibration, subgroups and doubt.",
    ),
    Stop(
        "cases",
        "These are the cases whose truth is {positive}, the most wrong ones first. The rail on the "
        "left filters them, and a click opens one.",
        lambda choice: _most_severe(choice, "loss").to_query(),
    ),
    Stop(
        "case",
        "Why did it say so? Explanations of one call side by side, each with what this case gives "
        "to believe of it. Under Erase, take a region away and ask again.",
        _surest_call,
    ),
    Stop(
        "audit",
        "Which explanation deserves belief for this model, and does it look at the breast at all? "
        "Each method is held against maps that know nothing of the model.",
    ),
)


def offer() -> None:
    """A button that begins the tour, unless one is on."""
    choice = st.session_state["choice"]
    if not choice.model or choice.model.is_table or STOP in st.query_params:
        return
    if st.button("Tour", icon=":material/tour:", help="Five stops with a sentence each."):
        _go_to(1)


def show_stop(page: str) -> None:
    """What to look at on this page, with the way on, where the address says that it is a stop.

    Args:
        page: Of pages/, the one that is shown.
    """
    number = _read_number()
    choice = st.session_state["choice"]
    if number is None or STOPS[number - 1].page != page or choice.model is None:
        return
    words = STOPS[number - 1].words.format(positive=frame.plain(choice.model.classes[-1]))
    with st.container(key=STOP, border=True):
        told, ways = st.columns([3, 1], vertical_alignment="center")
        told.markdown(f"**Tour, {number} of {len(STOPS)}.** {words}")
        with ways, st.container(horizontal=True, horizontal_alignment="right", gap="small"):
            _show_ways(page, number)


def _show_ways(page: str, number: int) -> None:
    if number < len(STOPS) and st.button("End", type="tertiary", key="tour_end"):
        state.open_page(page)
    if st.button("Back", disabled=number == 1, key="tour_back"):
        _go_to(number - 1)
    if number == len(STOPS):
        if st.button("Done", type="primary", key="tour_done"):
            state.open_page(STOPS[0].page)
    elif st.button("Go on", type="primary", key="tour_on"):
        _go_to(number + 1)


def _read_number() -> int | None:
    text = st.query_params.get(STOP, "")
    known = [str(number) for number in range(1, len(STOPS) + 1)]
    return int(text) if text in known else None


def _go_to(number: int) -> None:
    stop = STOPS[number - 1]
    query = stop.find(st.session_state["choice"])
    state.open_page(stop.page, **{STOP: str(number)}, **query)
