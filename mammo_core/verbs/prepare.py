"""The verb `prepare`."""

import time
from typing import Annotated, Any

import typer


def prepare(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    size: Annotated[str, typer.Option(help="Rows x columns of the model's input.")] = "320x192",
) -> dict[str, Any]:
    """Fill the pixel cache: every image read, cropped, scaled and kept for training.

    What the gate refuses now leaves the index for refused.csv, what it asks about leaves its split;
    the verb decide brings either back.

    Example: python -m mammo_core prepare mias --size 320x192
    """
    from mammo_core.config import parse_size
    from mammo_core.datasets import load_dataset
    from mammo_core.preparation import describe_preparation, prepare_dataset
    from mammo_core.preprocess import Preprocess
    from mammo_core.progress import current_progress

    start = time.perf_counter()
    settings = Preprocess(size=parse_size(size))
    data, cache = prepare_dataset(load_dataset(dataset), settings, progress=current_progress())
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "images_per_second": len(cache.image_ids) / seconds,
        **describe_preparation(data, cache),
    }
