"""One number that makes all probabilities bolder or more careful."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from mammo_core.calibrators.calibrator import CLIP, Array, Calibrator, Labels
from mammo_core.errors import BadConfiguration, BadTable

LIMITS = (0.02, 50.0)


@dataclass(frozen=True)
class Temperature(Calibrator):
    """Logits divided by one temperature: p_k becomes p_k ** (1 / T), made to sum to 1.

    The order of a row's classes stays, so that no prediction changes. Fitted by maximum likelihood.

    Attributes:
        temperature: Above 1 softens, below 1 sharpens.
    """

    title: ClassVar = "Temperature scaling"
    reference: ClassVar = "Guo et al. 2017, arXiv:1706.04599"
    joins: ClassVar = "All classes are scaled alike; the most probable class stays the same."
    temperature: float

    def __post_init__(self) -> None:
        if not LIMITS[0] <= self.temperature <= LIMITS[1]:
            raise BadConfiguration(
                f"Expected a temperature from {LIMITS[0]} to {LIMITS[1]}, got {self.temperature:g}"
            )

    @classmethod
    def fit(cls, probabilities: Array, labels: Labels, positive: int) -> Self:
        """The temperature with the least negative log likelihood of the true classes."""
        from scipy.optimize import minimize_scalar

        logs = np.log(np.clip(probabilities, CLIP, 1))
        _check_fit(logs, labels)
        found = minimize_scalar(
            lambda log_t: _negative_log_likelihood(logs / np.exp(log_t), labels),
            bounds=tuple(np.log(LIMITS)),
            method="bounded",
            options={"xatol": 1e-8},
        )
        return cls(float(np.clip(np.exp(found.x), *LIMITS)))

    def apply(self, probabilities: Array) -> Array:
        """(N, K) probabilities with each row's classes in the same order."""
        with np.errstate(divide="ignore"):  # what is impossible stays so
            logs = np.log(np.maximum(probabilities, 0)) / self.temperature
        powers = np.exp(logs - logs.max(axis=1, keepdims=True))
        scaled: Array = powers / powers.sum(axis=1, keepdims=True)
        return scaled


def _negative_log_likelihood(logs: Array, labels: Labels) -> float:
    top = logs.max(axis=1)
    totals = top + np.log(np.exp(logs - top[:, None]).sum(axis=1))
    return float((totals - logs[np.arange(len(labels)), labels]).mean())


def _check_fit(logs: Array, labels: Labels) -> None:
    """Refuse rows whose likelihood, convex in 1 / T, has no minimum above T = 0 and below infinity.

    It has one where some row errs, and where the true classes lie above the average on the whole.
    """
    true = logs[np.arange(len(labels)), labels]
    if (true == logs.max(axis=1)).all():
        why = "the most probable class is the true one in every row"
    elif true.mean() <= logs.mean():
        why = "the probabilities of the true classes are no higher than those of the others"
    else:
        return
    raise BadTable(
        f"No temperature fits: {why}; take more validation images, or leave the probabilities as "
        "they are"
    )
