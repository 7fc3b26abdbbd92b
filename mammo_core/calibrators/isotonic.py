"""Any rising curve: the shares of positives that validation rows had."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from mammo_core.calibrators.calibrator import (
    JOINS_BY_PROPORTION,
    Array,
    Calibrator,
    Labels,
    replace_class,
)
from mammo_core.errors import BadConfiguration


@dataclass(frozen=True)
class Isotonic(Calibrator):
    """The rising curve nearest to the truths, straight between its corners, level beyond them.

    It joins scores into steps, so that ties arise and the AUROC may change a little; probabilities
    may become exactly 0 or 1. Under a thousand cases it follows chance more than the model.

    Attributes:
        positive: Index of the class that is calibrated against the rest.
        probabilities: Of the corners, ascending.
        shares: What they become, never falling.
    """

    title: ClassVar = "Isotonic regression"
    reference: ClassVar = "Zadrozny and Elkan 2002, doi:10.1145/775047.775151"
    joins: ClassVar = JOINS_BY_PROPORTION
    positive: int
    probabilities: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        x, y = np.array(self.probabilities, float), np.array(self.shares, float)
        if not (len(x) == len(y) > 0 and (np.diff(x) > 0).all() and (np.diff(y) >= 0).all()):
            raise BadConfiguration("Expected corners of a rising curve, as many shares as scores")
        if not ((x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)).all():
            raise BadConfiguration("Expected corners between 0 and 1")

    @classmethod
    def fit(cls, probabilities: Array, labels: Labels, positive: int) -> Self:
        """The least-squares rising curve."""
        from sklearn.isotonic import IsotonicRegression

        scores = np.clip(probabilities[:, positive], 0, 1)
        curve = IsotonicRegression(y_min=0, y_max=1).fit(scores, labels == positive)
        corners, first = np.unique(curve.X_thresholds_, return_index=True)
        return cls(positive, tuple(corners.tolist()), tuple(curve.y_thresholds_[first].tolist()))

    def apply(self, probabilities: Array) -> Array:
        """(N, K) probabilities."""
        calibrated = np.interp(probabilities[:, self.positive], self.probabilities, self.shares)
        return replace_class(probabilities, self.positive, calibrated)
