"""The charts of a sweep: the value against the trial, settings side by side, what mattered."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from mammo_ui.charts import Row, Spec
from mammo_ui.theme import BLUE, MUTED, VERMILION
from mammo_ui.training_fields import field_of, title_of

Trial = Mapping[str, Any]
Ranges = Mapping[str, Mapping[str, Any]]
VALUE = "Validation AUROC"
DRAWN = {"complete": "complete", "pruned": "ended early"}
"""The states whose trials have something to draw, in words."""
MOST_LINES = 200
"""So many trials are drawn side by side, the best first; more would hide each other."""
ROW_HEIGHT = 46
ALIGN = "datum.place === 0 ? 'left' : datum.place === 1 ? 'right' : 'center'"
BY_VALUE = {"name": "viridis", "extent": [0.25, 0.75]}
"""Even steps of value are even steps of color, from blue to green: the ends that are left out
cannot be seen on dark or on light."""
SPREAD = 0.02
"""By which trials of the same category are set apart, as a share of the axis."""


def drawn_of(trials: Sequence[Trial]) -> list[Trial]:
    """The trials that are drawn: those that have ended with a value."""
    return [trial for trial in trials if trial["state"] in DRAWN and trial["value"] is not None]


def history_rows(trials: Sequence[Trial]) -> list[Row]:
    """Number, state, value and the best complete value so far of each trial that has a value."""
    drawn = drawn_of(trials)
    complete = [t["value"] if t["state"] == "complete" else -math.inf for t in drawn]
    return [
        {
            "trial": trial["number"],
            "state": DRAWN[trial["state"]],
            "value": trial["value"],
            "best so far": best if math.isfinite(best) else None,
            "epochs": trial["epochs"],
        }
        for trial, best in zip(drawn, accumulate(complete, max), strict=True)
    ]


def history() -> Spec:
    """Each trial's value as a point, the best so far as steps; fields as of `history_rows`."""
    axis = {"title": VALUE, "scale": {"zero": False}, "axis": {"tickCount": 4, "format": ".2f"}}
    states = {"domain": list(DRAWN.values()), "range": [BLUE, MUTED]}
    points = {
        "mark": {"type": "point", "filled": True, "size": 55, "opacity": 0.9},
        "encoding": {
            "y": {"field": "value", "type": "quantitative", **axis},
            "color": {"field": "state", "type": "nominal", "scale": states,
                      "legend": {"title": None, "orient": "top", "offset": 2}},
            "shape": {"field": "state", "type": "nominal", "legend": None,
                      "scale": {"domain": list(DRAWN.values()), "range": ["circle", "cross"]}},
            "tooltip": [{"field": "trial"}, {"field": "state"}, {"field": "epochs"},
                        {"field": "value", "format": ".3f", "title": VALUE}],
        },
    }  # fmt: skip
    steps = {
        "mark": {"type": "line", "interpolate": "step-after", "color": VERMILION},
        "encoding": {"y": {"field": "best so far", "type": "quantitative", **axis}},
    }
    x = {"field": "trial", "type": "quantitative", "title": "Trial",
         "scale": {"nice": False, "padding": 10},
         "axis": {"format": "d", "tickMinStep": 1}}  # fmt: skip
    return {"height": 220, "encoding": {"x": x}, "layer": [steps, points]}


def importance_rows(importance: Mapping[str, float]) -> list[Row]:
    """A bar a setting, the weightiest first."""
    ordered = sorted(importance.items(), key=lambda one: -one[1])
    return [{"setting": field_of(key).label, "share": share} for key, share in ordered]


def importance_bars(n_bars: int) -> Spec:
    """Horizontal bars with their shares; fields setting and share."""
    y = {"field": "setting", "type": "nominal", "sort": None, "title": None,
         "axis": {"labelLimit": 200, "ticks": False, "domain": False,
                  "labelOverlap": False}}  # fmt: skip
    x = {"field": "share", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1.12]}}
    text = {"type": "text", "align": "left", "dx": 4, "color": MUTED}
    return {
        "height": 26 * n_bars + 12,
        "encoding": {"y": y, "x": x},
        "layer": [
            {"mark": {"type": "bar", "color": BLUE, "cornerRadiusEnd": 2}},
            {"mark": text, "encoding": {"text": {"field": "share", "format": ".0%"}}},
        ],
    }


def parallel_rows(trials: Sequence[Trial], ranges: Ranges) -> list[Row]:
    """A point for each trial on each axis: axis, place in [0, 1], shown value, trial, value."""
    best = sorted(drawn_of(trials), key=lambda one: -one["value"])[:MOST_LINES]
    ends = _ends_of(trials)
    return [
        {
            "axis": name,
            "row": row,
            "place": place,
            "shown": shown,
            "trial": trial["number"],
            "state": trial["state"],
            "value": trial["value"],
        }
        for trial in best
        for row, (name, place, shown) in enumerate(_points_of(trial, ranges, ends))
    ]


def _points_of(
    trial: Trial, ranges: Ranges, ends: tuple[float, float]
) -> list[tuple[str, float, str]]:
    """(axis, place, shown value) of one trial on every axis, its AUROC last."""
    value = trial["value"]
    points = [
        (field_of(key).label, place_on(range_, setting, trial["number"]), title_of(key, setting))
        for key, range_ in ranges.items()
        if (setting := trial["settings"].get(key)) is not None
    ]
    return [*points, (VALUE, (value - ends[0]) / (ends[1] - ends[0]), f"{value:.3f}")]


def place_on(range_: Mapping[str, Any], setting: Any, number: int) -> float:
    """Where a setting lies on its axis, in [0, 1].

    Args:
        range_: As study.json holds it.
        setting: The value.
        number: The trial's; those of the same category are set apart by it.
    """
    if "values" in range_:
        values = range_["values"]
        apart = SPREAD * ((number * 0.618) % 1 - 0.5)
        return float((values.index(setting) + 0.5) / len(values) + apart)
    low, high, here = range_["low"], range_["high"], setting
    if range_["log"]:
        low, high, here = math.log(low), math.log(high), math.log(here)
    return float((here - low) / (high - low))


def axis_labels(ranges: Ranges, trials: Sequence[Trial]) -> list[Row]:
    """What is written at the axes: the categories, or both ends."""
    rows: list[Row] = []
    for key, range_ in ranges.items():
        name = field_of(key).label
        if "values" in range_:
            n = len(range_["values"])
            rows += [
                {"axis": name, "place": (place + 0.5) / n, "text": title_of(key, value)}
                for place, value in enumerate(range_["values"])
            ]
        else:
            rows += _end_labels(name, f"{range_['low']:g}", f"{range_['high']:g}")
    low, high = _ends_of(trials)
    return [*rows, *_end_labels(VALUE, f"{low:.3f}", f"{high:.3f}")]


def parallel(
    ranges: Ranges, trials: Sequence[Trial], best: int | None, paper: str = "#ffffff"
) -> Spec:
    """A line a trial across an axis a setting; fields as of `parallel_rows`.

    The axes lie one below the other, so that the names of categories have room.

    Args:
        ranges: As study.json holds them.
        trials: Those of the study.
        best: The number of the best one, drawn on top; None where there is none.
        paper: The page's color, which parts the words from the lines below them.
    """
    names = [*(field_of(key).label for key in ranges), VALUE]
    y = {"field": "axis", "type": "nominal", "sort": names, "title": None,
         "axis": {"labelLimit": 150, "ticks": False, "domain": False, "grid": True,
                  "labelOverlap": False}}  # fmt: skip
    x = {"field": "place", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1]}}
    tips = [{"field": "trial"}, {"field": "axis"}, {"field": "shown", "title": "value"},
            {"field": "value", "format": ".3f", "title": VALUE}]  # fmt: skip
    order = {"field": "row", "type": "quantitative"}
    detail = {"field": "trial", "type": "nominal"}
    is_complete = "datum.state === 'complete'"
    text = {"type": "text", "dy": 13, "fontSize": 11, "align": {"expr": ALIGN}}
    words = {
        "data": {"values": axis_labels(ranges, trials)},
        "encoding": {"text": {"field": "text"}},
    }
    return {
        "height": ROW_HEIGHT * len(names),
        "encoding": {"y": y, "x": x},
        "layer": [
            {"mark": {"type": "line", "color": MUTED, "opacity": 0.25, "strokeWidth": 1},
             "transform": [{"filter": f"!({is_complete})"}],
             "encoding": {"detail": detail, "order": order, "tooltip": tips}},
            {"mark": {"type": "line", "opacity": 0.75, "strokeWidth": 1.6},
             "transform": [{"filter": is_complete}],
             "encoding": {"detail": detail, "order": order, "tooltip": tips,
                          "color": {"field": "value", "type": "quantitative",
                                    "scale": {"scheme": BY_VALUE}, "legend": None}}},
            {"mark": {"type": "line", "color": VERMILION, "strokeWidth": 3,
                      "point": {"color": VERMILION}},
             "transform": [{"filter": f"datum.trial === {-1 if best is None else best}"}],
             "encoding": {"order": order, "tooltip": tips}},
            {"mark": text | {"stroke": paper, "strokeWidth": 5, "strokeJoin": "round"}, **words},
            {"mark": text | {"color": MUTED}, **words},
        ],
    }  # fmt: skip


def _end_labels(axis: str, low: str, high: str) -> list[Row]:
    return [{"axis": axis, "place": 0, "text": low}, {"axis": axis, "place": 1, "text": high}]


def _ends_of(trials: Sequence[Trial]) -> tuple[float, float]:
    """The lowest and the highest value of the drawn trials, apart even where all are equal."""
    values = [trial["value"] for trial in drawn_of(trials)] or [0.5]
    low, high = min(values), max(values)
    return (low, high) if high - low > 1e-6 else (low - 0.05, high + 0.05)
