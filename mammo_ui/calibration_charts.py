"""Reliability diagrams: what probabilities promise against what the cases keep."""

from collections.abc import Mapping, Sequence
from typing import Any

from mammo_ui.charts import UNIT, Row, Spec
from mammo_ui.theme import MODEL_A, MUTED

PROMISED, KEPT = "Mean probability", "Share of positives"
EXTENT = {"minExtent": 44, "maxExtent": 44}
"""One width for the labels of both charts, so that their bins stand above each other."""


def tabulate(bins: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row a bin, from `reliability` of an evaluation."""
    return [
        {
            "from": one["low"],
            "to": one["high"],
            "n": one["n"],
            PROMISED: one["mean_probability"],
            KEPT: one["positive_share"]["value"],
            "low": one["positive_share"]["low"],
            "high": one["positive_share"]["high"],
        }
        for one in bins
    ]


def draw_reliability(color: str = MODEL_A, *, height: int = 280) -> Spec:
    """A point a bin (selection "bin") with its interval, and the diagonal of kept promises."""
    corners = [{PROMISED: 0, KEPT: 0}, {PROMISED: 1, KEPT: 1}]
    tooltip = [
        {"field": "n", "title": "Cases"},
        *({"field": name, "format": ".3f"} for name in (PROMISED, KEPT, "low", "high")),
    ]
    y = {"type": "quantitative", "title": KEPT, "scale": UNIT, "axis": EXTENT}
    return {
        "height": height,
        "encoding": {
            "x": {"field": PROMISED, "type": "quantitative", "scale": UNIT, "title": PROMISED},
        },
        "layer": [
            {"mark": {"type": "line", "color": MUTED, "strokeDash": [4, 4]},
             "data": {"values": corners}, "encoding": {"y": {**y, "field": KEPT}}},
            {"mark": {"type": "rule", "color": color, "strokeWidth": 2, "opacity": 0.55},
             "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}}},
            {"mark": {"type": "line", "color": color, "strokeWidth": 1.5, "opacity": 0.6},
             "encoding": {"y": {**y, "field": KEPT}}},
            {"mark": {"type": "point", "filled": True, "color": color, "size": 90, "opacity": 1,
                      "cursor": "pointer"},
             "params": [{"name": "bin", "select": {"type": "point", "fields": ["from", "to"]}}],
             "encoding": {"y": {**y, "field": KEPT}, "tooltip": tooltip}},
        ],
    }  # fmt: skip


def draw_counts(color: str = MODEL_A) -> Spec:
    """How many cases each bin holds, to stand below its reliability diagram."""
    tooltip = [
        *({"field": name, "format": ".2f"} for name in ("from", "to")),
        {"field": "n", "title": "Cases"},
    ]
    return {
        "height": 90,
        "encoding": {
            "x": {"field": "from", "type": "quantitative", "scale": UNIT, "title": None},
            "x2": {"field": "to"},
            "y": {"field": "n", "type": "quantitative", "title": "Cases",
                  "axis": {**EXTENT, "tickCount": 3, "format": "d"}},
        },
        "layer": [
            {"mark": {"type": "bar", "color": color, "opacity": 0.7, "stroke": "white",
                      "strokeWidth": 0.5},
             "encoding": {"y2": {"datum": 0}, "tooltip": tooltip}},
        ],
    }  # fmt: skip
