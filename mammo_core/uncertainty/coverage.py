"""Whether conformal sets keep their promise: coverage of all rows and of each class, with size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import PatientSums, resample, sum_by_patient
from mammo_core.metrics.classification import divide
from mammo_core.metrics.sections.question import Compute, Estimates
from mammo_core.predictions import PredictionTable

Array = NDArray[np.floating]
SHARES: dict[str, Compute] = {
    "single": lambda totals: divide(totals[1], totals.sum(axis=0)),
    "empty": lambda totals: divide(totals[0], totals.sum(axis=0)),
}
"""Of the rows, each from (K + 1, ...) totals of rows with sets of 0, 1, ... K classes."""


def estimate_coverage(
    table: PredictionTable,
    sets: NDArray[np.bool_],
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """`coverage, per_class, mean_size, single, empty` with 95 % intervals over patients.

    Args:
        table: The rows, every label known.
        sets: (N, K) which classes are in each row's set.
        replicates: Of the percentile bootstrap.
        seed: Of the replicates.
    """
    n, n_classes = table.n_patients, len(table.classes)
    is_covered = sets[np.arange(len(sets)), table.labels]
    cells = 2 * table.labels + is_covered
    covered = PatientSums(
        sum_by_patient(cells, table.patients, 2 * n_classes, n).reshape(n, n_classes, 2)
    )
    sizes = PatientSums(sum_by_patient(sets.sum(axis=1), table.patients, n_classes + 1, n))
    statistics = {"covered": covered, "sizes": sizes}
    drawn = resample(statistics, n_patients=n, replicates=replicates, seed=seed)
    estimates = Estimates(drawn, replicates)
    of_classes = estimates.of_rates("covered", covered, _of_each_class)
    return {
        "coverage": estimates.of_rates("covered", covered, _of_all)[0],
        "per_class": {
            name: {"n": int(covered.totals[k].sum()), "coverage": of_classes[k]}
            for k, name in enumerate(table.classes)
        },
        "mean_size": estimates.of_sums("sizes", sizes, _mean_size)[0],
        **{name: estimates.of_rates("sizes", sizes, f)[0] for name, f in SHARES.items()},
    }


def _of_all(totals: Array) -> Array:
    """Share of covered rows from (K, 2, ...) totals of rows that are not and that are covered."""
    return divide(totals[:, 1].sum(axis=0), totals.sum(axis=(0, 1)))


def _of_each_class(totals: Array) -> Array:
    return divide(totals[:, 1], totals.sum(axis=1))


def _mean_size(totals: Array) -> Array:
    return divide(np.tensordot(np.arange(len(totals)), totals, axes=1), totals.sum(axis=0))
