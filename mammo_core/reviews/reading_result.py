"""What a blinded reading comes to: reader and model against the truth, and against each other."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.errors import BadTable
from mammo_core.metrics.auroc import estimate_auroc
from mammo_core.metrics.bootstrap import PatientSums, resample, sum_by_patient
from mammo_core.metrics.cautions import list_cautions
from mammo_core.metrics.classification import (
    Array,
    compute_accuracy,
    compute_cohen_kappa,
    compute_recall,
    compute_specificity,
)
from mammo_core.metrics.comparison import delong
from mammo_core.metrics.estimate import none_if_nan
from mammo_core.metrics.sections.question import Estimates
from mammo_core.predictions import PredictionTable
from mammo_core.reviews.readings import Verdict

Codes = NDArray[np.intp]


def judge_reading(
    table: PredictionTable, verdicts: Mapping[str, Verdict], *, replicates: int = 1000
) -> dict[str, Any]:
    """Agreement with 95 % intervals over patients.

    Sensitivity, specificity and AUROC are of the last, most severe class; the reader's score is
    the suspicion, the model's the probability. p is of the two AUROCs, clustered by patient.

    Args:
        table: The model's predictions at image level, every label known.
        verdicts: The reader's, by image id.
        replicates: Of the bootstrap.

    Raises:
        BadTable: Where none of the judged images is in the table.
    """
    rows = np.flatnonzero(table.frame["image_id"].isin(list(verdicts)).to_numpy())
    if not len(rows):
        raise BadTable("None of the cases that were judged is among the model's predictions")
    table = table.take(rows)
    said = [verdicts[name] for name in table.frame["image_id"]]
    reader = np.array([table.class_index(verdict.label) for verdict in said], dtype=np.intp)
    suspicion = np.array([verdict.suspicion for verdict in said], float)
    truth, model, severe = table.labels, table.predicted, len(table.classes) - 1
    scores = {"reader": suspicion, "model": table.probabilities[:, severe]}
    comparing = _Comparing(table, replicates)
    return {
        "n": len(table),
        "patients": table.n_patients,
        "classes": list(table.classes),
        "positive": table.classes[severe],
        "reader": comparing.with_truth(reader, scores["reader"]),
        "model": comparing.with_truth(model, scores["model"]),
        "auroc_p": _p_of_difference(truth == severe, scores, table.patients),
        "agreement": comparing.of_calls(reader, model),
        "seconds_a_case": float(np.median([verdict.seconds for verdict in said])),
        "warnings": list_cautions(table, severe),
        "disagreements": table.frame["image_id"].to_numpy(dtype=object)[reader != model].tolist(),
    }


def tabulate_reading(
    table: PredictionTable, verdicts: Mapping[str, Verdict]
) -> list[dict[str, Any]]:
    """A row a judged case, in the order of the reading: truth, reader, model."""
    frame = table.frame.set_index("image_id")
    predicted = pd.Series(np.array(table.classes)[table.predicted], frame.index)
    return [
        {
            "image_id": name,
            "truth": frame["label"].get(name),
            "reader": verdict.label,
            "model": predicted.get(name),
            "suspicion": verdict.suspicion,
            f"p_{table.classes[-1]}": frame[f"p_{table.classes[-1]}"].get(name),
            "seconds": verdict.seconds,
            "note": verdict.note,
        }
        for name, verdict in verdicts.items()
    ]


class _Comparing:
    """Estimates from tables of one call against another."""

    def __init__(self, table: PredictionTable, replicates: int) -> None:
        self._table = table
        self._replicates = replicates

    def with_truth(self, calls: Codes, scores: Array) -> dict[str, Any]:
        table, severe = self._table, len(self._table.classes) - 1
        sums = self._sum(table.labels, calls)
        estimates = self._draw(sums)
        rates = {"sensitivity": compute_recall, "specificity": compute_specificity}
        return {
            "accuracy": estimates.of_rates("calls", sums, compute_accuracy)[0],
            "kappa": estimates.of_sums("calls", sums, compute_cohen_kappa)[0],
            **{
                name: estimates.of_rates("calls", sums, rate)[severe]
                for name, rate in rates.items()
            },
            "auroc": estimate_auroc(scores, table.labels == severe, table.patients).to_json(),
        }

    def of_calls(self, one: Codes, other: Codes) -> dict[str, Any]:
        sums = self._sum(one, other)
        estimates = self._draw(sums)
        return {
            "same": estimates.of_rates("calls", sums, compute_accuracy)[0],
            "kappa": estimates.of_sums("calls", sums, compute_cohen_kappa)[0],
        }

    def _sum(self, one: Codes, other: Codes) -> PatientSums:
        n, table = len(self._table.classes), self._table
        sums = sum_by_patient(one * n + other, table.patients, n * n, table.n_patients)
        return PatientSums(sums.reshape(-1, n, n))

    def _draw(self, sums: PatientSums) -> Estimates:
        replicates, n_patients = self._replicates, self._table.n_patients
        options = {"n_patients": n_patients, "replicates": replicates, "seed": 0}
        return Estimates(resample({"calls": sums}, **options), replicates)


def _p_of_difference(
    is_positive: NDArray[np.bool_], scores: Mapping[str, Array], patients: NDArray[np.intp]
) -> float | None:
    return none_if_nan(
        delong(is_positive.astype(int), scores["reader"], scores["model"], patients).p
    )
