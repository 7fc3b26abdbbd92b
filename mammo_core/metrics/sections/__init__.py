"""The sections of an evaluation: which totals each needs drawn, and what it says of them."""

from collections.abc import Callable

from mammo_core.metrics.sections.calibration import Calibration
from mammo_core.metrics.sections.classification import Classification
from mammo_core.metrics.sections.decision_curve import DecisionCurve
from mammo_core.metrics.sections.operating_points import OperatingPoints
from mammo_core.metrics.sections.paradox import Paradox
from mammo_core.metrics.sections.question import Question, Section
from mammo_core.metrics.sections.subgroups import Subgroups

SECTIONS: tuple[Callable[[Question], Section], ...] = (
    Classification,
    OperatingPoints,
    Calibration,
    DecisionCurve,
    Subgroups,
    Paradox,
)
