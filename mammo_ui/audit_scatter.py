"""Faithfulness against place: a point a method."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.evidence import METRICS
from mammo_ui import audit_charts, charts, frame
from mammo_ui.audit_results import Audit

Row = dict[str, Any]
Box = tuple[float, float, float, float]
TITLE = "Faithfulness against place"
LETTER, LINE = 0.013, 0.045
"""A letter's width and a line's height in shares of the chart, of one of 500 by 330 pixels."""
POINT = (0.014, 0.02)
"""Half of a point's width and height."""
AXES = {
    "x": ("Faithfulness by", "faithfulness", "insertion"),
    "y": ("Place by", "localization", "energy_pointing"),
}
"""Label, family and usual measure of each axis."""


def show_scatter(audit: Audit) -> str | None:
    """The chart by two chosen measures; the method of the clicked point, None without a click."""
    known = {axis: list_measures(audit, family) for axis, (_, family, _) in AXES.items()}
    if not all(known.values()):
        st.markdown(f"**{TITLE}**")
        st.caption("It takes a measure of faithfulness and one of place: audit with both.")
        return None
    measures = _choose(known)
    rows = list_points(audit, measures)
    if not rows:
        st.markdown(f"**{TITLE}**")
        st.caption("No image has a marked lesion that the model calls rightly: place is undefined.")
        return None
    spec = audit_charts.method_scatter(
        *(tell_axis(name) for name in measures.values()),
        {axis: (0, 1) if not METRICS[name].higher_is_better else (1, 0)
         for axis, name in measures.items()},
    )  # fmt: skip
    picked = charts.show_chart(
        TITLE,
        spec,
        "Each point is a method with 95 % intervals over patients; better is to the right and "
        "above. Gray squares know nothing of the model: what stands among them says no more than "
        "they do. Names stand where there is room, the best first; hover a point for its own, "
        "click it for the method's cases.",
        rows,
        key="audit_scatter",
        selects="method",
    )
    return picked[0]["key"] if picked else None


def list_measures(audit: Audit, family: str) -> list[str]:
    """The audit's measures of a family."""
    there = {name for row in audit.summary["methods"].values() for name in row}
    return [name for name, one in METRICS.items() if one.family == family and name in there]


def list_points(audit: Audit, measures: Mapping[str, str]) -> list[Row]:
    """A row a method for which both measures are defined.

    Args:
        audit: The audit.
        measures: {"x" and "y": the measure's name}.
    """
    board = audit.summary["methods"]
    found = {name: {axis: board[name][m] for axis, m in measures.items()} for name in audit.methods}
    rows = [
        _describe(audit, name, both)
        for name, both in found.items()
        if all(one["value"] is not None for one in both.values())
    ]
    lower = {axis: not METRICS[name].higher_is_better for axis, name in measures.items()}
    return _add_labels(rows, lower) if rows else []


def _add_labels(rows: list[Row], is_reversed: Mapping[str, bool]) -> list[Row]:
    """The rows with the method's name where it hides no other name and no point.

    Under `right` or `left`, the side of the point on which it stands. Earlier rows, of the better
    verdicts, come first; controls have none.
    """
    places = {axis: _to_shares(rows, axis, reverse=is_reversed[axis]) for axis in AXES}
    points = list(zip(places["x"], places["y"], strict=True))
    taken = [_box(x, y, -POINT[0], POINT[0], -POINT[1]) for x, y in points]
    for row, (x, y) in zip(rows, points, strict=True):
        wide = LETTER * len(row["method"])
        sides = {"right": _box(x, y, POINT[0], wide), "left": _box(x, y, -wide, -POINT[0])}
        free = [side for side, box in sides.items() if _is_free(box, taken)]
        named = free[:1] if row["level"] != "control" else []
        row |= {side: row["method"] if side in named else "" for side in sides}
        taken += [sides[side] for side in named]
    return rows


def _box(x: float, y: float, left: float, right: float, down: float = 0.0) -> Box:
    return x + left, y + down, x + right, y + LINE


def _is_free(box: Box, taken: list[Box]) -> bool:
    """Whether a box (left, lower, right, upper) lies in the chart and on no other box."""
    is_inside = box[0] >= 0 and box[2] <= 1
    return is_inside and not any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in taken
    )


def _to_shares(rows: list[Row], axis: str, *, reverse: bool) -> list[float]:
    """Where each point lies between the chart's left and right, or lower and upper end."""
    ends = [row[f"{axis}_{end}"] for row in rows for end in ("low", "high")]
    known = [end for end in (*ends, *(row[axis] for row in rows)) if end is not None]
    least, span = min(known), (max(known) - min(known)) or 1.0
    shares = [(row[axis] - least) / span for row in rows]
    return [1 - share for share in shares] if reverse else shares


def tell_axis(measure: str) -> str:
    """The measure with its better direction."""
    one = METRICS[measure]
    return f"{one.title} ({'higher' if one.higher_is_better else 'lower'} is better)"


def _choose(known: Mapping[str, list[str]]) -> dict[str, str]:
    places = dict(zip(AXES, st.columns(2), strict=True))
    return {
        axis: places[axis].selectbox(
            label,
            known[axis],
            index=known[axis].index(usual) if usual in known[axis] else 0,
            format_func=lambda name: METRICS[name].title,
            key=f"audit_{axis}",
        )
        for axis, (label, _, usual) in AXES.items()
    }


def _describe(audit: Audit, name: str, both: Mapping[str, Mapping[str, Any]]) -> Row:
    verdict = audit.summary["verdicts"][name]
    row = {"key": name, "method": METHODS[name].title, "level": verdict["level"],
           "verdict": verdict["words"], "n": min(one["n"] for one in both.values())}  # fmt: skip
    for axis, one in both.items():
        row |= {axis: one["value"], f"{axis}_low": one["low"], f"{axis}_high": one["high"],
                f"{axis}_text": frame.estimate_text(dict(one))}  # fmt: skip
    return row
