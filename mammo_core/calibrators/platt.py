"""A line on the logit: the probabilities' slope and height set right."""

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Self

import numpy as np

from mammo_core.calibrators.calibrator import (
    JOINS_BY_PROPORTION,
    Array,
    Calibrator,
    Labels,
    replace_class,
)
from mammo_core.errors import BadConfiguration, BadTable


@dataclass(frozen=True)
class Platt(Calibrator):
    """sigmoid(slope * logit(p) + intercept) for the positive class against the rest.

    Fitted by maximum likelihood to Platt's softened truths, (n + 1) / (n + 2) for the n positives
    and 1 / (m + 2) for the m others, so that a fit exists even where the classes are separated.

    Attributes:
        positive: Index of the class.
        slope: Above 0, so that the order of the rows stays.
        intercept: Above 0 makes the class more probable.
    """

    title: ClassVar = "Platt scaling"
    reference: ClassVar = "Platt 1999, Probabilistic outputs for support vector machines"
    joins: ClassVar = JOINS_BY_PROPORTION
    positive: int
    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (isfinite(self.slope) and self.slope > 0 and isfinite(self.intercept)):
            raise BadConfiguration(
                "Expected a finite intercept and a slope above 0, got "
                f"{self.intercept:g} and {self.slope:g}"
            )

    @classmethod
    def fit(cls, probabilities: Array, labels: Labels, positive: int) -> Self:
        """The line through the logits of the positive class."""
        from mammo_core.metrics.calibration import fit_logistic, to_logits

        is_positive = labels == positive
        n, m = np.count_nonzero(is_positive), np.count_nonzero(~is_positive)
        truth = np.where(is_positive, (n + 1) / (n + 2), 1 / (m + 2))
        logits = to_logits(probabilities[:, positive])
        intercepts, slopes = fit_logistic(logits, (1 - truth)[:, None], truth[:, None])
        if not slopes[0] > 0:
            raise BadTable(
                "No line fits: the validation probabilities do not rank the positive class above "
                "the others, which no calibration mends"
            )
        return cls(positive, float(slopes[0]), float(intercepts[0]))

    def apply(self, probabilities: Array) -> Array:
        """(N, K) probabilities; 0 and 1 stay what they are."""
        from scipy.special import expit, logit

        logits = logit(np.clip(probabilities[:, self.positive], 0, 1))
        calibrated = expit(self.slope * logits + self.intercept)
        return replace_class(probabilities, self.positive, calibrated)
