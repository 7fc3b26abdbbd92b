"""The charts of the pages as Vega-Lite specifications, and how each is shown with its data."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mammo_core.csv_text import to_csv
from mammo_ui.theme import MUTED, VERMILION, class_colors

Row = Mapping[str, Any]
Spec = dict[str, Any]
UNIT = {"domain": [0, 1]}


def show_chart(
    title: str, spec: Spec, reading: str, rows: Sequence[Row], *, key: str, selects: str = ""
) -> Any:
    """Draw a chart under its title, with how to read it and its numbers; return what is selected.

    Args:
        title: What the chart is about.
        spec: Vega-Lite without data.
        reading: One sentence on how to read it, empty where the page says it once for all.
        rows: Its numbers, a mapping a mark.
        key: The chart's name on this page.
        selects: The name of the spec's selection that the page listens to, empty for none.
    """
    st.markdown(f"**{title}**")
    whole = _with_data(spec, rows)
    listening = {"on_select": "rerun", "selection_mode": [selects]} if selects else {}
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
    inner = {"data": {"values": list(rows)}, "encoding": spec["encoding"], "layer": spec["layer"]}
    return {"height": spec["height"], "background": "transparent", "layer": [inner]}


def confusion_rows(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> list[Row]:
    """A row a cell: true class, predicted class, count, and its share of the true class."""
    return [
        {"true": true, "predicted": predicted, "n": n, "share": n / max(1, sum(line))}
        for true, line in zip(classes, counts, strict=True)
        for predicted, n in zip(classes, line, strict=True)
    ]


def confusion_matrix(classes: Sequence[str], *, height: int = 280) -> Spec:
    """A matrix whose cells can be clicked (selection "cell"); shade is the share of the row."""
    order = list(classes)
    axis = {"labelFontSize": 13, "titleFontSize": 13, "domain": False, "ticks": False}
    cell = {
        "mark": {"type": "rect", "cursor": "pointer", "stroke": MUTED, "strokeWidth": 0.5},
        "params": [{"name": "cell", "select": {"type": "point", "fields": ["true", "predicted"]}}],
        "encoding": {
            "color": {
                "field": "share",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": ["#dcebf5", "#00446b"]},
                "legend": None,
            },
            "tooltip": [
                {"field": "true", "title": "Truth"},
                {"field": "predicted", "title": "Predicted"},
                {"field": "n", "title": "Count"},
                {"field": "share", "title": "Share of the true class", "format": ".0%"},
            ],
        },
    }
    number = {
        "mark": {"type": "text", "fontSize": 20, "fontWeight": 600},
        "encoding": {
            "text": {"field": "n"},
            "color": {
                "condition": {"test": "datum.share > 0.45", "value": "white"},
                "value": "#1c232b",
            },
        },
    }
    return {
        "height": height,
        "encoding": {
            "x": {"field": "predicted", "type": "nominal", "sort": order, "title": "Predicted",
                  "axis": {**axis, "labelAngle": 0, "labelFlush": False}},
            "y": {"field": "true", "type": "nominal", "sort": order, "title": "Truth",
                  "axis": axis},
        },
        "layer": [cell, number],
    }  # fmt: skip


def curve(x: str, y: str, *, point: Row, color: str, diagonal: bool = False) -> Spec:
    """A line over two shares with the operating point marked.

    Args:
        x: Field of the horizontal axis, also its title.
        y: Field of the vertical axis, also its title.
        point: The operating point, with the same fields.
        color: Of the line.
        diagonal: Whether to draw the line of chance from corner to corner.
    """
    layers: list[Spec] = [
        {"mark": {"type": "line", "color": color, "strokeWidth": 2.5, "interpolate": "linear"},
         "encoding": {"order": {"field": "order", "type": "quantitative"}}},
        {"mark": {"type": "point", "filled": True, "size": 130, "color": VERMILION, "opacity": 1,
                  "shape": "diamond"},
         "data": {"values": [dict(point)]},
         "encoding": {"tooltip": [{"field": x, "format": ".2f"}, {"field": y, "format": ".2f"},
                                  {"field": "threshold", "format": ".3f"}]}},
    ]  # fmt: skip
    if diagonal:
        corners = [{x: 0, y: 0}, {x: 1, y: 1}]
        line = {"type": "line", "color": MUTED, "strokeDash": [4, 4]}
        layers.insert(0, {"mark": line, "data": {"values": corners}})
    return {
        "height": 280,
        "encoding": {
            "x": {"field": x, "type": "quantitative", "title": x, "scale": UNIT},
            "y": {"field": y, "type": "quantitative", "title": y, "scale": UNIT},
        },
        "layer": layers,
    }


def probability_bars(classes: Sequence[str]) -> Spec:
    """A bar a class with its probability written behind it."""
    colors = class_colors(classes)
    return {
        "height": 28 * len(classes) + 8,
        "encoding": {
            "y": {"field": "class", "type": "nominal", "sort": list(classes), "title": None,
                  "axis": {"labelFontSize": 13, "ticks": False, "domain": False}},
            "x": {"field": "probability", "type": "quantitative", "axis": None,
                  "scale": {"domain": [0, 1.15]}},
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


def forest(estimate_title: str, groups: Sequence[str], whole: float | None) -> Spec:
    """Estimates with their intervals, one line a group; fields group, value, low, high, n.

    Args:
        estimate_title: Of the horizontal axis.
        groups: From top to bottom; told here, as those without an interval would come last.
        whole: The estimate over all cases, drawn as a dashed line; None for none.
    """
    y = {"field": "group", "type": "nominal", "sort": None, "title": None,
         "scale": {"domain": list(groups)},
         "axis": {"labelLimit": 260, "labelFontSize": 12, "labelOverlap": False}}  # fmt: skip
    x = {"type": "quantitative", "title": estimate_title, "scale": UNIT,
         "axis": {"values": [0, 0.25, 0.5, 0.75, 1], "format": ".2f"}}  # fmt: skip
    dashes = {"type": "rule", "strokeDash": [4, 4], "color": MUTED}
    return {
        "height": 26 * len(groups) + 60,
        "encoding": {},
        "layer": [
            {"mark": dashes, "data": {"values": [] if whole is None else [{"whole": whole}]},
             "encoding": {"x": {"field": "whole", **x}}},
            {"mark": {"type": "rule", "strokeWidth": 2, "color": MUTED},
             "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True, "size": 70, "color": "#0072b2"},
             "encoding": {"y": y, "x": {"field": "value", **x},
                          "tooltip": [{"field": "group"}, {"field": "value", "format": ".3f"},
                                      {"field": "low", "format": ".3f"},
                                      {"field": "high", "format": ".3f"},
                                      {"field": "n"}, {"field": "patients"}]}},
        ],
    }  # fmt: skip
