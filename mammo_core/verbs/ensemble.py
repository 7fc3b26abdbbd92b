"""The verb `ensemble`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mammo_core.verbs.asked_rows import Classes, Rename, refuse_spelling


def ensemble(
    members: Annotated[
        list[str],
        typer.Argument(help="Two or more models with --dataset, or their prediction tables."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The prediction table to write: CSV or Parquet.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="With --dataset: keep it as a model of that name.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="The dataset that the models predict.")
    ] = None,
    rename: Rename = None,
    classes: Classes = None,
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
    from mammo_core.table_models.spelled_tables import read_all_spelled
    from mammo_core.table_models.spelling import read_spelling
    from mammo_core.uncertainty.ensembles import join_members, write_ensemble

    _check_places(out, name, dataset)
    if dataset is None:
        read = read_all_spelled(members, read_spelling(rename, classes))
    else:
        refuse_spelling(rename, classes)
        read = [read_model_predictions(member, dataset, split, "ensemble") for member in members]
    frame = join_members(read, split=split, overlap=overlap)
    if out is not None:
        write_ensemble(out, frame, members, split)
    return {
        "rows": len(frame),
        "members": len(members),
        "means": {name: float(frame[name].mean()) for name in ("disagreement", "entropy", "std")},
        "table": None if out is None else str(out.resolve()),
        "model": _adopt(frame, name, dataset, members) if name and dataset else None,
    }


def _check_places(out: Path | None, name: str | None, dataset: str | None) -> None:
    """Refuse what cannot be written before the members are asked."""
    from mammo_core.errors import BadConfiguration
    from mammo_core.model_folders import check_new_name
    from mammo_core.uncertainty.ensembles import check_out

    if out is None and name is None:
        raise BadConfiguration("Expected --out FILE or --name NAME to keep the ensemble by")
    if name is not None and dataset is None:
        raise BadConfiguration("Expected --dataset beside --name: whose images the tables are of")
    if out is not None:
        check_out(out)
    if name is not None:
        check_new_name(name)


def _adopt(frame: Any, name: str, dataset: str, members: list[str]) -> str:
    from mammo_core.datasets import load_dataset
    from mammo_core.uncertainty.ensembles import adopt_ensemble

    told: str = adopt_ensemble(frame, name, load_dataset(dataset), members)["model"]
    return told
