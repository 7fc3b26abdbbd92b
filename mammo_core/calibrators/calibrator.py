"""What a calibrator is: numbers fitted on validation rows that mend a model's probabilities."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Labels = NDArray[np.integer]
CLIP = 1e-6
"""Probabilities nearer to 0 or 1 are fitted as if they were this near."""


class Calibrator(ABC):
    """A fitted map from probabilities to probabilities; its fields are the fitted numbers.

    Final classes are frozen dataclasses whose fields go into JSON as they are.

    Attributes:
        title: The method's name.
        reference: Where it was published.
        joins: In a sentence, what becomes of the classes beside the one asked about.
    """

    title: ClassVar[str]
    reference: ClassVar[str]
    joins: ClassVar[str]

    @classmethod
    @abstractmethod
    def fit(cls, probabilities: Array, labels: Labels, positive: int) -> Self:
        """The calibrator of these rows.

        Args:
            probabilities: (N, K), rows summing to 1.
            labels: (N,) index of the true class.
            positive: Index of the class that calibration is judged by.

        Raises:
            BadTable: Where no finite numbers fit.
        """

    @abstractmethod
    def apply(self, probabilities: Array) -> Array:
        """(N, K) calibrated probabilities, rows summing to 1."""


JOINS_BY_PROPORTION = (
    "The class asked about is calibrated against all others together; what is left of 1 goes to "
    "these in their old proportions."
)


def replace_class(probabilities: Array, place: int, calibrated: Array) -> Array:
    """(N, K) rows where one class has a new probability and the others share what is left.

    Args:
        probabilities: (N, K).
        place: Index of the class.
        calibrated: (N,) its new probabilities.
    """
    others = np.array(probabilities, np.float64)
    others[:, place] = 0
    total = others.sum(axis=1, keepdims=True)
    equal = np.full_like(others, 1 / (others.shape[1] - 1))
    equal[:, place] = 0
    shares = np.divide(others, total, out=equal, where=total > 0)
    joined: Array = shares * (1 - calibrated)[:, None]
    joined[:, place] = calibrated
    return joined
