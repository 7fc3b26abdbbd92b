"""Totals of outcomes over patients, for many ways to sort the rows at once."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.bootstrap import PatientSums, sum_by_patient
from mammo_core.metrics.operating_points import (
    OUTCOMES,
    Rate,
)
from mammo_core.metrics.sections.question import Compute
from mammo_core.predictions import PredictionTable


def of_outcomes(rate: Rate) -> Compute:
    """The rate as a function of totals (4, ...) of outcomes."""
    return lambda totals: rate(*totals)


def sum_outcomes(cells: list[NDArray[np.intp]], table: PredictionTable) -> PatientSums:
    """Totals (4, C) of outcomes for C ways to sort the rows; further cells are left out."""
    n = len(OUTCOMES) + 1
    sums = np.zeros((table.n_patients, len(OUTCOMES), len(cells)), np.float32)
    for i, of_rows in enumerate(cells):
        sums[:, :, i] = sum_by_patient(of_rows, table.patients, n, table.n_patients)[:, :-1]
    return PatientSums(sums)
