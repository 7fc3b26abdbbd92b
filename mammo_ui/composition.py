"""The Data page's tab Composition: each label by split, view, side and the other facts."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from mammo_core.datasets.composition import UNLABELED
from mammo_ui import charts, frame, inventory
from mammo_ui.inventory import COMPOSED_OF
from mammo_ui.theme import MUTED, class_colors

Counted = Mapping[str, Sequence[dict[str, Any]]]
UNITS = {"count": "Images", "share": "Shares"}
READING = "A bar is the images of one value, colored by label; behind it stands their number."
READING_OF_SHARES = "Where bars differ, this fact alone tells something about the label."
COLUMNS = 3


def show_composition(name: str, classes: Sequence[str]) -> None:
    """The label by each fact that the dataset knows."""
    found = inventory.count_labels(name)
    counted = {column: found.get(column, []) for column in COMPOSED_OF}
    colors = {**class_colors(classes), UNLABELED: MUTED}
    told = classes[-1] if classes else UNLABELED
    with st.container(horizontal=True, vertical_alignment="center"):
        as_shares = _choose_unit()
        _show_legend(inventory.count_all(name), colors)
    telling = {column: rows for column, rows in counted.items() if _n_values(rows) > 1}
    st.caption(READING_OF_SHARES if as_shares else READING)
    names = list(telling)
    for first in range(0, len(names), COLUMNS):  # a row of its own keeps the charts aligned
        places = st.columns(COLUMNS, gap="medium")
        for place, column in zip(places, names[first : first + COLUMNS], strict=False):
            with place:
                _draw_chart(column, telling[column], colors, told, as_shares=as_shares)
    _tell_the_rest(counted)


def _draw_chart(
    column: str,
    rows: Sequence[dict[str, Any]],
    colors: dict[str, str],
    label: str,
    *,
    as_shares: bool,
) -> None:
    """The bars of a fact, and below them how far the share of one label differs."""
    charts.show_chart(
        f"Label by {COMPOSED_OF[column]}",
        charts.stacked_bars(colors, _n_values(rows), as_shares=as_shares),
        frame.plain(tell_range(rows, label)),
        rows,
        key=f"composition_{column}",
    )


def tell_range(rows: Sequence[Mapping[str, Any]], label: str) -> str:
    """Where the label is rarest and where it is commonest, as a sentence."""
    shares = dict.fromkeys((row["value"] for row in rows), 0.0)
    shares |= {row["value"]: row["share"] for row in rows if row["label"] == label}
    rarest, commonest = (choose(shares, key=shares.__getitem__) for choose in (min, max))
    least, most = (f"{100 * shares[value]:.0f} %" for value in (rarest, commonest))
    if least == most:
        return f"{label}: {least} of each."
    return f"{label}: from {least} ({rarest}) to {most} ({commonest})."


def _tell_the_rest(counted: Counted) -> None:
    """What needs no chart: facts that all images share, and those that nobody knows."""
    shared = [
        f"{COMPOSED_OF[column]} **{frame.plain(rows[0]['value'])}**"
        for column, rows in counted.items()
        if _n_values(rows) == 1
    ]
    unknown = [COMPOSED_OF[column] for column, rows in counted.items() if not rows]
    if shared:
        st.caption(f"All images have: {', '.join(shared)}.")
    if unknown:
        st.caption(f"Nothing is known about: {', '.join(unknown)}.")


def _n_values(rows: Sequence[dict[str, Any]]) -> int:
    return len({row["value"] for row in rows})


def _choose_unit() -> bool:
    """Whether bars show shares rather than counts."""
    chosen = st.segmented_control(
        "Bars show",
        list(UNITS),
        default="count",
        required=True,
        format_func=UNITS.get,
        key="bars",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen == "share"


def _show_legend(counts: Mapping[str, int], colors: Mapping[str, str]) -> None:
    parts = [
        f"<span style='color:{colors[label]}'>&#9632;</span> {escape(label)}: {n}"
        for label, n in counts.items()
    ]
    st.html("&emsp;".join(parts))
