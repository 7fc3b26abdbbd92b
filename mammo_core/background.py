"""The images that are kept with a model as references for methods that explain a difference."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mammo_core import wording
from mammo_core.errors import BadConfiguration, BadDataset, BadModel
from mammo_core.model_store import StoredModel
from mammo_core.paths import DAMAGED_ARRAYS, writing
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

FILE = "background.npz"
NONE_KEPT = (
    "No images are kept as references: expected gradients, Gradient SHAP and Deep SHAP compare "
    "each image with itself blurred, a black one and one of its mean gray."
)
MOST_IMAGES = 200
"""All of them lie in memory beside the network, and each is asked about for each explanation."""


def read_background(stored: StoredModel) -> NDArray[np.float32] | None:
    """(M, H, W, C) images in [0, 1] that are kept with the model; None where there are none.

    Raises:
        BadModel: Where the file is damaged or its images are not of the model's size.
    """
    path = stored.path / FILE
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            images = kept["images"].astype(np.float32)
    except DAMAGED_ARRAYS as error:
        raise _damaged(path, error) from error
    if images.shape[1:] != stored.input_shape or not len(images):
        raise BadModel(
            f"{path} should hold images of {stored.input_shape}, got {images.shape}; "
            "draw it again by `background`, or delete it"
        )
    return images


def describe_background(stored: StoredModel) -> str:
    """A sentence on what the model's maps are compared with.

    Raises:
        BadModel: Where the file is damaged.
    """
    path = stored.path / FILE
    if not path.is_file():
        return NONE_KEPT
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            n_images, about = len(kept["image_ids"]), str(kept["about"]) if "about" in kept else ""
    except DAMAGED_ARRAYS as error:
        raise _damaged(path, error) from error
    return (
        f"{wording.count(n_images, 'image')}{f' of {about}' if about else ''} kept as references."
    )


def background_version(stored: StoredModel) -> int:
    """A number that changes when other images are kept; 0 where none are."""
    path = stored.path / FILE
    return path.stat().st_mtime_ns if path.is_file() else 0


def draw_background(
    stored: StoredModel,
    dataset: "Dataset",
    *,
    count: int = 20,
    split: str = "train",
    label: str | None = None,
    seed: int = 0,
    progress: Progress = no_progress,
) -> list[str]:
    """Keep images drawn at random with the model; the ids of those, in order.

    Args:
        stored: The model, whose folder then holds the images as the network is given them.
        dataset: Where they are drawn from.
        count: How many; fewer where there are no more.
        split: Which split they are of.
        label: Of one class only; None draws from all.
        seed: The same seed draws the same images.
        progress: May raise Cancelled.

    Raises:
        BadConfiguration: For a count outside 1 to 200.
        BadDataset: Where the split has no such images.
        BadModel: Where the model has no network, or does not know a label.
    """
    from mammo_core.prediction import choose_rows, map_images, open_images

    if not 1 <= count <= MOST_IMAGES:
        raise BadConfiguration(f"count must be from 1 to {MOST_IMAGES}, got {count}")
    channels = stored.input_shape[2]
    choose_rows(stored, dataset, split)  # refuses before all the work
    dataset, cache = open_images(stored, dataset, progress)
    rows = choose_rows(stored, dataset, split)
    found = rows["image_id"][rows["label"].eq(label) if label else slice(None)].tolist()
    if not found:
        raise BadDataset(f"Dataset {dataset.name} has no images of {label} in split '{split}'")
    drawn = sorted(np.random.default_rng(seed).permutation(found)[:count].tolist())
    images = map_images(
        lambda found: found, cache, drawn, channels=channels, doing="Drawing", progress=progress
    )
    about = f"{dataset.name} ({split}{f', {label}' if label else ''})"
    ids, kept = np.array(drawn), images.astype(np.float16)
    with writing(stored.path / FILE) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, images=kept, image_ids=ids, about=np.array(about))
    return drawn


def _damaged(path: Path, error: Exception) -> BadModel:
    return BadModel(
        f"{path} is damaged ({type(error).__name__}); draw it again by `background`, or delete it"
    )
