"""The chart of errors that are left as more of the least sure cases are referred."""

from collections.abc import Mapping, Sequence
from typing import Any

from mammo_ui.charts import Row, Spec
from mammo_ui.theme import MODEL_A, MUTED, VERMILION

SHARE, ERROR = "Share of cases referred", "Errors of the most probable class, of the others"


def tabulate(points: Sequence[Mapping[str, Any]], n_wrong: int, n: int) -> list[Row]:
    """The points of the curve with what referring at random and knowing the errors would leave."""
    return [
        {
            SHARE: point["share"],
            ERROR: point["value"],
            "low": point["low"],
            "high": point["high"],
            "at random": n_wrong / n,
            "at best": max(0.0, n_wrong - point["share"] * n) / max(n * (1 - point["share"]), 1e-9),
        }
        for point in points
    ]


def draw_referral(share: float) -> Spec:
    """The curve with its band, chance, the best that is possible, and the chosen share."""
    y = {"type": "quantitative", "title": ERROR, "axis": {"format": ".0%"}}
    band = {"mark": {"type": "area", "color": MODEL_A, "opacity": 0.18},
            "encoding": {"y": {"field": "low", **y}, "y2": {"field": "high"}}}  # fmt: skip
    curve = {"mark": {"type": "line", "color": MODEL_A, "strokeWidth": 2.5},
             "encoding": {"y": {"field": ERROR, **y}}}  # fmt: skip
    points = {"mark": {"type": "point", "filled": True, "size": 20, "color": MODEL_A},
              "encoding": {"y": {"field": ERROR, **y},
                           "tooltip": [{"field": SHARE, "format": ".0%"},
                                       {"field": ERROR, "format": ".1%"},
                                       {"field": "low", "format": ".1%"},
                                       {"field": "high", "format": ".1%"}]}}  # fmt: skip
    rule = {"mark": {"type": "rule", "color": VERMILION, "strokeWidth": 1.5},
            "data": {"values": [{SHARE: share}]}}  # fmt: skip
    return {
        "height": 280,
        "encoding": {
            "x": {"field": SHARE, "type": "quantitative", "title": SHARE,
                  "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}},
        },
        "layer": [band, _draw_line("at random", [4, 4]), _draw_line("at best", [1, 3]), curve,
                  points, rule],
    }  # fmt: skip


def _draw_line(field: str, dash: list[int]) -> Spec:
    mark = {"type": "line", "color": MUTED, "strokeDash": dash, "strokeWidth": 1.5}
    return {"mark": mark, "encoding": {"y": {"field": field, "type": "quantitative"}}}
