"""Faithfulness against place: a point a method."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_core.evidence import METRICS
from mammo_ui import audit_charts, charts, frame
from mammo_ui.audit_results import Audit

Row = dict[str, Any]
AXES = {
    "x": ("Faithfulness by", "faithfulness", "insertion"),
    "y": ("Place by", "localization", "energy_pointing"),
}
"""Label, family and usual measure of each axis."""


def show_scatter(audit: Audit) -> str | None:
    """The chart by two chosen measures; the method of the clicked point, None without a click."""
    known = {axis: list_measures(audit, family) for axis, (_, family, _) in AXES.items()}
    if not all(known.values()):
        st.markdown("**Faithfulness against place**")
        st.caption("It takes a measure of faithfulness and one of place: audit with both.")
        return None
    measures = _choose(known)
    rows = list_points(audit, measures)
    spec = audit_charts.method_scatter(
        *(tell_axis(name) for name in measures.values()),
        {axis: (0, 1) if not METRICS[name].higher_is_better else (1, 0)
         for axis, name in measures.items()},
    )  # fmt: skip
    picked = charts.show_chart(
        "Faithfulness against place",
        spec,
        "Each point is a method with 95 % intervals over patients; better is to the right and "
        "above. Gray squares know nothing of the model: what stands among them says no more than "
        "they do; hover one for its name. Click a point for the method's cases.",
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
    return [
        _describe(audit, name, both)
        for name, both in found.items()
        if all(one["value"] is not None for one in both.values())
    ]


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
