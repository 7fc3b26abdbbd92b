"""ROC and precision-recall with their bands; a click on a curve moves the threshold."""

from collections.abc import Mapping

import streamlit as st

from mammo_core.metrics.curve_tables import tabulate_curve
from mammo_ui import charts, frame, state, thresholds
from mammo_ui.charts import Row, Spec
from mammo_ui.results import Evaluation
from mammo_ui.theme import MODEL_A, MUTED, VERMILION

Point = Mapping[str, float | None]
CLICK = "Click a point of the curve to set the threshold there."
FALSE_ALARMS, FOUND, PRECISION = "1 - specificity", "Sensitivity", "Precision (PPV)"


def show_roc(choice: state.Choice, evaluation: Evaluation, rates: thresholds.Rates) -> None:
    """The ROC curve with its band and the operating point."""
    auroc = evaluation["per_class"][evaluation["positive"]]["auroc"]
    curves = thresholds.draw_curves(choice)
    point = {
        FALSE_ALARMS: _one_minus(rates["specificity"]["value"]),
        FOUND: rates["sensitivity"]["value"],
    }
    _show(
        f"ROC: AUROC {frame.estimate_text(auroc)}",
        tabulate_curve(curves.roc, curves.roc_band, FALSE_ALARMS, FOUND),
        draw_curve(
            FALSE_ALARMS, FOUND, point, choice.threshold, _count_clicks("roc"), diagonal=True
        ),
        "The nearer to the top left, the better; the dashed line is chance, the diamond the "
        f"threshold, the band holds 95 % of the resampled curves. {CLICK}",
        key="roc",
    )


def show_precision_recall(
    choice: state.Choice, evaluation: Evaluation, rates: thresholds.Rates
) -> None:
    """Precision against recall with its band and the operating point."""
    found = evaluation["per_class"][evaluation["positive"]]
    curves = thresholds.draw_curves(choice)
    point = {FOUND: rates["sensitivity"]["value"], PRECISION: rates["ppv"]["value"]}
    share = found["support"] / max(1, evaluation["n"])
    _show(
        f"Precision-recall: AP {frame.estimate_text(found['average_precision'])}",
        tabulate_curve(curves.precision_recall, curves.precision_band, FOUND, PRECISION),
        draw_curve(FOUND, PRECISION, point, choice.threshold, _count_clicks("precision_recall")),
        "AP is the average precision. The nearer to the top right, the better; chance lies at "
        f"{share:.2f}, the share of positive cases. Curve and AP hold at that share, whatever "
        f"prevalence is set above. {CLICK}",
        key="precision_recall",
    )


def _show(title: str, rows: list[Row], spec: Spec, reading: str, *, key: str) -> None:
    if not rows:
        st.markdown(f"**{title}**")
        st.info("There is no such curve without positive cases, and no ROC without negative ones.")
        return
    charts.show_chart(
        title, spec, reading, rows, key=key, selects="point",
        on_select=lambda: take_threshold(key),
    )  # fmt: skip


def take_threshold(key: str) -> None:
    """Move the threshold to the point that was clicked in the chart of that key."""
    picked = st.session_state[key]["selection"].get("point") or [{}]
    threshold = picked[0].get("threshold")
    if threshold is not None:
        state.set_threshold(threshold)
        st.session_state[f"{key}_clicks"] = _count_clicks(key) + 1


def _count_clicks(key: str) -> int:
    """How often the threshold was taken from the chart of that key."""
    clicks: int = st.session_state.get(f"{key}_clicks", 0)
    return clicks


def draw_curve(
    x: str, y: str, point: Point, threshold: float, clicks: int, *, diagonal: bool = False
) -> Spec:
    """A line over two shares with its band; its points can be clicked (selection "point").

    Args:
        x: Field of the horizontal axis, also its title.
        y: Field of the vertical axis, also its title.
        point: The operating point, with the same fields; not drawn where one is None.
        threshold: Of the operating point.
        clicks: How many there were. It is part of what a click selects, so that a second one on
            the same point is news.
        diagonal: Whether to draw the line of chance from corner to corner.
    """
    is_known = None not in point.values()
    tooltip = [{"field": name, "format": ".3f"} for name in (x, y, "threshold")]
    mark = {"data": {"values": [{**point, "threshold": threshold}] if is_known else []},
            "mark": {"type": "point", "filled": True, "size": 130, "color": VERMILION,
                     "opacity": 1, "shape": "diamond"},
            "encoding": {"tooltip": tooltip}}  # fmt: skip
    layers = [_draw_band(y), _draw_line(), _draw_points(clicks, tooltip), mark]
    return {
        "height": 280,
        "encoding": {
            "x": {"field": x, "type": "quantitative", "title": x, "scale": charts.UNIT},
            "y": {"field": y, "type": "quantitative", "title": y, "scale": charts.UNIT},
        },
        "layer": [_draw_diagonal(x, y), *layers] if diagonal else layers,
    }


def _draw_diagonal(x: str, y: str) -> Spec:
    line = {"type": "line", "color": MUTED, "strokeDash": [4, 4]}
    return {"mark": line, "data": {"values": [{x: 0, y: 0}, {x: 1, y: 1}]}}


def _draw_band(y: str) -> Spec:
    low = {"field": "low", "type": "quantitative", "title": y, "scale": charts.UNIT}
    return {
        "transform": [{"filter": "datum.part === 'band'"}],
        "mark": {"type": "area", "color": MODEL_A, "opacity": 0.18, "line": False},
        "encoding": {"y": low, "y2": {"field": "high"}},
    }


def _draw_line() -> Spec:
    return {
        "transform": [{"filter": "datum.part === 'curve'"}],
        "mark": {"type": "line", "color": MODEL_A, "strokeWidth": 2.5, "interpolate": "linear"},
        "encoding": {"order": {"field": "order", "type": "quantitative"}},
    }


def _draw_points(clicks: int, tooltip: list[dict[str, str]]) -> Spec:
    """Unseen marks along the line, the nearest of which a click finds."""
    select = {"type": "point", "fields": ["threshold", "click"], "nearest": True}
    return {
        "transform": [
            {"filter": "datum.part === 'curve' && datum.threshold !== null"},
            {"calculate": str(clicks), "as": "click"},
        ],
        "mark": {"type": "point", "size": 60, "opacity": 0, "filled": True, "cursor": "pointer"},
        "params": [{"name": "point", "select": select}],
        "encoding": {"tooltip": tooltip},
    }


def _one_minus(value: float | None) -> float | None:
    return None if value is None else 1 - value
