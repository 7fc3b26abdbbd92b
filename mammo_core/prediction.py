"""A model's probabilities for a dataset, as the prediction table that evaluation reads."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.errors import BadDataset, BadModel
from mammo_core.hanging import hang_views
from mammo_core.model_store import StoredModel, predictions_path
from mammo_core.predictions import write_predictions
from mammo_core.preparation import prepare_dataset
from mammo_core.types import Classifier, Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.pixels import PixelCache

LEFT_OUT = ("path", "mask_path", "digest", "sha256", "gate")
IMAGES_AT_ONCE = 32


def predict_dataset(
    model: StoredModel,
    dataset: "Dataset",
    *,
    split: str | None = None,
    progress: Progress = no_progress,
) -> Path:
    """Predict the dataset's images (of one split, else all) and store the table with the model.

    Images that the gate refuses with their pixels are left out.

    Raises:
        BadModel: Where the dataset has a label that the model does not know.
        BadDataset: Where the split has no images.
    """
    model.require_network()
    from mammo_core.tensorflow_start import start_tensorflow

    start_tensorflow()
    from mammo_core.keras_classifier import load_classifier

    choose_rows(model, dataset, split)  # refuses what cannot be predicted before all the work
    dataset, cache = open_images(model, dataset, progress)
    index = choose_rows(model, dataset, split)
    probabilities = predict_images(
        load_classifier(model), cache, index["image_id"].tolist(), progress=progress
    )
    table = join_probabilities(index, model.classes, probabilities)
    path = predictions_path(model, dataset.name)
    facts = {
        "model_sha256": model.sha256,
        "dataset_fingerprint": dataset.version,
        "split": split or "all",
    }
    write_predictions(path, table, facts)
    return path


def join_probabilities(
    index: pd.DataFrame, classes: Sequence[str], probabilities: NDArray[np.floating]
) -> pd.DataFrame:
    """The prediction table of the index's rows.

    Args:
        index: With the columns of a dataset's index.
        classes: (K,) names, mildest first.
        probabilities: (n, K), in the order of the rows.
    """
    table = index.drop(columns=[name for name in LEFT_OUT if name in index])
    for k, name in enumerate(classes):
        table.insert(7 + k, f"p_{name}", probabilities[:, k].astype(float))
    return table


def predict_images(
    classifier: Classifier,
    cache: "PixelCache",
    image_ids: list[str],
    *,
    progress: Progress = no_progress,
) -> NDArray[np.float32]:
    """(n, K) probabilities of cached images; memory does not grow with their number.

    Raises:
        BadModel: Where the model answers about some image with values that are not numbers.
    """
    probabilities = map_images(
        classifier.predict,
        cache,
        image_ids,
        channels=classifier.input_shape[2],
        doing="Predicting",
        progress=progress,
    )
    broken = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if broken.size:
        raise BadModel(
            f"Expected probabilities, got values that are not numbers for {broken.size} of "
            f"{len(image_ids)} images, {image_ids[broken[0]]} among them: the model's weights are "
            "broken, or its sums go beyond all bounds; train or import it again"
        )
    return probabilities


def map_images(
    ask: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    cache: "PixelCache",
    image_ids: list[str],
    *,
    channels: int,
    doing: str,
    progress: Progress = no_progress,
) -> NDArray[np.float32]:
    """(n, ...) what a network says of cached images; memory does not grow with their number.

    Args:
        ask: Takes (m, H, W, channels) images in [0, 1].
        cache: Holds the images in gray.
        image_ids: (n,) which ones, in this order.
        channels: That the network takes; each is the gray image.
        doing: What progress tells.
        progress: May raise Cancelled.
    """
    parts: list[NDArray[np.float32]] = []
    for start in range(0, len(image_ids), IMAGES_AT_ONCE):
        progress(start, len(image_ids), doing)
        gray = cache.images(image_ids[start : start + IMAGES_AT_ONCE])
        parts.append(ask(np.repeat(gray, channels, axis=3)))
    progress(len(image_ids), len(image_ids), doing)
    return np.concatenate(parts)


def open_images(
    model: StoredModel, dataset: "Dataset", progress: Progress = no_progress
) -> "tuple[Dataset, PixelCache]":
    """The dataset without what the gate keeps out of it, and its images as the model takes them."""
    dataset, cache = prepare_dataset(dataset, model.preprocess, progress=progress)
    if model.views:
        cache = replace(cache, pixels=hang_views(cache, dataset.index))
    return dataset, cache


def choose_rows(model: StoredModel, dataset: "Dataset", split: str | None) -> pd.DataFrame:
    """The index of a split (None: of all), by image id.

    Raises:
        BadModel: Where the dataset has a label that the model does not know.
        BadDataset: Where the split has no images.
    """
    index: Any = dataset.index
    unknown = sorted(set(index["label"].dropna()) - set(model.classes))
    if unknown:
        raise BadModel(
            f"The model {model.id} knows {', '.join(model.classes)}; the dataset {dataset.name} "
            f"has the label {', '.join(unknown)}"
        )
    chosen = index if split is None else index[index["split"] == split]
    if not len(chosen):
        there = ", ".join(sorted(set(index["split"].dropna()))) or "none"
        raise BadDataset(
            f"Dataset {dataset.name} has no images in split '{split}'; it has: {there}"
        )
    return chosen.sort_values("image_id")
