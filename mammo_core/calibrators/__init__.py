"""Calibrators: maps from a model's probabilities to ones that keep their word."""

from mammo_core.calibrators.calibrator import Calibrator
from mammo_core.calibrators.isotonic import Isotonic
from mammo_core.calibrators.platt import Platt
from mammo_core.calibrators.temperature import Temperature

CALIBRATION = "calibration.json"
"""Where a model's fitted calibrators lie, in its folder."""

CALIBRATORS: dict[str, type[Calibrator]] = {
    "temperature": Temperature,
    "platt": Platt,
    "isotonic": Isotonic,
}
"""In the order in which to try them: the fewer numbers fitted, the less they follow chance."""
