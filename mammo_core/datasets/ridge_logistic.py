"""Logistic regression with a ridge penalty, on counts of equal rows."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

MAX_STEPS = 100
ENOUGH = 1e-8
"""Steps smaller than this, in log odds, end the search."""
TINY = 1e-9
"""Keeps the equations solvable where all probabilities are 0 or 1."""


def fit_ridge_logistic(
    design: NDArray[np.float64], n: NDArray[np.integer], k: NDArray[np.integer]
) -> NDArray[np.float64]:
    """(1 + levels,) intercept and weights of a logistic regression, by Newton's method.

    The penalty is half the squared weights, the intercept's apart: scikit-learn's with C = 1.

    Args:
        design: (D, levels).
        n: (D,) how many times each row was seen; k of them were positive.
        k: (D,) with 0 < sum(k) < sum(n).
    """
    X = np.column_stack([np.ones(len(design)), design])
    penalty = np.r_[0.0, np.ones(design.shape[1])]

    def loss(weights: NDArray[np.float64]) -> float:
        odds = X @ weights
        return float(n @ np.logaddexp(0, odds) - k @ odds + penalty @ weights**2 / 2)

    weights = np.zeros(X.shape[1])
    weights[0] = logit(k.sum() / n.sum())
    for _ in range(MAX_STEPS):
        p = expit(X @ weights)
        slope = X.T @ (k - n * p) - penalty * weights
        curvature = (X.T * (n * p * (1 - p))) @ X + np.diag(penalty + TINY)
        step = np.linalg.solve(curvature, slope)
        while loss(weights + step) > loss(weights) and np.abs(step).max() > ENOUGH:
            step /= 2
        weights += step
        if np.abs(step).max() <= ENOUGH:
            break
    return weights
