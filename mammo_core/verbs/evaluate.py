"""The verb `evaluate`."""

from typing import Annotated, Any

import typer

from mammo_core.verbs.asked_rows import Classes, Rename, Table, TableRows, find_rows

SPLIT = "Rows of this split; 'all' for every row."
LEVEL = "What counts as one row: image, breast, exam or patient."
AGGREGATION = "How images join to a larger unit: mean, max or noisy_or."
CALIBRATED = "Judge the probabilities of this calibrator of the model: see calibrate."
POSITIVE = "The class that operating points are about (the last one unless named)."
INTERVAL = "How replicates become intervals: percentile or bca."
PREVALENCE = "Share of positives in practice: PPV, NPV and recall rate are told at it too."
COST_RATIO = "False recalls that a missed positive costs, for the threshold of least cost."
THRESHOLD = "Of the operating point 'default' (the model's own unless given, else 0.5)."
THRESHOLDS_FROM = "Choose thresholds on this split instead, val for instance."


def evaluate(
    model: Annotated[str | None, typer.Argument(help="A model's folder or id.")] = None,
    dataset: Annotated[str | None, typer.Argument(help="A dataset's folder or name.")] = None,
    predictions: Table = None,
    rename: Rename = None,
    classes: Classes = None,
    split: Annotated[str, typer.Option(help=SPLIT)] = "test",
    level: Annotated[str, typer.Option(help=LEVEL)] = "image",
    aggregation: Annotated[str, typer.Option(help=AGGREGATION)] = "mean",
    positive: Annotated[str | None, typer.Option(help=POSITIVE)] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Replicates for intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the replicates.")] = 0,
    calibrated: Annotated[str, typer.Option(metavar="METHOD", help=CALIBRATED)] = "",
    interval: Annotated[str, typer.Option(help=INTERVAL)] = "percentile",
    prevalence: Annotated[float | None, typer.Option(help=PREVALENCE)] = None,
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help=THRESHOLD)] = None,
    cost_ratio: Annotated[float, typer.Option(help=COST_RATIO)] = 10.0,
    thresholds_from: Annotated[str | None, typer.Option(help=THRESHOLDS_FROM)] = None,
) -> dict[str, Any]:
    """Say how good a model is, with 95 % intervals over patients.

    A look at the test set of the data that the model was trained on is counted; test_looks says
    how many there were.

    Thresholds that are chosen on the judged cases flatter: with --thresholds-from they come from
    another split of the same table or dataset.

    Example: python -m mammo_core evaluate demo sample_data --level breast --prevalence 0.006
    """
    from dataclasses import replace

    from mammo_core.metrics.evaluation import evaluate_options
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.metrics.stored import evaluate_model

    rows = find_rows(
        model, dataset, predictions, rename, classes, of_models={"--calibrated": calibrated}
    )
    options = EvaluationOptions(
        split=split,
        level=level,
        aggregation=aggregation,
        positive=positive,
        bootstrap=bootstrap,
        seed=seed,
        interval=interval,
        prevalence=prevalence,
        cost_ratio=cost_ratio,
        thresholds_from=thresholds_from,
    )
    if isinstance(rows, TableRows):
        asked = options if threshold is None else replace(options, threshold=threshold)
        return evaluate_options(rows.read(), asked)
    return evaluate_model(
        rows.model, rows.dataset, options, calibrated=calibrated, threshold=threshold
    )
