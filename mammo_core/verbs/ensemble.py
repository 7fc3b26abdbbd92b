"""The verb `ensemble`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def ensemble(
    members: Annotated[
        list[str],
        typer.Argument(help="Two or more models with --dataset, or their prediction tables."),
    ],
    out: Annotated[Path, typer.Option(help="The prediction table to write: CSV or Parquet.")],
    dataset: Annotated[
        str | None, typer.Option(help="The dataset that the models predict.")
    ] = None,
    split: Annotated[str, typer.Option(help="Rows of this split; 'all' for every row.")] = "all",
    overlap: Annotated[
        bool, typer.Option("--overlap", help="Take the images that all members know.")
    ] = False,
) -> dict[str, Any]:
    """Join models by the mean of their probabilities, and tell where they disagree.

    The table is evaluated as any other; its column disagreement is 0 where all members say the
    same and 1 where each is sure of another class.

    Example: python -m mammo_core ensemble demo demo-shortcut --dataset sample_data --out both.csv
    """
    from mammo_core.metrics.stored import read_model_predictions
    from mammo_core.predictions import read_predictions
    from mammo_core.uncertainty.ensembles import check_out, join_members, write_ensemble

    check_out(out)
    if dataset is None:
        tables = [read_predictions(member) for member in members]
    else:
        tables = [read_model_predictions(member, dataset, split) for member in members]
    frame = join_members(tables, split=split, overlap=overlap)
    write_ensemble(out, frame, members, split)
    return {
        "rows": len(frame),
        "members": len(members),
        "means": {name: float(frame[name].mean()) for name in ("disagreement", "entropy", "std")},
        "table": str(out.resolve()),
    }
