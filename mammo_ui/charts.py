"""The charts of the pages as Vega-Lite specifications, and how each is shown with its data."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from mammo_core.csv_text import to_csv
from mammo_ui.theme import MUTED, class_colors, page_color, tint

Row = Mapping[str, Any]
Spec = dict[str, Any]
UNIT = {"domain": [0, 1]}


def show_chart(
    title: str,
    spec: Spec,
    reading: str,
    rows: Sequence[Row],
    *,
    key: str,
    selects: str = "",
    on_select: Callable[[], None] | None = None,
) -> Any:
    """Draw a chart under its title, with how to read it and its numbers; return what is selected.

    Args:
        title: What the chart is about.
        spec: Vega-Lite without data.
        reading: One sentence on how to read it, empty where the page says it once for all.
        rows: Its numbers, a mapping a mark.
        key: The chart's name on this page.
        selects: The name of the spec's selection that the page listens to, empty for none.
        on_select: Called before the next run where another selection was made.
    """
    st.markdown(f"**{title}**")
    whole = _with_data(spec, rows)
    listening = {"on_select": on_select or "rerun", "selection_mode": [selects]} if selects else {}
    event = st.vega_lite_chart(spec=whole, key=key, alt=f"{title}. {reading}".strip(), **listening)
    if reading:
        st.caption(reading)
    offer_data(rows, key)
    return event["selection"].get(selects, []) if selects else []


def offer_data(rows: Sequence[Row], key: str) -> None:
    """The numbers of the chart of that name as a table and as a file, behind a small button."""
    data = st.popover("Data", type="tertiary", key=f"{key}_data", on_change="rerun")
    if data.open:
        data.dataframe([dict(row) for row in rows], hide_index=True)
        data.download_button("CSV", to_csv(rows), f"{key}.csv", "text/csv", key=f"{key}_csv")


def show_plain(spec: Spec, rows: Sequence[Row], *, key: str, alt: str) -> None:
    """Draw a small chart without title and table; its numbers stand in `alt`."""
    st.vega_lite_chart(spec=_with_data(spec, rows), key=key, alt=alt)


def _with_data(spec: Spec, rows: Sequence[Row]) -> Spec:
    """The layers of `spec` within one layer that holds the data.

    Data at the top of a specification would be sent as Arrow, and pandas imported to do so.
    """
    layers = tint(spec["layer"], page_color())
    inner = {"data": {"values": list(rows)}, "encoding": spec["encoding"], "layer": layers}
    return {"height": spec["height"], "background": "transparent", "layer": [inner]}


def probability_bars(classes: Sequence[str]) -> Spec:
    """A bar a class with its probability written behind it, for which a sure one leaves room."""
    colors = class_colors(classes)
    return {
        "height": 28 * len(classes) + 8,
        "encoding": {
            "y": {"field": "class", "type": "nominal", "sort": list(classes), "title": None,
                  "axis": {"labelFontSize": 13, "ticks": False, "domain": False}},
            "x": {"field": "probability", "type": "quantitative", "axis": None,
                  "scale": {"domain": [0, 1.45], "nice": False}},
        },
        "layer": [
            {"mark": {"type": "bar", "cornerRadiusEnd": 2},
             "encoding": {"color": {"field": "class", "type": "nominal", "legend": None,
                                    "scale": {"domain": list(colors),
                                              "range": list(colors.values())}}}},
            {"mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 13, "color": MUTED},
             "encoding": {"text": {"field": "probability", "format": ".2f"}}},
        ],
    }  # fmt: skip


def stacked_bars(colors: Mapping[str, str], n_values: int, *, as_shares: bool) -> Spec:
    """A bar a value, its parts in the labels' colors; fields value, label, n, share, total.

    Args:
        colors: The color of each label, in the order of the parts.
        n_values: How many bars there are.
        as_shares: Whether each bar is a whole of 1 rather than a count.
    """
    order = {name: place for place, name in enumerate(colors)}
    width = {"field": "share" if as_shares else "n", "type": "quantitative", "stack": "zero"}
    x = {**width, "title": "Share of images" if as_shares else "Images",
         "axis": {"tickCount": 5, "format": ".0%" if as_shares else "d"}}  # fmt: skip
    if as_shares:
        x["scale"] = {"domain": [0, 1.12], "nice": False}
    parts = {
        "mark": {"type": "bar", "cornerRadius": 1, "stroke": "transparent"},
        "transform": [{"calculate": f"{json.dumps(order)}[datum.label]", "as": "place"}],
        "encoding": {
            "x": x,
            "color": {"field": "label", "type": "nominal", "legend": None,
                      "scale": {"domain": list(colors), "range": list(colors.values())}},
            "order": {"field": "place", "type": "quantitative"},
            "tooltip": [{"field": "value"}, {"field": "label"}, {"field": "n"},
                        {"field": "share", "format": ".1%"}, {"field": "total", "title": "of"}],
        },
    }  # fmt: skip
    total = {
        "mark": {"type": "text", "align": "left", "dx": 4, "color": MUTED},
        "transform": [{"aggregate": [{"op": "max", "field": "total", "as": "of"}],
                       "groupby": ["value"]}],
        "encoding": {"x": {"datum": 1} if as_shares else {"field": "of", "type": "quantitative"},
                     "text": {"field": "of"}},
    }  # fmt: skip
    return {
        "height": 26 * n_values + 64,
        "encoding": {
            "y": {"field": "value", "type": "nominal", "sort": None, "title": None,
                  "axis": {"labelLimit": 130, "labelOverlap": False, "ticks": False}},
        },
        "layer": [parts, total],
    }  # fmt: skip
