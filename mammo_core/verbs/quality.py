"""The verb `quality`."""

from typing import Annotated, Any

import typer


def quality(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    pixels: Annotated[
        bool, typer.Option(help="Look into the images for near-duplicates and burned-in markers.")
    ] = True,
) -> dict[str, Any]:
    """Say what a dataset is made of and what it leaks: copies, patients, metadata, markers.

    Example: python -m mammo_core quality sample_data
    """
    from mammo_core.datasets import load_dataset
    from mammo_core.datasets.quality import assess_quality
    from mammo_core.progress import current_progress

    return assess_quality(load_dataset(dataset), pixels=pixels, progress=current_progress())
