"""Verb `index`: a collection of mammograms -> a dataset."""

from pathlib import Path
from typing import Annotated, Any

import typer


def index(
    root: Annotated[
        Path, typer.Argument(help="Folder of mammograms, a table of paths, or a zip archive.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The dataset's folder; may be ROOT itself.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option("--format", help="The layout's name; found out where not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the splits, where the data have none.")] = 0,
    shares: Annotated[
        str, typer.Option(help="Of train, val and test, where the data have no splits.")
    ] = "60,20,20",
    labels: Annotated[
        str | None,
        typer.Option(help="What makes the classes: given, pathology, birads, cancer or none."),
    ] = None,
    birads: Annotated[
        str | None,
        typer.Option(help="Class of each BI-RADS, such as 1:normal,2:benign,3:benign,4:malignant."),
    ] = None,
    hide_ids: Annotated[
        bool, typer.Option("--hide-ids", help="Hide the ids of patients, exams and images.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Give up a dataset of another ROOT that --out holds.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the layout finds; open no image.")
    ] = False,
) -> dict[str, Any]:
    """Index a folder of mammograms: who is in it, which class, which split, what is refused.

    Reads headers, never a mammogram's pixels. A dataset of the same ROOT that lies in --out already
    is replaced once the new one is whole. A zip archive is unpacked inside of --out.

    Example: python -m mammo_core index ~/mini-mias --out datasets/mias
    """
    from mammo_core.datasets import index_dataset
    from mammo_core.datasets.labeling import BIRADS_CLASSES, Labeling, parse_birads_classes
    from mammo_core.datasets.splits import Dealing, parse_shares
    from mammo_core.datasets.survey import survey_dataset
    from mammo_core.errors import BadConfiguration
    from mammo_core.progress import current_progress

    dealing = Dealing(seed, parse_shares(shares))
    labeling = Labeling(labels, parse_birads_classes(birads) if birads else BIRADS_CLASSES)
    if dry_run:
        return survey_dataset(
            root, layout, labeling=labeling, dealing=dealing, progress=current_progress()
        )
    if out is None:
        raise BadConfiguration("Expected the dataset's folder: write --out FOLDER, or --dry-run")
    return index_dataset(
        root,
        out,
        layout,
        dealing=dealing,
        labeling=labeling,
        hide_ids=hide_ids,
        replacing=replace,
        progress=current_progress(),
    )
