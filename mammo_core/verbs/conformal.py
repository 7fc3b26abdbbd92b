"""The verb `conformal`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mammo_core.verbs.asked_rows import Classes, ModelRows, Rename, Table, find_rows
from mammo_core.verbs.evaluate import AGGREGATION, LEVEL, SPLIT


def conformal(
    model: Annotated[str | None, typer.Argument(help="A model's folder or id.")] = None,
    dataset: Annotated[str | None, typer.Argument(help="A dataset's folder or name.")] = None,
    predictions: Table = None,
    rename: Rename = None,
    classes: Classes = None,
    calibration: Annotated[
        Path | None,
        typer.Option(help="With --predictions: a table of validation cases."),
    ] = None,
    calibrate_on: Annotated[
        str, typer.Option(help="The split by which the sets are chosen.")
    ] = "val",
    coverage: Annotated[
        float, typer.Option(help="How often the true class shall be in the set.")
    ] = 0.9,
    split: Annotated[str, typer.Option(help=SPLIT)] = "test",
    level: Annotated[str, typer.Option(help=LEVEL)] = "image",
    aggregation: Annotated[str, typer.Option(help=AGGREGATION)] = "mean",
    bootstrap: Annotated[int, typer.Option(min=0, help="Replicates for intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the replicates.")] = 0,
) -> dict[str, Any]:
    """Leave classes open so that the true one is among them as often as asked, and check it.

    The sets are chosen on validation cases: those of the dataset, else those that the model's
    training kept. Each calibration patient counts once, as his images resemble each other.

    Example: python -m mammo_core conformal demo sample_data --coverage 0.9
    """
    from mammo_core.errors import BadConfiguration
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.uncertainty.conformal_answer import (
        ConformalOptions,
        answer_model,
        answer_table,
    )
    from mammo_core.uncertainty.validation_rows import find_validation
    from mammo_core.validation_rows import ValidationRows

    rows = find_rows(model, dataset, predictions, rename, classes)
    of_rows = EvaluationOptions(
        split=split, level=level, aggregation=aggregation, bootstrap=bootstrap, seed=seed
    )
    options = ConformalOptions(coverage=coverage, calibrate_on=calibrate_on, rows=of_rows)
    if isinstance(rows, ModelRows):
        if calibration:
            raise BadConfiguration("Expected --calibration beside --predictions FILE only")
        return answer_model(rows.model, rows.dataset, options)
    table = rows.read()
    found = find_validation(None, table, calibrate_on)
    if calibration:
        found = ValidationRows(rows.read_beside(calibration), calibration.name)
    return answer_table(table, found, options)
