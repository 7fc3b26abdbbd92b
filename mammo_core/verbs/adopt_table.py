"""The verb `adopt-table`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mammo_core.verbs.asked_rows import Classes, Rename


def adopt_table(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, a row an image.")],
    name: Annotated[str, typer.Option(help="The model's name in models/.")],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="The dataset whose images they are; without it the table's own ids become one "
            "without pictures."
        ),
    ] = None,
    rename: Rename = None,
    classes: Classes = None,
    threshold: Annotated[
        float, typer.Option(help="The last class's probability from which it calls.")
    ] = 0.5,
) -> dict[str, Any]:
    """Take in a prediction table of any framework as a model without a network.

    Its columns are image_id, patient_id, label and p_<class> for each class, mildest first; with
    --dataset image_id and p_<class> are enough. docs/predictions.md has the whole format.

    Example: python -m mammo_core adopt-table theirs.csv --name theirs --rename image=image_id
    """
    from mammo_core.datasets import load_dataset
    from mammo_core.progress import current_progress
    from mammo_core.table_models.adoption import TableImport
    from mammo_core.table_models.adoption import adopt_table as run
    from mammo_core.table_models.spelling import read_spelling

    asked = TableImport(file=file, spelling=read_spelling(rename, classes), threshold=threshold)
    images = None if dataset is None else load_dataset(dataset)
    return run(asked, name, images, progress=current_progress())
