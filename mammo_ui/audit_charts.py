"""The charts of the Audit page as Vega-Lite specifications."""

from collections.abc import Mapping, Sequence
from typing import Any

from mammo_ui.charts import Spec
from mammo_ui.theme import BLUE, GREEN, MUTED, ORANGE, SKY_BLUE, VERMILION, YELLOW

ZONE_COLORS = {
    "lesion": VERMILION,
    "parenchyma": GREEN,
    "pectoral": SKY_BLUE,
    "border": BLUE,
    "markers": YELLOW,
    "air": MUTED,
}
"""The zones from what a model should look at to what it should not."""
LEVEL_COLORS = {"believe": GREEN, "caution": ORANGE, "doubt": VERMILION, "control": MUTED}
LEVEL_SHAPES = {"believe": "circle", "caution": "diamond", "doubt": "cross", "control": "square"}


def zone_bars(titles: Sequence[str]) -> Spec:
    """A bar a method, parted by zone; fields method, zone, share, n.

    It has no legend: the breast drawn above it has the zones' colors and names.
    """
    order = list(ZONE_COLORS)
    place = f"indexof({order}, datum.zone)"
    return {
        "height": 20 * len(titles) + 65,
        "encoding": {
            "y": {"field": "method", "type": "nominal", "sort": None, "title": None,
                  "scale": {"domain": list(titles)},
                  "axis": {"labelLimit": 170, "labelOverlap": False, "ticks": False}},
        },
        "layer": [{
            "mark": {"type": "bar", "stroke": "transparent"},
            "transform": [{"calculate": place, "as": "place"}],
            "encoding": {
                "x": {"field": "share", "type": "quantitative", "stack": "zero",
                      "title": "Share of positive evidence", "scale": {"domain": [0, 1]},
                      "axis": {"format": ".0%", "tickCount": 5}},
                "color": {"field": "zone", "type": "nominal", "legend": None,
                          "scale": {"domain": order, "range": list(ZONE_COLORS.values())}},
                "order": {"field": "place", "type": "quantitative"},
                "tooltip": [{"field": "method"}, {"field": "zone"},
                            {"field": "share", "format": ".1%"}, {"field": "n"}],
            },
        }],
    }  # fmt: skip


def method_scatter(x: str, y: str, ends: Mapping[str, Sequence[float | None]]) -> Spec:
    """A point a method with both intervals; fields key, method, right, left, level, x, ...

    The selection "method" is of the field `key`.

    Args:
        x: Title of the horizontal axis.
        y: Of the vertical one.
        ends: {"x" or "y": the better and the worse end}, None for what the data have.
    """
    across, up = _axis("x", x, ends["x"]), _axis("y", y, ends["y"])
    levels = {"field": "level", "type": "nominal"}
    names = list(LEVEL_COLORS)
    legend = {"orient": "top", "title": None}
    return {
        "height": 380,
        "encoding": {},
        "layer": [
            {"mark": {"type": "rule", "color": MUTED, "opacity": 0.5},
             "encoding": {"x": {**across, "field": "x_low"}, "x2": {"field": "x_high"}, "y": up}},
            {"mark": {"type": "rule", "color": MUTED, "opacity": 0.5},
             "encoding": {"y": {**up, "field": "y_low"}, "y2": {"field": "y_high"}, "x": across}},
            {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1,
                      "cursor": "pointer"},
             "params": [{"name": "method", "select": {"type": "point", "fields": ["key"]}}],
             "encoding": {
                "x": across, "y": up,
                "color": {**levels, "legend": legend,
                          "scale": {"domain": names, "range": list(LEVEL_COLORS.values())}},
                "shape": {**levels, "legend": legend,
                          "scale": {"domain": names, "range": list(LEVEL_SHAPES.values())}},
                "tooltip": [{"field": "method"}, {"field": "verdict"},
                            {"field": "x_text", "title": x}, {"field": "y_text", "title": y},
                            {"field": "n"}]}},
            *({"mark": {"type": "text", "align": align, "dx": dx, "dy": -8, "fontSize": 11,
                        "color": MUTED},
               "encoding": {"x": across, "y": up, "text": {"field": side}}}
              for side, align, dx in (("right", "left", 8), ("left", "right", -8))),
        ],
    }  # fmt: skip


def _axis(field: str, title: str, ends: Sequence[float | None]) -> dict[str, Any]:
    """An axis whose better end is right or above."""
    scale: dict[str, Any] = {"zero": False, "nice": True}
    if ends[0] is not None and ends[1] is not None and ends[0] < ends[1]:
        scale["reverse"] = True
    return {"field": field, "type": "quantitative", "title": title, "scale": scale,
            "axis": {"tickCount": 5}}  # fmt: skip


def forgetting_lines(title: str) -> Spec:
    """A line a method over the share of layers drawn anew; fields method, level, share, value, n.

    The method that is pointed at stands out.

    Args:
        title: Of the vertical axis.
    """
    names = list(LEVEL_COLORS)
    opacity = {"condition": {"param": "over", "value": 1}, "value": 0.15}
    over = {"type": "point", "fields": ["method"], "on": "pointerover", "clear": "pointerout"}
    return {
        "height": 340,
        "encoding": {
            "x": {"field": "share", "type": "quantitative", "title": "Layers drawn anew",
                  "axis": {"format": ".0%", "tickCount": 5}},
            "y": {"field": "value", "type": "quantitative", "title": title,
                  "axis": {"tickCount": 5}},
            "detail": {"field": "method"},
            "color": {"field": "level", "type": "nominal",
                      "legend": {"orient": "top", "title": None},
                      "scale": {"domain": names, "range": list(LEVEL_COLORS.values())}},
            "tooltip": [{"field": "method"}, {"field": "level"}, {"field": "layer"},
                        {"field": "value", "format": ".2f"}, {"field": "n"}],
        },
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"opacity": opacity}},
            {"mark": {"type": "point", "filled": True, "size": 60},
             "params": [{"name": "over", "select": over}],
             "encoding": {"opacity": opacity,
                          "shape": {"field": "level", "type": "nominal", "legend": None,
                                    "scale": {"domain": names,
                                              "range": list(LEVEL_SHAPES.values())}}}},
        ],
    }  # fmt: skip
