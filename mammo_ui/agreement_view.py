"""The Agreement tab: which methods point to the same places of this image."""

from collections.abc import Sequence

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_ui import charts, cross_check_view, dear_work, frame
from mammo_ui.agreement_tasks import Pair, correlate_maps
from mammo_ui.explanation_choice import is_quick
from mammo_ui.overlay_store import Names, Subject, list_controls, read_drawn
from mammo_ui.worker import WORKER

READING = (
    "1: both maps put the places of this image in the same order; 0: their orders have nothing in "
    "common; -1: they are reversed; a dash: one of them says nothing (rank correlation of 20 x 16 "
    "cells, signs included). The last rows are controls, which know nothing of the model: only "
    "agreement above theirs counts. Methods of one family share their faults: agreement does not "
    "make them right."
)
BLUE_TO_RED = ["#2166ac", "#92c5de", "#f7f7f7", "#f4a582", "#b2182b"]
STRONG = 0.6
"""From this size on a cell is so dark that its number is written in white."""


def show_agreement(subject: Subject, methods: Sequence[str]) -> None:
    """How the methods agree with each other, and with the same ones of another library.

    Raises:
        MammoError: Where the maps cannot be made.
    """
    _show_matrix(subject, methods)
    cross_check_view.show_cross_check(subject)


def _show_matrix(subject: Subject, methods: Sequence[str]) -> None:
    """The chosen methods that are quick or were computed before, and the controls."""
    chosen = [name for name in methods if is_quick(name) or read_drawn(subject, name)]
    waiting = [METHODS[name].title for name in methods if name not in chosen]
    controls = [name for name in list_controls() if name not in chosen]
    versions = subject.model.sha256, subject.dataset.fingerprint
    pairs = _correlate(subject.names(), (*chosen, *controls), versions)
    if waiting:
        st.info(f"Not computed yet, see Explanations: {', '.join(waiting)}.")
    if not pairs:
        st.info("None of the chosen methods can explain this model. Choose others above.")
        return
    rows = [_row(pair) for pair in pairs]
    st.markdown(f"**{frame.plain(_tell(pairs, set(list_controls()), chosen))}**")
    titles = list(dict.fromkeys(row["method"] for row in rows))
    charts.show_chart(
        f"Agreement of the maps for {frame.plain(subject.target)}",
        _heat_table(titles),
        READING,
        rows,
        key="agreement",
    )


@st.cache_data(max_entries=64, show_spinner="Comparing the maps")
def _correlate(names: Names, methods: tuple[str, ...], versions: tuple[str, str]) -> Sequence[Pair]:
    """Kept by what the maps are made of; `versions` are the model's and the data's."""
    with dear_work.put_aside():
        return WORKER.run(f"comparing maps of {names[2]}", correlate_maps, names, methods)


def _row(pair: Pair) -> dict[str, str | float | None]:
    a, b, correlation = pair
    value = None if correlation is None else round(correlation, 4)
    return {"method": METHODS[a].title, "other": METHODS[b].title, "correlation": value}


def _tell(pairs: Sequence[Pair], controls: set[str], chosen: Sequence[str]) -> str:
    """Which two methods agree most and least."""
    known = [(r, a, b) for a, b, r in pairs if a < b and r is not None and not {a, b} & controls]
    n_chosen = len(set(chosen) - controls)
    if not known and n_chosen > 1:
        return (
            f"Fewer than two of the {n_chosen} chosen methods have a map of this image to compare."
        )
    if not known:
        return "Choose two methods or more above to see whether they agree."
    if len(known) == 1:
        r, a, b = known[0]
        return f"{METHODS[a].title} and {METHODS[b].title} agree by {r:.2f}."
    (low, *least), (high, *most) = min(known), max(known)
    first, second = (" and ".join(METHODS[name].title for name in two) for two in (most, least))
    return f"{first} agree most ({high:.2f}), {second} least ({low:.2f})."


def _heat_table(titles: Sequence[str]) -> charts.Spec:
    """Cells in the colors of signed maps, each with its number."""
    axis = {"title": None, "ticks": False, "domain": False, "labelLimit": 170}
    is_dark = f"datum.correlation !== null && abs(datum.correlation) >= {STRONG}"
    return {
        "height": 30 * len(titles) + 90,
        "encoding": {
            "x": {"field": "other", "type": "nominal", "sort": list(titles),
                  "axis": {**axis, "labelAngle": -40, "labelOverlap": False}},
            "y": {"field": "method", "type": "nominal", "sort": list(titles), "axis": axis},
            "tooltip": [{"field": "method"}, {"field": "other"},
                        {"field": "correlation", "format": ".3f"}],
        },
        "layer": [
            {"mark": {"type": "rect", "invalid": None},
             "encoding": {"color": {
                 "condition": {"test": "datum.correlation === null", "value": "#8b949e"},
                 "field": "correlation", "type": "quantitative", "legend": None,
                 "scale": {"domain": [-1, -0.5, 0, 0.5, 1], "range": BLUE_TO_RED}}}},
            {"mark": {"type": "text", "fontSize": 12},
             "transform": [{"calculate": "datum.correlation === null ? '\u2013' : "
                            "format(datum.correlation, '.2f')", "as": "told"}],
             "encoding": {"text": {"field": "told"},
                          "color": {"condition": {"test": is_dark, "value": "#ffffff"},
                                    "value": "#1a1a1a"}}},
        ],
    }  # fmt: skip
