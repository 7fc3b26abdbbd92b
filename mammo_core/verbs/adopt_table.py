"""The verb `adopt-table`."""

from pathlib import Path
from typing import Annotated, Any

import typer


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
    rename: Annotated[
        list[str] | None,
        typer.Option(metavar="THEIRS=OURS", help="A column that has another name; repeatable."),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="Names, mildest first: a,b,c; where the table counts classes, or has the "
            "probability of the second of two alone."
        ),
    ] = None,
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
    from mammo_core.table_models.spelling import Spelling, read_classes, read_renaming

    spelling = Spelling(rename=read_renaming(rename or ()), classes=read_classes(classes or ""))
    asked = TableImport(file=file, spelling=spelling, threshold=threshold)
    images = None if dataset is None else load_dataset(dataset)
    return run(asked, name, images, progress=current_progress())
