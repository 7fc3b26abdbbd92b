"""The charts of the Compare page: both ROC curves, who is called by whom, score against score."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mammo_ui.charts import UNIT, Row, Spec
from mammo_ui.theme import MODEL_A, MODEL_B, MUTED, class_colors

if TYPE_CHECKING:
    from mammo_core.metrics.curves import Curve
    from mammo_core.metrics.pairing import Pair

X, Y = "1 - specificity", "Sensitivity"
CALLED = {True: "B calls it", False: "B does not"}
CALLED_BY_A = {True: "A calls it", False: "A does not"}
CELLS = {
    "both": (True, True),
    "only_a": (True, False),
    "only_b": (False, True),
    "neither": (False, False),
}
"""Whether A and B call the cases of a cell."""
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up")
MOST_POINTS = 3000
"""Cases that are drawn; a browser with more answers slowly."""


def tabulate_rocs(curves: "Sequence[Curve | None]") -> list[Row]:
    """A row a point of either curve: model, order, 1 - specificity, sensitivity, threshold."""
    return [
        {"model": name, "order": order, X: x, Y: y, "threshold": t if math.isfinite(t) else None}
        for name, curve in zip("AB", curves, strict=True)
        if curve is not None
        for order, (x, y, t) in enumerate(
            zip(curve.x.tolist(), curve.y.tolist(), curve.thresholds.tolist(), strict=True)
        )
    ]


def draw_rocs(points: Sequence[Row]) -> Spec:
    """Both curves, A solid and B dashed, with a mark at each model's threshold.

    Args:
        points: A row a model: `model`, 1 - specificity and sensitivity at its threshold.
    """
    color = {"field": "model", "type": "nominal", "title": None,
             "scale": {"domain": ["A", "B"], "range": [MODEL_A, MODEL_B]}}  # fmt: skip
    dash = {"field": "model", "type": "nominal", "title": None,
            "scale": {"domain": ["A", "B"], "range": [[1, 0], [6, 3]]}}  # fmt: skip
    chance = [{X: 0, Y: 0}, {X: 1, Y: 1}]
    tooltip = [{"field": "model"}, {"field": X, "format": ".2f"}, {"field": Y, "format": ".2f"},
               {"field": "threshold", "format": ".3f"}]  # fmt: skip
    return {
        "height": 330,
        "encoding": {
            "x": {"field": X, "type": "quantitative", "title": X, "scale": UNIT},
            "y": {"field": Y, "type": "quantitative", "title": Y, "scale": UNIT},
        },
        "layer": [
            {"mark": {"type": "line", "color": MUTED, "strokeDash": [2, 4]},
             "data": {"values": chance}},
            {"mark": {"type": "line", "strokeWidth": 2.5, "interpolate": "linear"},
             "encoding": {"color": color, "strokeDash": dash, "tooltip": tooltip,
                          "order": {"field": "order", "type": "quantitative"}}},
            {"mark": {"type": "point", "filled": True, "size": 130, "shape": "diamond",
                      "opacity": 1},
             "data": {"values": [dict(point) for point in points]},
             "encoding": {"color": color, "tooltip": tooltip}},
        ],
    }  # fmt: skip


def tabulate_calls(counts: Mapping[str, int]) -> list[Row]:
    """A row a cell: what A does, what B does, how many, and their share."""
    return [
        {
            "a": CALLED_BY_A[by_a],
            "b": CALLED[by_b],
            "n": counts[name],
            "share": counts[name] / max(1, counts["n"]),
            "cell": name,
        }
        for name, (by_a, by_b) in CELLS.items()
    ]


def draw_calls() -> Spec:
    """Two by two cells that can be clicked (selection "cell"); shade is the share."""
    axis = {"labelFontSize": 12, "domain": False, "ticks": False}
    shade = {"field": "share", "type": "quantitative", "legend": None,
             "scale": {"domain": [0, 1], "range": ["#dcebf5", "#00446b"]}}  # fmt: skip
    white = {"condition": {"test": "datum.share > 0.45", "value": "white"}, "value": "#1c232b"}
    return {
        "height": 170,
        "encoding": {
            "x": {"field": "b", "type": "nominal", "title": None, "sort": list(CALLED.values()),
                  "axis": {**axis, "labelAngle": 0, "orient": "top"}},
            "y": {"field": "a", "type": "nominal", "title": None,
                  "sort": list(CALLED_BY_A.values()), "axis": axis},
        },
        "layer": [
            {"mark": {"type": "rect", "cursor": "pointer", "stroke": MUTED, "strokeWidth": 0.5},
             "params": [{"name": "cell", "select": {"type": "point", "fields": ["cell"]}}],
             "encoding": {"color": shade,
                          "tooltip": [{"field": "a", "title": "A"}, {"field": "b", "title": "B"},
                                      {"field": "n", "title": "Count"},
                                      {"field": "share", "title": "Share", "format": ".0%"}]}},
            {"mark": {"type": "text", "fontSize": 20, "fontWeight": 600},
             "encoding": {"text": {"field": "n"}, "color": white}},
        ],
    }  # fmt: skip


def sample_scores(pair: "Pair") -> list[Row]:
    """A row a case: id, truth and both scores; a random `MOST_POINTS` of more, always the same."""
    n = len(pair)
    places = np.arange(n)
    if n > MOST_POINTS:
        places = np.sort(np.random.default_rng(0).choice(n, MOST_POINTS, replace=False))
    ids = pair.a.frame["image_id"].to_numpy()[places].tolist()
    truths = [pair.a.classes[label] for label in pair.a.labels[places]]
    a, b = (np.round(scores[places], 4).tolist() for scores in pair.scores)
    names = "image_id", "true", "a", "b"
    return [dict(zip(names, row, strict=True)) for row in zip(ids, truths, a, b, strict=True)]


def draw_scores(
    rows: Sequence[Row], classes: Sequence[str], thresholds: Sequence[float]
) -> dict[str, Any]:
    """A Plotly figure of score against score that can be lassoed; a color and shape a class.

    Args:
        rows: Of `sample_scores`.
        classes: Mildest first; the last one is the one that scores are of.
        thresholds: A's and B's, drawn as lines.
    """
    a, b = thresholds
    lines = [(a, a, 0, 1), (0, 1, b, b), (0, 1, 0, 1)]
    axis = {"range": [-0.02, 1.02], "zeroline": False, "dtick": 0.25, "showgrid": False}
    return {
        "data": [
            _trace(rows, name, color, SYMBOLS[place % len(SYMBOLS)])
            for place, (name, color) in enumerate(class_colors(classes).items())
        ],
        "layout": {
            "height": 460,
            "dragmode": "lasso",
            "margin": {"l": 50, "r": 10, "t": 30, "b": 75},
            "legend": {"orientation": "h", "y": -0.2},
            "xaxis": {**axis, "title": {"text": f"A's probability of {_escape(classes[-1])}"}},
            "yaxis": {**axis, "title": {"text": f"B's probability of {_escape(classes[-1])}"}},
            "shapes": [_line(*ends) for ends in lines],
        },
    }


def _trace(rows: Sequence[Row], name: str, color: str, symbol: str) -> dict[str, Any]:
    own = [row for row in rows if row["true"] == name]
    return {
        "type": "scatter" if len(rows) < 1000 else "scattergl",
        "mode": "markers",
        "name": _escape(name),
        "x": [row["a"] for row in own],
        "y": [row["b"] for row in own],
        "text": [_escape(str(row["image_id"])) for row in own],
        "hovertemplate": "%{text}<br>A %{x:.2f}, B %{y:.2f}<extra></extra>",
        "marker": {"color": color, "symbol": symbol, "size": 7, "opacity": 0.75},
    }


def _line(x0: float, x1: float, y0: float, y1: float) -> dict[str, Any]:
    style = {"color": MUTED, "width": 1, "dash": "dot"}
    return {"type": "line", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": style}


def _escape(text: str) -> str:
    """Text that Plotly does not take for its own tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
