"""The verb `slices`."""

from typing import Annotated, Any

import typer

from mammo_core.verbs.asked_rows import Classes, Rename, Table, find_rows
from mammo_core.verbs.evaluate import AGGREGATION, LEVEL, POSITIVE, SPLIT

METRIC = "auroc, recall (or sensitivity), specificity or error_rate (at the threshold)."
THRESHOLD = "A case is called positive from here on (the model's own unless given, else 0.5)."


def slices(
    model: Annotated[str | None, typer.Argument(help="A model's folder or id.")] = None,
    dataset: Annotated[str | None, typer.Argument(help="A dataset's folder or name.")] = None,
    predictions: Table = None,
    rename: Rename = None,
    classes: Classes = None,
    metric: Annotated[str, typer.Option(help=METRIC)] = "auroc",
    min_patients: Annotated[int, typer.Option(help="Fewer patients make no slice.")] = 10,
    min_each: Annotated[
        int, typer.Option(help="Nor do fewer with positive or with negative cases.")
    ] = 5,
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help=THRESHOLD)] = None,
    split: Annotated[str, typer.Option(help=SPLIT)] = "test",
    level: Annotated[str, typer.Option(help=LEVEL)] = "image",
    aggregation: Annotated[str, typer.Option(help=AGGREGATION)] = "mean",
    positive: Annotated[str | None, typer.Option(help=POSITIVE)] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many slices to list.")] = 20,
) -> dict[str, Any]:
    """Find where a model is worst: each value of each metadata column, and each pair of two.

    A slice is compared with all other rows; listed first is the one that is worst for sure. Alarms
    tell where the AUROC over all rows ranks scanners or sources rather than cases.

    Example: python -m mammo_core slices demo sample_data --metric recall --min-patients 5
    """
    from mammo_core.metrics.measures import find_key
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.metrics.slice_answer import answer_slices
    from mammo_core.metrics.slices import SliceOptions
    from mammo_core.progress import current_progress

    rows = find_rows(model, dataset, predictions, rename, classes)
    options = EvaluationOptions(
        split=split, level=level, aggregation=aggregation, positive=positive
    )
    wanted = SliceOptions(
        metric=find_key(metric),
        threshold=rows.threshold if threshold is None else threshold,
        min_patients=min_patients,
        min_each=min_each,
    )
    table = rows.read(split, "slices")
    return answer_slices(table, options, wanted, limit=limit, progress=current_progress())
