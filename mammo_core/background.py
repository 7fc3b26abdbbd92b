"""The images that are kept with a model as references for methods that explain a difference."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration, BadDataset, BadModel
from mammo_core.model_store import StoredModel
from mammo_core.paths import DAMAGED_ARRAYS, writing
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

FILE = "background.npz"
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
        raise BadModel(
            f"{path} is damaged ({type(error).__name__}); draw it again by `background`, "
            "or delete it"
        ) from error
    if images.shape[1:] != stored.input_shape or not len(images):
        raise BadModel(
            f"{path} should hold images of {stored.input_shape}, got {images.shape}; "
            "draw it again by `background`, or delete it"
        )
    return images


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
    ids = rows["image_id"][rows["label"].eq(label) if label else slice(None)].tolist()
    if not ids:
        raise BadDataset(f"Dataset {dataset.name} has no images of {label} in split '{split}'")
    drawn = sorted(np.random.default_rng(seed).permutation(ids)[:count].tolist())
    images = map_images(
        lambda found: found, cache, drawn, channels=channels, doing="Drawing", progress=progress
    )
    with writing(stored.path / FILE) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, images=images.astype(np.float16), image_ids=np.array(drawn))
    return drawn
