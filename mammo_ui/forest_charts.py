"""Forest plots: estimates with their intervals, a row each, and a line to compare with."""

from collections.abc import Sequence
from typing import Any

from mammo_ui.charts import Spec
from mammo_ui.theme import BLUE, MUTED

ROW_HEIGHT, AXIS_HEIGHT, LEGEND_HEIGHT = 24, 60, 90
INTERVAL = tuple({"field": name, "format": ".3f"} for name in ("value", "low", "high"))
"""What a tooltip tells of an estimate."""
PLAIN: Spec = {
    "mark": {"type": "point", "filled": True, "size": 70, "color": BLUE},
    "encoding": {
        "tooltip": [{"field": "group"}, *INTERVAL, {"field": "n"}, {"field": "patients"}],
    },
}
"""Points that say nothing but where they stand."""


def draw_forest(
    title: str,
    groups: Sequence[str],
    *,
    reference: float | None,
    domain: tuple[float, float] = (0.0, 1.0),
    points: Spec = PLAIN,
) -> Spec:
    """A row a group: its estimate, interval, and a dashed line; fields group, value, low, high.

    Args:
        title: Of the horizontal axis.
        groups: From top to bottom; told here, as those without an interval would come last.
        reference: Where the dashed line stands, None for no line.
        domain: Of the horizontal axis; what lies beyond is drawn at its ends.
        points: The layer of the estimates but for their places; its fields besides must be there.
    """
    x = {"type": "quantitative", "title": title, "axis": {"format": ".2f", "tickCount": 5},
         "scale": {"domain": list(domain), "clamp": True}}  # fmt: skip
    y = _rows_axis(groups)
    line = [] if reference is None else [{"reference": reference}]
    legend = LEGEND_HEIGHT if "color" in points["encoding"] else 0
    return {
        "height": ROW_HEIGHT * len(groups) + AXIS_HEIGHT + legend,
        "encoding": {},
        "layer": [
            {"mark": {"type": "rule", "strokeDash": [4, 4], "color": MUTED},
             "data": {"values": line}, "encoding": {"x": {"field": "reference", **x}}},
            {"mark": {"type": "rule", "strokeWidth": 2, "color": MUTED},
             "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}}},
            {**points, "encoding": {"y": y, "x": {"field": "value", **x}, **points["encoding"]}},
        ],
    }  # fmt: skip


def _rows_axis(groups: Sequence[str]) -> dict[str, Any]:
    """A row a group, each with its whole name."""
    return {
        "field": "group", "type": "nominal", "sort": None, "title": None,
        "scale": {"domain": list(groups)},
        "axis": {"labelLimit": 320, "labelOverlap": False, "labelFlush": False,
                 "labelFontSize": 12, "ticks": False, "domain": False, "grid": True,
                 "gridOpacity": 0.35},
    }  # fmt: skip
