"""The verb `compare`."""

from typing import Annotated, Any

import typer

from mammo_core.verbs.evaluate import AGGREGATION, LEVEL, POSITIVE, SPLIT


def compare(
    a: Annotated[str, typer.Argument(help="A prediction table, or a model with --dataset.")],
    b: Annotated[str, typer.Argument(help="Another of the same images.")],
    dataset: Annotated[
        str | None, typer.Option(help="The dataset on which two models are compared.")
    ] = None,
    split: Annotated[str, typer.Option(help=SPLIT)] = "test",
    level: Annotated[str, typer.Option(help=LEVEL)] = "image",
    aggregation: Annotated[str, typer.Option(help=AGGREGATION)] = "mean",
    positive: Annotated[str | None, typer.Option(help=POSITIVE)] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Replicates for intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the replicates.")] = 0,
    overlap: Annotated[
        bool, typer.Option("--overlap", help="Compare the images that both hold.")
    ] = False,
) -> dict[str, Any]:
    """Compare two models on the same images with tests that know the patients.

    Example: python -m mammo_core compare a.parquet b.parquet --positive malignant
    """
    from mammo_core.metrics.comparison import compare as compare_tables
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.metrics.stored import compare_models
    from mammo_core.predictions import read_predictions

    options = EvaluationOptions(
        split=split,
        level=level,
        aggregation=aggregation,
        positive=positive,
        bootstrap=bootstrap,
        seed=seed,
    )
    if dataset is not None:
        return compare_models(a, b, dataset, options, overlap=overlap)
    return compare_tables(read_predictions(a), read_predictions(b), options, overlap=overlap)
