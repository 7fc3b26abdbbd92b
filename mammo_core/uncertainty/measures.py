"""How unsure a model is: of each row's probabilities, or of several passes over the same row.

Rows sum to 1. Whatever depends on the number of classes is divided by its largest value, so that
models with two and with five classes can be held against each other.
"""

import numpy as np

from mammo_core.uncertainty.measure import Array

SMALLEST = 1e-12  # keeps the logarithm of a probability finite


def compute_entropy(probabilities: Array) -> Array:
    """(...) Shannon entropy over its largest value of (..., K) probabilities, from 0 to 1."""
    logs = np.log(np.maximum(probabilities, SMALLEST))
    entropy = -(probabilities * logs).sum(axis=-1) / np.log(probabilities.shape[-1])
    return np.clip(entropy, 0, 1)


def compute_closeness(probabilities: Array) -> Array:
    """(N,) one minus the margin by which the first class leads the second, from 0 to 1."""
    second, first = np.sort(probabilities, axis=-1)[..., -2:].T
    return np.clip(1 - (first - second), 0, 1)


def compute_lack_of_confidence(probabilities: Array) -> Array:
    """(N,) what the most probable class lacks of 1, over its largest value, from 0 to 1."""
    n_classes = probabilities.shape[-1]
    return np.clip((1 - probabilities.max(axis=-1)) * n_classes / (n_classes - 1), 0, 1)


def compute_mutual_information(passes: Array) -> Array:
    """(N,) entropy of the mean less mean entropy of (P, N, K) passes, from 0 to 1.

    It is 0 where all passes agree, however unsure each is: what it measures is disagreement.
    """
    gap = compute_entropy(passes.mean(axis=0)) - compute_entropy(passes).mean(axis=0)
    return np.clip(gap, 0, 1)


def compute_deviation(passes: Array) -> Array:
    """(N,) standard deviation over (P, N, K) passes of the last class, from 0 to 0.5."""
    return passes[..., -1].std(axis=0)
