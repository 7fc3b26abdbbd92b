"""Decision curves: net benefit over threshold probabilities."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from mammo_ui.calibration_rows import CalibratedRows, sweep_calibrated
from mammo_ui.charts import Row, Spec
from mammo_ui.chosen_rows import Rows
from mammo_ui.theme import MODEL_A, MUTED, ORANGE, VERMILION
from mammo_ui.thresholds import sweep_rows

if TYPE_CHECKING:
    from mammo_core.metrics.decision_curve import DecisionPoint

HUNDREDTHS = tuple(step / 100 for step in range(1, 100))
SHORTEST = 3
"""A run of fewer hundredths is told by chance alone too often."""
MODEL, ALL, NONE = "The model", "Acting on all", "Acting on none"
COLORS = {MODEL: MODEL_A, ALL: ORANGE, NONE: MUTED}


@lru_cache(maxsize=16)
def draw_curve(
    rows: Rows | CalibratedRows,
    prevalence: float | None,
    thresholds: tuple[float, ...] = HUNDREDTHS,
    *,
    per: str = "case",
) -> "Sequence[DecisionPoint]":
    """A point a threshold; the model's own rows need no resampling beyond that of the page."""
    from mammo_core.metrics.decision_curve import draw_decision_curve

    sweep = sweep_calibrated(rows) if isinstance(rows, CalibratedRows) else sweep_rows(rows)
    return draw_decision_curve(sweep, thresholds, prevalence, per=per)


def tabulate(curve: "Sequence[DecisionPoint]") -> list[Row]:
    """A row a threshold."""
    return [
        {
            "threshold": point.threshold,
            MODEL: point.net_benefit.value,
            "low": point.net_benefit.low,
            "high": point.net_benefit.high,
            ALL: point.treat_all.value,
            NONE: 0.0,
            "gain": point.gain.value,
            "gain_low": point.gain.low,
            "gain_high": point.gain.high,
        }
        for point in curve
    ]


def draw_spec(title: str, top: float, threshold: float) -> Spec:
    """The model with its band, acting on all and on none, and a mark at the chosen threshold.

    Points of the model can be clicked (selection "point", as `curve_charts.take_threshold` reads).

    Args:
        title: Of the vertical axis.
        top: Where the axis ends; as much as a fourth of it is shown below 0.
        threshold: The chosen one.
    """
    scale = {"domain": [-top / 4, top], "nice": False}
    y = {"type": "quantitative", "title": title, "scale": scale}
    tooltip = [
        {"field": "threshold", "format": ".2f"},
        *({"field": name, "format": ".4f"} for name in (MODEL, "low", "high", ALL, "gain")),
    ]
    band = {
        "mark": {"type": "area", "color": MODEL_A, "opacity": 0.18, "clip": True},
        "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}},
    }
    mark = {
        "mark": {"type": "rule", "color": VERMILION, "strokeDash": [5, 3], "strokeWidth": 1.5},
        "data": {"values": [{"at": threshold}]},
        "encoding": {"x": {"field": "at", "type": "quantitative"}},
    }
    return {
        "height": 320,
        "encoding": {
            "x": {"field": "threshold", "type": "quantitative", "title": "Threshold probability",
                  "scale": {"domain": [0, 1]}},
        },
        "layer": [band, *(_draw_line(name, y, tooltip) for name in (NONE, ALL, MODEL)), mark,
                  _draw_points(y, threshold, tooltip)],
    }  # fmt: skip


def _draw_points(y: Spec, threshold: float, tooltip: list[dict[str, str]]) -> Spec:
    """Unseen marks along the model's line, the nearest of which a click finds."""
    select = {"type": "point", "fields": ["threshold", "moved_from"], "nearest": True}
    return {
        "transform": [{"calculate": str(threshold), "as": "moved_from"}],
        "mark": {"type": "point", "size": 60, "opacity": 0, "filled": True, "cursor": "pointer",
                 "clip": True},
        "params": [{"name": "point", "select": select}],
        "encoding": {"y": {**y, "field": MODEL}, "tooltip": tooltip},
    }  # fmt: skip


def _draw_line(name: str, y: Spec, tooltip: list[dict[str, str]]) -> Spec:
    scale = {"domain": list(COLORS), "range": list(COLORS.values())}
    legend = {"title": None, "orient": "top", "symbolType": "stroke", "symbolStrokeWidth": 3}
    return {
        "mark": {"type": "line", "strokeWidth": 2.5 if name == MODEL else 1.5, "clip": True},
        "encoding": {
            "y": {**y, "field": name},
            "color": {"datum": name, "scale": scale, "legend": legend},
            "tooltip": tooltip,
        },
    }


def find_ranges(curve: "Sequence[DecisionPoint]") -> list[tuple[float, float]]:
    """Runs of at least `SHORTEST` thresholds where the gain's whole interval lies above 0."""
    runs = groupby(curve, lambda point: point.gain.low is not None and point.gain.low > 0)
    found = [[point.threshold for point in run] for is_sure, run in runs if is_sure]
    return [(run[0], run[-1]) for run in found if len(run) >= SHORTEST]
