"""The verb `calibrate`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mammo_core.verbs.asked_rows import Classes, Rename, Table, refuse_spelling, take_table

METHOD = "temperature, platt or isotonic."
SPLIT = "The rows to fit on: not those on which the model is judged."
POSITIVE = "The class that calibration is judged by (the last one unless named)."


def calibrate(
    model: Annotated[str | None, typer.Argument(help="A model's folder or id.")] = None,
    dataset: Annotated[
        str | None,
        typer.Argument(help="A dataset's folder or name; else what the training kept."),
    ] = None,
    predictions: Table = None,
    rename: Rename = None,
    classes: Classes = None,
    out: Annotated[
        Path | None, typer.Option(help="Where its calibrated rows go: a Parquet file.")
    ] = None,
    method: Annotated[str, typer.Option(help=METHOD)] = "temperature",
    split: Annotated[str, typer.Option(help=SPLIT)] = "val",
    positive: Annotated[str | None, typer.Option(help=POSITIVE)] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Replicates for intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the replicates and the folds.")] = 0,
) -> dict[str, Any]:
    """Mend a model's probabilities on validation images, so that they keep their word.

    The fitted numbers stay beside the model; judge them by evaluate --calibrated METHOD. Of a
    prediction table all rows are calibrated and written to --out. The figures "after" are
    cross-fitted: each row by a fit without its patient.

    Example: python -m mammo_core calibrate demo --method temperature
    """
    from mammo_core.calibrators.calibrated_tables import calibrate_file
    from mammo_core.calibrators.stored import calibrate_model
    from mammo_core.calibrators.validation_rows import read_dataset_rows, read_kept_rows
    from mammo_core.errors import BadConfiguration
    from mammo_core.model_store import find_model
    from mammo_core.table_models.spelling import read_spelling

    options: dict[str, Any] = {"positive": positive, "bootstrap": bootstrap, "seed": seed}
    model, predictions = take_table(model, dataset, predictions)
    if predictions and out and not model:
        spelling = read_spelling(rename, classes)
        return calibrate_file(predictions, out, method, spelling, split=split, **options)
    if predictions or out or not model:
        raise BadConfiguration(
            "Expected either a model (and a dataset) or --predictions FILE with --out FILE; "
            "give one of them"
        )
    refuse_spelling(rename, classes)
    stored = find_model(model)
    rows = read_dataset_rows(stored, dataset, split) if dataset else read_kept_rows(stored)
    return calibrate_model(stored, rows, method, **options)
