"""Whether calibration helped: the same rows before and after it, with one draw of patients."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import PatientSums, resample
from mammo_core.metrics.calibration import (
    bin_sums,
    compute_brier,
    compute_ece,
    squared_error_sums,
)
from mammo_core.metrics.sections.question import Estimates
from mammo_core.predictions import PredictionTable

Sums = Callable[
    [NDArray[np.floating], NDArray[np.bool_], NDArray[np.integer]], NDArray[np.floating]
]
CHANGES = ("ece", "brier")


def estimate_change(
    before: PredictionTable,
    after: PredictionTable,
    positive: int,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """{"ece", "brier"}: after less before, below 0 where it helped; intervals of paired draws.

    Args:
        before: Rows as the model gave them.
        after: The same rows calibrated, in the same order.
        positive: Index of the class asked about.
        bootstrap: Replicates for the intervals.
        seed: Of the replicates.
    """
    errors, bins = (_pair(sums, before, after, positive) for sums in (squared_error_sums, bin_sums))
    draws = {"errors": errors, "bins": bins}
    drawn = resample(draws, n_patients=before.n_patients, replicates=bootstrap, seed=seed)
    estimates = Estimates(drawn, bootstrap)
    return {
        "ece": estimates.spread_of_sums(
            "bins", bins, lambda t: compute_ece(t[1]) - compute_ece(t[0])
        )[0],
        "brier": estimates.spread_of_sums(
            "errors", errors, lambda t: compute_brier(t[1]) - compute_brier(t[0])
        )[0],
    }


def _pair(
    sums: Sums, before: PredictionTable, after: PredictionTable, positive: int
) -> PatientSums:
    """Sums by patient of both tables, before first."""
    both = [
        sums(table.probabilities[:, positive], table.labels == positive, table.patients)
        for table in (before, after)
    ]
    return PatientSums(np.stack(both, axis=1))
