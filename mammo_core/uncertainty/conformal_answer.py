"""What the verb `conformal` and the page say of the sets of a table or of a model on a dataset."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mammo_core.errors import BadTable
from mammo_core.metrics.selection import EvaluationOptions, select
from mammo_core.predictions import PredictionTable
from mammo_core.uncertainty.conformal import CONFORMAL, count_patients, predict_sets, tell_sets
from mammo_core.uncertainty.coverage import estimate_coverage
from mammo_core.uncertainty.validation_rows import (
    EXCHANGEABLE,
    find_validation,
)
from mammo_core.validation_rows import ValidationRows
from mammo_core.wording import count


@dataclass(frozen=True, kw_only=True)
class ConformalOptions:
    """What is asked of a table.

    Attributes:
        coverage: How often the true class shall be in the set, between 0 and 1.
        calibrate_on: The split that calibrates.
        rows: Which rows get sets, and with how many replicates their coverage is estimated.
    """

    coverage: float = 0.9
    calibrate_on: str = "val"
    rows: EvaluationOptions


def answer_model(model: str, dataset: str, options: ConformalOptions) -> dict[str, Any]:
    """The sets of a model on a dataset; it is predicted first where no table is up to date."""
    from mammo_core.datasets import load_dataset
    from mammo_core.metrics.stored import read_model_predictions
    from mammo_core.model_store import find_model

    table = read_model_predictions(model, dataset, options.rows.split, "conformal")
    if options.calibrate_on in set(load_dataset(dataset).index["split"].dropna()):
        table = read_model_predictions(model, dataset, options.calibrate_on, "conformal")
    found = find_validation(find_model(model), table, options.calibrate_on)
    return answer_table(table, found, options)


def answer_table(
    table: PredictionTable, calibration: ValidationRows | None, options: ConformalOptions
) -> dict[str, Any]:
    """The sets of a table's rows by every method, and whether they keep their promise.

    Args:
        table: At image level.
        calibration: By what the sets are chosen.
        options: What is asked.

    Raises:
        BadTable: Without rows to calibrate on, or where a method cannot use them.
        BadConfiguration: As `predict_sets`.
    """
    if calibration is None:
        raise BadTable(
            f"Expected rows of the split '{options.calibrate_on}' to calibrate on, found none; "
            "predict a dataset that has them, or bring tables of both: --predictions FILE "
            "--calibration VALIDATION_FILE"
        )
    units, warnings = select(table, options.rows)
    chosen, more = select(calibration.table, replace(options.rows, split="all"))
    warnings = [*warnings, *more, *calibration.warnings]
    shared = _warn_of_shared(units, chosen) if calibration.is_same_data else []
    return {
        **_facts(units, options),
        "calibration": {
            "of": calibration.origin,
            "n": len(chosen),
            "patients": chosen.n_patients,
            "patients_per_class": count_patients(chosen),
        },
        "methods": {name: _answer_by(name, units, chosen, options) for name in CONFORMAL},
        "exchangeable": EXCHANGEABLE,
        "warnings": [*warnings, *_warn_of_few(chosen, options.coverage), *shared],
    }


def _facts(units: PredictionTable, options: ConformalOptions) -> dict[str, Any]:
    return {
        "n": len(units),
        "patients": units.n_patients,
        "split": options.rows.split,
        "level": options.rows.level,
        "aggregation": options.rows.aggregation,
        "classes": list(units.classes),
        "asked": options.coverage,
    }


def _answer_by(
    method: str, units: PredictionTable, calibration: PredictionTable, options: ConformalOptions
) -> dict[str, Any]:
    alpha, rows = 1 - options.coverage, options.rows
    sets = predict_sets(calibration, units, method=method, alpha=alpha)
    least = 1 - CONFORMAL[method].find_thresholds(calibration, alpha)
    named = zip(units.classes, least.tolist(), strict=True)
    return {
        "title": CONFORMAL[method].title,
        "least_probability": {name: p if np.isfinite(p) else None for name, p in named},
        **estimate_coverage(units, sets, replicates=rows.bootstrap, seed=rows.seed),
        "sets": tell_sets(sets, units.classes),
    }


def _warn_of_few(calibration: PredictionTable, coverage: float) -> list[str]:
    least = int(np.ceil(1 / (1 - coverage) - 1e-9)) - 1
    return [
        f"Only {count(n, 'patient')} of those that calibrate {'has' if n == 1 else 'have'} a "
        f"'{name}': with fewer than {least} that class is in every set of its own threshold"
        for name, n in count_patients(calibration).items()
        if n < least
    ]


def _warn_of_shared(units: PredictionTable, calibration: PredictionTable) -> list[str]:
    of_both = [set(table.frame["patient_id"]) for table in (units, calibration)]
    n = len(of_both[0] & of_both[1])
    return [f"{count(n, 'patient')} both calibrate and are judged: the coverage flatters"] * (n > 0)
