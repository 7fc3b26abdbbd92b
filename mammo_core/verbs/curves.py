"""The verb `curves`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mammo_core.verbs.asked_rows import Classes, Rename, Table, find_rows
from mammo_core.verbs.evaluate import AGGREGATION, LEVEL, POSITIVE, SPLIT


def curves(
    model: Annotated[str | None, typer.Argument(help="A model's folder or id.")] = None,
    dataset: Annotated[str | None, typer.Argument(help="A dataset's folder or name.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write the tables to.")] = Path(),
    predictions: Table = None,
    rename: Rename = None,
    classes: Classes = None,
    split: Annotated[str, typer.Option(help=SPLIT)] = "test",
    level: Annotated[str, typer.Option(help=LEVEL)] = "image",
    aggregation: Annotated[str, typer.Option(help=AGGREGATION)] = "mean",
    positive: Annotated[str | None, typer.Option(help=POSITIVE)] = None,
    bootstrap: Annotated[int, typer.Option(min=1, help="Replicates for the bands.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the replicates.")] = 0,
) -> dict[str, Any]:
    """Write ROC, precision-recall and the scores' histograms as CSV, with 95 % bands.

    Curves have at most 500 points, those that no straight line replaces, each with its threshold.

    Example: python -m mammo_core curves demo sample_data --level breast --out curves
    """
    from mammo_core.metrics.curve_tables import write_curves
    from mammo_core.metrics.selection import EvaluationOptions

    rows = find_rows(model, dataset, predictions, rename, classes)
    options = EvaluationOptions(
        split=split,
        level=level,
        aggregation=aggregation,
        positive=positive,
        bootstrap=bootstrap,
        seed=seed,
    )
    return write_curves(rows.read(split, "curves"), options, out)
