"""What is said of referring the cases that a model is least sure of, by the verb and the page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.metrics.referral_sweep import ReferralSweep
from mammo_core.metrics.risk_coverage import (
    REFERRAL_RATES,
    JudgedRows,
    compute_best_aurc,
    find_limit,
)
from mammo_core.metrics.selection import EvaluationOptions, select, tell_rows
from mammo_core.predictions import PredictionTable
from mammo_core.uncertainty import MEASURES, PASS_MEASURES
from mammo_core.wording import count

if TYPE_CHECKING:
    from mammo_core.validation_rows import ValidationRows

Array = NDArray[np.float64]


def measure_rows(table: PredictionTable, measure: str) -> Array:
    """(N,) how unsure each row's probabilities are.

    Raises:
        BadConfiguration: For an unknown measure.
    """
    if measure not in MEASURES:
        raise BadConfiguration(f"Expected a measure of {', '.join(MEASURES)}, got '{measure}'")
    return MEASURES[measure].compute(table.probabilities)


def join_passes(units: PredictionTable, passes: pd.DataFrame, measure: str) -> Array:
    """(N,) a measure of several passes; the mean of the images of a larger unit.

    Args:
        units: At any level.
        passes: A row an image, as `read_passes` gives them.
        measure: A key of `PASS_MEASURES`, a column of them.

    Raises:
        BadTable: Where an image of the units was not asked about.
    """
    images, rows = units.members or (units.frame["image_id"].to_numpy(), np.arange(len(units)))
    values = passes.set_index("image_id")[measure].reindex(images).to_numpy(np.float64)
    missing = int(np.isnan(values).sum())
    if missing:
        raise BadTable(
            f"Expected several passes over each of {count(len(images), 'image')}, {missing} were "
            "not asked about; run `uncertainty` without --split, or on this one"
        )
    sums: Array = np.bincount(rows, values, len(units)) / np.bincount(rows, minlength=len(units))
    return sums


def judge_rows(
    units: PredictionTable, uncertainty: Array, positive: int, threshold: float
) -> JudgedRows:
    """The rows, every label known, with what the model makes of them at a threshold."""
    return JudgedRows(
        uncertainty,
        is_wrong=units.predicted != units.labels,
        is_positive=units.labels == positive,
        is_called=units.probabilities[:, positive] >= threshold,
        patients=units.patients,
    )


def answer_referral(
    table: PredictionTable,
    options: EvaluationOptions,
    *,
    measure: str = "entropy",
    shares: Sequence[float] = REFERRAL_RATES,
    passes: pd.DataFrame | None = None,
    validation: "ValidationRows | None" = None,
) -> dict[str, Any]:
    """What is left of the errors when the least sure share of the rows is referred.

    Args:
        table: At image level.
        options: Which rows, and at which threshold they are called.
        measure: Of uncertainty; a key of `PASS_MEASURES` with passes, else of `MEASURES`.
        shares: To refer.
        passes: Several passes over the images; None for the probabilities alone.
        validation: Cases by which limits are chosen before the test; None where there are none.

    Raises:
        BadConfiguration: For an unknown measure or a share that is not in [0, 1).
        BadTable: Where no row is left, or one has no passes.
    """
    units, warnings = select(table, options)
    positive = units.class_index(options.positive)
    uncertainty = measure_units(units, measure, passes)
    rows = judge_rows(units, uncertainty, positive, options.threshold)
    return {
        **tell_rows(units, options, positive),
        "threshold": options.threshold,
        "measure": measure,
        **_sweep(rows, options, shares),
        "validation_limits": (
            _limits(validation, options, measure, shares) if passes is None else None
        ),
        "warnings": warnings,
    }


def _sweep(rows: JudgedRows, options: EvaluationOptions, shares: Sequence[float]) -> dict[str, Any]:
    """What errors there are and what is left of them, at no share and at those asked for."""
    sweep = ReferralSweep(rows, replicates=options.bootstrap, seed=options.seed)
    n, n_wrong = len(rows.is_wrong), int(rows.is_wrong.sum())
    return {
        "wrong": n_wrong,
        "aurc": sweep.errors.aurc.to_json(),
        "aurc_at_random": n_wrong / n,
        "aurc_at_best": compute_best_aurc(n, n_wrong),
        "referrals": [sweep.at_share(share).to_json() for share in (0.0, *shares)],
    }


def answer_model(
    model: str,
    dataset: str,
    options: EvaluationOptions,
    *,
    measure: str,
    method: str | None,
    shares: Sequence[float],
) -> dict[str, Any]:
    """As `answer_referral` of a model on a dataset, predicted first where no table is up to date.

    Args:
        model: Its folder or id.
        dataset: Its folder or name.
        options: As there.
        measure: As there.
        method: A key of `PASS_METHODS`, whose kept passes are taken; None for none.
        shares: As there.

    Raises:
        BadTable: Where there are no such passes; says how to have them.
    """
    from mammo_core.datasets import load_dataset
    from mammo_core.metrics.stored import read_model_predictions
    from mammo_core.model_store import find_model
    from mammo_core.uncertainty.stored_passes import require_passes
    from mammo_core.uncertainty.validation_rows import find_validation

    stored, data = find_model(model), load_dataset(dataset)
    passes = require_passes(stored, data, method) if method else None
    table = read_model_predictions(model, dataset, options.split, "referral")
    return answer_referral(
        table,
        options,
        measure=measure,
        shares=shares,
        passes=passes,
        validation=find_validation(stored, table),
    )


def measure_units(units: PredictionTable, measure: str, passes: pd.DataFrame | None) -> Array:
    """(N,) the measure of the rows, or of several passes over them; raises as both."""
    if passes is None:
        return measure_rows(units, measure)
    if measure not in PASS_MEASURES:
        known = ", ".join(PASS_MEASURES)
        raise BadConfiguration(f"Expected a measure of several passes, {known}, got '{measure}'")
    return join_passes(units, passes, measure)


def _limits(
    validation: "ValidationRows | None",
    options: EvaluationOptions,
    measure: str,
    shares: Sequence[float],
) -> dict[str, Any] | None:
    """The limits above which those shares of the validation rows lie; None without any."""
    if validation is None:
        return None
    units = select(validation.table, replace(options, split="all"))[0]
    uncertainty = measure_rows(units, measure)
    limits = {f"{share:g}": find_limit(uncertainty, share) for share in shares}
    return {"of": validation.origin, "n": len(units), "limits": limits}
