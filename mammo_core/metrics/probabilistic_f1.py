"""F1 of the probabilities themselves, without a threshold, as the RSNA challenge of 2023 had it.

A case called with probability p counts as p of a hit or p of a false alarm.
"""

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.classification import divide

Array = NDArray[np.floating]


def soft_sums(
    probabilities: Array, labels: NDArray[np.integer], patients: NDArray[np.integer]
) -> NDArray[np.float64]:
    """(patients, 3, K): of each patient and class the soft hits, soft false alarms, and positives.

    Args:
        probabilities: (N, K).
        labels: (N,) in 0..K - 1.
        patients: (N,) small non-negative integers.
    """
    truth = np.eye(probabilities.shape[1])[labels]
    parts = np.stack([probabilities * truth, probabilities * (1 - truth), truth], axis=1)
    columns = parts.reshape(len(labels), -1).T
    sums = [np.bincount(patients, weights=column) for column in columns]
    return np.stack(sums, axis=1, dtype=np.float64).reshape(-1, *parts.shape[1:])


def compute_pf1(sums: Array) -> Array:
    """(K, ...) probabilistic F1 of each class from (3, K, ...) `soft_sums`; NaN without positives.

    The harmonic mean of soft precision, hits / (hits + false alarms), and soft recall, hits /
    positives (beta = 1).

    Source: Yacouby and Axman 2020, doi:10.18653/v1/2020.eval4nlp-1.9, with the recall of the RSNA
        Screening Mammography Breast Cancer Detection challenge.
    """
    hits, alarms, positives = sums
    return np.where(positives > 0, divide(2 * hits, hits + alarms + positives), np.nan)
