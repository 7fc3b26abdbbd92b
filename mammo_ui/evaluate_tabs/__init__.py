"""The tabs of the Evaluate page, in their order; each draws itself, and only while it is open."""

from collections.abc import Callable
from typing import Any

from mammo_ui.evaluate_tabs import (
    calibration,
    decision_curve,
    operating_points,
    per_class,
    scores,
    slices,
    subgroups,
    uncertainty,
)
from mammo_ui.state import Choice

Show = Callable[[Choice, dict[str, Any]], None]
"""Draws a tab of a choice and its evaluation, as the verb `evaluate` answers it."""

TABS: dict[str, Show] = {
    "Per class": per_class.show,
    "Operating points": operating_points.show,
    "Calibration": calibration.show,
    "Decision curve": decision_curve.show,
    "Scores": scores.show,
    "Subgroups": subgroups.show,
    "Slices": slices.show,
    "Uncertainty": uncertainty.show,
}
