"""All the numbers of one model on one prediction table, as the verb `evaluate` prints them."""

from typing import Any

import numpy as np

from mammo_core.metrics.bootstrap import Statistic, leave_out, resample
from mammo_core.metrics.cautions import list_cautions
from mammo_core.metrics.intervals import NEED_LEFT_OUT
from mammo_core.metrics.operating_points import COST_RATIO
from mammo_core.metrics.outcomes import compute_confusion
from mammo_core.metrics.sections import SECTIONS
from mammo_core.metrics.sections.question import Estimates, Question
from mammo_core.metrics.selection import (
    EvaluationOptions,
    select,
    select_for_thresholds,
    tell_rows,
)
from mammo_core.predictions import PredictionTable


def evaluate(
    table: PredictionTable,
    *,
    split: str = "test",
    level: str = "image",
    aggregation: str = "mean",
    positive: str | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
    threshold: float = 0.5,
    interval: str = "percentile",
    prevalence: float | None = None,
    cost_ratio: float = COST_RATIO,
    thresholds_from: str | None = None,
) -> dict[str, Any]:
    """The numbers of a table; every estimate is {"value", "low", "high"}, undefined ones null.

    Intervals are 95 % ones with the patient as unit: AUROC's by the clustered DeLong variance on
    the logit scale, the others by the bootstrap over patients.

    Args:
        table: As read, at image level.
        split: As in `EvaluationOptions`, and so the rest.
        level: See there.
        aggregation: See there.
        positive: See there.
        bootstrap: See there.
        seed: See there.
        threshold: See there.
        interval: See there.
        prevalence: See there.
        cost_ratio: See there.
        thresholds_from: See there.

    Raises:
        BadConfiguration: For an unknown level, aggregation, interval or class, or a prevalence or
            cost ratio out of range.
        BadTable: Where no row is left to judge, or none to choose thresholds on.
    """
    options = EvaluationOptions(
        split=split,
        level=level,
        aggregation=aggregation,
        positive=positive,
        bootstrap=bootstrap,
        seed=seed,
        threshold=threshold,
        interval=interval,
        prevalence=prevalence,
        cost_ratio=cost_ratio,
        thresholds_from=thresholds_from,
    )
    return evaluate_options(table, options)


def evaluate_options(table: PredictionTable, options: EvaluationOptions) -> dict[str, Any]:
    """As `evaluate`, with the options in one piece."""
    positive = table.class_index(options.positive)
    rows, warnings = select(table, options)
    question = _ask(table, rows, positive, options)
    sections = [section(question) for section in SECTIONS]
    estimates = _draw({k: v for s in sections for k, v in s.statistics.items()}, rows, options)
    answer = {k: v for section in sections for k, v in section.answer(estimates).items()}
    return {
        **_facts(rows, positive, options),
        **answer,
        "bootstrap": {
            "replicates": options.bootstrap,
            "seed": options.seed,
            "interval": options.interval,
            "undefined": estimates.n_incomplete,
        },
        "warnings": [*warnings, *list_cautions(rows, positive)],
    }


def _ask(
    table: PredictionTable, rows: PredictionTable, positive: int, options: EvaluationOptions
) -> Question:
    return Question(
        table=rows,
        positive=positive,
        threshold=options.threshold,
        cost_ratio=options.cost_ratio,
        prevalence=options.prevalence,
        chosen_on=options.chosen_on,
        threshold_table=select_for_thresholds(table, options),
    )


def _draw(
    statistics: dict[str, Statistic], table: PredictionTable, options: EvaluationOptions
) -> Estimates:
    drawn = resample(
        statistics,
        n_patients=table.n_patients,
        replicates=options.bootstrap,
        seed=options.seed,
    )
    if options.interval in NEED_LEFT_OUT and options.bootstrap:
        left_out = leave_out(statistics, n_patients=table.n_patients)
        drawn = {name: np.concatenate([drawn[name], left_out[name]], axis=-1) for name in drawn}
    return Estimates(drawn, options.bootstrap, options.interval)


def _facts(table: PredictionTable, positive: int, options: EvaluationOptions) -> dict[str, Any]:
    return {
        **tell_rows(table, options, positive),
        "classes": list(table.classes),
        "confusion": compute_confusion(table).tolist(),
    }
