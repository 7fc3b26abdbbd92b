"""Of how many patients a rate is, at any threshold."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


class PatientCounts:
    """Patients who have rows that count in a rate's denominator."""

    def __init__(
        self, scores: Array, is_positive: NDArray[np.bool_], patients: NDArray[np.integer]
    ) -> None:
        """Keep each patient's highest and lowest score.

        Args:
            scores: (N,) of the positive class.
            is_positive: (N,).
            patients: (N,) 0, 1, ..., every number there.
        """
        self._n = int(patients.max()) + 1
        self._with_kind = [
            int(np.count_nonzero(np.bincount(patients[of_kind], minlength=self._n)))
            for of_kind in (~is_positive, is_positive)
        ]
        self._highest, self._lowest = np.full(self._n, -np.inf), np.full(self._n, np.inf)
        np.maximum.at(self._highest, patients, scores)
        np.minimum.at(self._lowest, patients, scores)
        self._highest.sort()
        self._lowest.sort()

    def at_threshold(self, threshold: float) -> dict[str, int]:
        """Patients behind each of `RATES` where p >= threshold is called."""
        negative, positive = self._with_kind
        return {
            "sensitivity": positive,
            "specificity": negative,
            "ppv": self._n - int(np.searchsorted(self._highest, threshold)),
            "npv": int(np.searchsorted(self._lowest, threshold)),
            "recall_rate": self._n,
            "f1": positive,
        }
