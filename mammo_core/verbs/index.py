"""Verb `index`: a collection of mammograms -> a dataset."""

from pathlib import Path
from typing import Annotated, Any

import typer


def index(
    root: Annotated[Path, typer.Argument(help="Folder of mammograms, or a table of paths.")],
    out: Annotated[Path, typer.Option(help="The dataset's folder; may be ROOT itself.")],
    layout: Annotated[
        str | None, typer.Option("--format", help="The layout's name; found out where not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the splits, where the data have none.")] = 0,
    shares: Annotated[
        str, typer.Option(help="Of train, val and test, where the data have no splits.")
    ] = "60,20,20",
) -> dict[str, Any]:
    """Index a folder of mammograms: who is in it, which class, which split, what is refused.

    Reads headers, never pixels. A dataset that lies in --out already is replaced once the new one
    is whole.

    Example: python -m mammo_core index ~/mini-mias --out datasets/mias
    """
    from mammo_core.datasets import index_dataset
    from mammo_core.datasets.splits import Dealing, parse_shares
    from mammo_core.progress import current_progress

    dealing = Dealing(seed, parse_shares(shares))
    return index_dataset(root, out, layout, dealing=dealing, progress=current_progress())
