"""Prediction sets by MAPIE, with the patient as what is exchangeable."""

import warnings
from typing import Any

import numpy as np
from mapie.classification import SplitConformalClassifier
from mapie.conformity_scores import LACConformityScore
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

Array = NDArray[np.float64]

# The answer says in words which classes have too few patients, and what follows.
warnings.filterwarnings("ignore", "WARNING: your conformalization dataset", module=r"mapie\.")


class GivenProbabilities(ClassifierMixin, BaseEstimator):
    """What MAPIE asks for probabilities: it is given them as features and hands them on."""

    def __init__(self, n_classes: int) -> None:
        self.n_classes = n_classes
        self.classes_ = np.arange(n_classes)

    def fit(self, X: Array, y: Any) -> "GivenProbabilities":
        """Nothing is learned."""
        return self

    def predict_proba(self, X: Array) -> Array:
        """The probabilities themselves."""
        return X

    def predict(self, X: Array) -> NDArray[np.intp]:
        """The most probable class."""
        return X.argmax(axis=1)


class GivenThresholds(LACConformityScore):
    """MAPIE's least ambiguous sets, at thresholds that count patients instead of rows.

    MAPIE's own threshold is an order statistic of rows that are exchangeable, which the images of
    a patient are not. Its documented way to another one is a conformity score of one's own.
    """

    def __init__(self, thresholds: Array) -> None:
        """Keep (K,) thresholds of 1 - probability, infinite for a class that is in every set."""
        super().__init__()
        self.thresholds = thresholds

    def get_conformity_score_quantiles(
        self, conformity_scores: Any, alpha_np: Any, *_: Any, **__: Any
    ) -> Array:
        """(K, 1) the given thresholds."""
        return self.thresholds[:, None]


def build_sets(
    calibration: Array, labels: NDArray[np.intp], probabilities: Array, *, score: Any, alpha: float
) -> NDArray[np.bool_]:
    """(N, K) which classes are in each row's set.

    Args:
        calibration: (M, K) probabilities of the rows that calibrate, each summing to 1.
        labels: (M,) their true classes.
        probabilities: (N, K) of the rows that get sets.
        score: A conformity score of MAPIE's or its name, such as "lac".
        alpha: One minus the coverage that is asked for.
    """
    mapie = SplitConformalClassifier(
        GivenProbabilities(calibration.shape[1]),
        confidence_level=1 - alpha,
        conformity_score=score,
        prefit=True,
    )
    mapie.conformalize(calibration, labels)
    sets: NDArray[np.bool_] = mapie.predict_set(probabilities)[1][:, :, 0]
    return sets
