"""The verb `prepare`."""

import time
from typing import Annotated, Any

import typer


def prepare(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    size: Annotated[str, typer.Option(help="Rows x columns of the model's input.")] = "320x192",
) -> dict[str, Any]:
    """Fill the pixel cache: every image read, cropped, scaled and kept for training.

    Example: python -m mammo_core prepare mias --size 320x192
    """
    from mammo_core.config import parse_size
    from mammo_core.datasets import load_dataset
    from mammo_core.pixels import prepare_pixels
    from mammo_core.preprocess import Preprocess
    from mammo_core.progress import current_progress

    start = time.perf_counter()
    settings = Preprocess(size=parse_size(size))
    cache = prepare_pixels(load_dataset(dataset), settings, progress=current_progress())
    seconds = time.perf_counter() - start
    return {
        "images": len(cache.image_ids),
        "seconds": seconds,
        "images_per_second": len(cache.image_ids) / seconds,
        "bytes": (cache.folder / "pixels.npy").stat().st_size,
        "folder": str(cache.folder),
        "refused": cache.refused,
        "asked": cache.asked,
    }
