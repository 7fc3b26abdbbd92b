"""Charts of groups and slices: estimates with their intervals, a row each; a click chooses one."""

from collections.abc import Sequence
from typing import Any

from mammo_ui.charts import Spec
from mammo_ui.theme import BLUE, GREEN, MUTED, VERMILION

ROW_HEIGHT = 24
AROUND = 150  # of the legend above and the axis below
CLARITY = {"worse": VERMILION, "better": GREEN, "not told apart": BLUE}
"""What a group is beside the rest of the cases, all groups counted, and its color."""
SHAPES = ("triangle-left", "triangle-right", "circle")
TOOLTIP = ("group", "n", "patients", "positives", "p adjusted")


def draw_forest(
    title: str,
    groups: Sequence[str],
    *,
    reference: float | None,
    domain: tuple[float, float],
    beside: str,
) -> Spec:
    """A row a group: its estimate, interval, and a dashed line to compare with.

    The selection "group" is of the fields `group` and `place`. Fields besides: value, low, high,
    clarity, those of `TOOLTIP` and `beside`.

    Args:
        title: Of the horizontal axis.
        groups: From the top to the bottom.
        reference: Where the dashed line stands, None for no line.
        domain: Of the horizontal axis.
        beside: The field that tells in words how far a group is from the rest.
    """
    x = {"type": "quantitative", "title": title, "scale": {"domain": list(domain), "clamp": True}}
    y = _rows_axis(groups)
    line = [] if reference is None else [{"reference": reference}]
    return {
        "height": ROW_HEIGHT * len(groups) + AROUND,
        "encoding": {},
        "layer": [
            {"mark": {"type": "rule", "strokeDash": [4, 4], "color": MUTED},
             "data": {"values": line}, "encoding": {"x": {"field": "reference", **x}}},
            {"mark": {"type": "rule", "strokeWidth": 2, "color": MUTED},
             "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}}},
            _estimates_layer(x, y, beside),
        ],
    }  # fmt: skip


def _rows_axis(groups: Sequence[str]) -> dict[str, Any]:
    """A row a group, each with its whole name."""
    return {
        "field": "group", "type": "nominal", "sort": list(groups), "title": None,
        "axis": {"labelLimit": 320, "labelOverlap": False, "labelFlush": False,
                 "labelFontSize": 12, "ticks": False, "domain": False, "grid": True,
                 "gridOpacity": 0.35},
    }  # fmt: skip


def _estimates_layer(x: dict[str, Any], y: dict[str, Any], beside: str) -> dict[str, Any]:
    """The points, that a click chooses; color and shape say how each stands to the rest."""
    names = list(CLARITY)
    scale = {"domain": names, "range": list(CLARITY.values())}
    legend = {"orient": "top", "title": "Beside all other cases", "symbolSize": 90}
    values = [{"field": name, "format": ".3f"} for name in ("value", "low", "high")]
    return {
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "cursor": "pointer"},
        "params": [{"name": "group", "select": {"type": "point", "fields": ["group", "place"]}}],
        "encoding": {
            "y": y,
            "x": {"field": "value", **x},
            "color": {"field": "clarity", "type": "nominal", "scale": scale, "legend": legend},
            "shape": {"field": "clarity", "type": "nominal", "legend": legend,
                      "scale": {"domain": names, "range": list(SHAPES)}},
            "tooltip": [*({"field": name} for name in (*TOOLTIP, beside)), *values],
        },
    }  # fmt: skip
