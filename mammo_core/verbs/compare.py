"""The verb `compare`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mammo_core.verbs.asked_rows import Classes, Rename, refuse_spelling
from mammo_core.verbs.evaluate import AGGREGATION, LEVEL, POSITIVE, SPLIT

if TYPE_CHECKING:
    from mammo_core.metrics.comparison import Contender


def compare(
    models: Annotated[
        list[str],
        typer.Argument(metavar="A B [C]...", help="Prediction tables, or models with --dataset."),
    ],
    dataset: Annotated[
        str | None, typer.Option(help="The dataset on which models are compared.")
    ] = None,
    rename: Rename = None,
    classes: Classes = None,
    split: Annotated[str, typer.Option(help=SPLIT)] = "test",
    level: Annotated[str, typer.Option(help=LEVEL)] = "image",
    aggregation: Annotated[str, typer.Option(help=AGGREGATION)] = "mean",
    positive: Annotated[str | None, typer.Option(help=POSITIVE)] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option(help="Of A, of B, ...: repeat it (a model's own, .5 of a table)."),
    ] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Replicates for intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the replicates.")] = 0,
    overlap: Annotated[
        bool, typer.Option("--overlap", help="Compare the images that all of them hold.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write who has which image right here, as CSV.")
    ] = None,
) -> dict[str, Any]:
    """Compare two models on the same images with tests that know the patients.

    Of more than two, the first one is compared with each of the others.

    Example: python -m mammo_core compare a.parquet b.parquet --positive malignant
    """
    from mammo_core.metrics.comparison import compare_contenders
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.metrics.stored import read_contenders, tell_of_models

    options = EvaluationOptions(
        split=split,
        level=level,
        aggregation=aggregation,
        positive=positive,
        bootstrap=bootstrap,
        seed=seed,
    )
    if dataset is None:
        read = _read_tables(models, rename, classes)
    else:
        refuse_spelling(rename, classes)
        read = read_contenders(models, dataset, split)
    contenders = _set_thresholds(read, threshold)
    answer = compare_contenders(contenders, options, overlap=overlap)
    if dataset is not None:
        answer["warnings"] += tell_of_models(models, dataset, options)
    if out is None:
        return answer
    from mammo_core.metrics.comparison_rows import list_rows, write_rows

    write_rows(out, list_rows(contenders, options, overlap=overlap))
    return answer | {"file": str(out.resolve())}


def _read_tables(
    names: Sequence[str], rename: Sequence[str] | None, classes: str | None
) -> "list[Contender]":
    from mammo_core.metrics.comparison import Contender
    from mammo_core.table_models.spelled_tables import read_all_spelled
    from mammo_core.table_models.spelling import read_spelling

    _refuse_models(names)
    tables = read_all_spelled(names, read_spelling(rename, classes))
    return [Contender(name, table) for name, table in zip(names, tables, strict=True)]


def _refuse_models(names: Sequence[str]) -> None:
    from mammo_core.errors import BadConfiguration
    from mammo_core.model_store import list_models

    known = {model.id for model in list_models()}
    for name in names:
        if not Path(name).is_file() and (name in known or (Path(name) / "model.json").is_file()):
            raise BadConfiguration(
                f"Expected prediction tables, '{name}' is a model: --dataset names the data on "
                "which models are compared; a table goes by its path and with tables only, such "
                "as models/NAME/predictions/DATASET.parquet"
            )


def _set_thresholds(
    contenders: "list[Contender]", thresholds: Sequence[float] | None
) -> "list[Contender]":
    from mammo_core.errors import BadConfiguration

    if not thresholds:
        return contenders
    if len(thresholds) != len(contenders) or not all(0 <= one <= 1 for one in thresholds):
        raise BadConfiguration(
            f"Expected --threshold once for each of the {len(contenders)} models and from 0 to 1, "
            f"got {', '.join(f'{one:g}' for one in thresholds)}"
        )
    return [
        replace(one, threshold=threshold)
        for one, threshold in zip(contenders, thresholds, strict=True)
    ]
