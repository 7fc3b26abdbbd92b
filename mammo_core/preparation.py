"""A dataset made ready for models: its pixels cached, and what the gate says of them obeyed."""

from collections.abc import Mapping
from typing import Any

from mammo_core.datasets.dataset import Dataset
from mammo_core.datasets.set_aside import gather_all, set_aside
from mammo_core.errors import BadDataset
from mammo_core.pixels import PixelCache, prepare_pixels
from mammo_core.preprocess import Preprocess
from mammo_core.types import Progress, no_progress


def prepare_dataset(
    dataset: Dataset, preprocess: Preprocess, *, progress: Progress = no_progress
) -> tuple[Dataset, PixelCache]:
    """(the dataset without the images that the gate keeps out of it, its pixels).

    The pixels are those of all images that were indexed, so that a decision about one of them
    costs no new preparation. Two processes may prepare one dataset, each obeying the same gate.

    Raises:
        BadDataset: Where none of the images can be used.
        MammoError: Where the disk is full, or another process prepares these very pixels.
    """
    cache = prepare_pixels(gather_all(dataset), preprocess, progress=progress)
    settled = set_aside(dataset, cache)
    if settled.index.empty:
        raise BadDataset(_none_left(dataset, cache))
    return settled, cache


def _none_left(dataset: Dataset, cache: PixelCache) -> str:
    n = len(set(cache.image_ids) | set(cache.refused))
    image_id, reason = next(iter(cache.refused.items()), ("all", "left out by decision"))
    return (
        f"None of {n} images of {dataset.name} could be used; {image_id}: {reason}. All were set "
        f"aside: 'python -m mammo_core decide {dataset.name}' lists them"
    )


def describe_preparation(dataset: Dataset, cache: PixelCache) -> Mapping[str, Any]:
    """What the verb says of a prepared dataset."""
    prepared = set(cache.image_ids)
    return {
        "images": int(dataset.index["image_id"].isin(prepared).sum()),
        "bytes": (cache.folder / "pixels.npy").stat().st_size,
        "folder": str(cache.folder),
        "n_refused": len(cache.refused),
        "n_asked": len(cache.asked),
        "n_taken": int(dataset.index["gate"].eq("taken").sum()),
        "refused": cache.refused,
        "asked": cache.asked,
    }
