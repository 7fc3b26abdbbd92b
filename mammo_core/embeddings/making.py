"""What a model sees in each image of a dataset, computed once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.embeddings.projection import PROJECTIONS
from mammo_core.embeddings.storage import embeddings_path
from mammo_core.model_store import StoredModel
from mammo_core.prediction import choose_rows, map_images, open_images
from mammo_core.predictions import write_predictions
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.pixels import PixelCache


def embed_dataset(
    model: StoredModel,
    dataset: "Dataset",
    *,
    split: str | None = None,
    progress: Progress = no_progress,
) -> Path:
    """Embed the dataset's images (of one split, else all) and keep them with the model.

    Raises:
        BadModel: Where the model has no layer that is wider than its output.
        BadDataset: Where the split has no images.
    """
    from mammo_core.tensorflow_start import start_tensorflow

    start_tensorflow()
    from mammo_core.keras_classifier import load_classifier

    choose_rows(model, dataset, split)  # refuses before all the work
    dataset, cache = open_images(model, dataset, progress)
    index = choose_rows(model, dataset, split)
    vectors = embed_images(load_classifier(model), cache, index["image_id"].tolist(), progress)
    path = embeddings_path(model, dataset.name)
    facts = {
        "model_sha256": model.sha256,
        "dataset_fingerprint": dataset.version,
        "split": split or "all",
    }
    write_predictions(path, tabulate(index, vectors, progress), facts)
    return path


def embed_images(
    classifier: Any, cache: "PixelCache", image_ids: list[str], progress: Progress = no_progress
) -> NDArray[np.float32]:
    """(n, D) vectors of cached images."""
    return map_images(
        classifier.embed,
        cache,
        image_ids,
        channels=classifier.input_shape[2],
        doing="Embedding",
        progress=progress,
    )


def tabulate(
    index: pd.DataFrame, vectors: NDArray[np.float32], progress: Progress = no_progress
) -> pd.DataFrame:
    """The table of embeddings with a place on each map.

    Args:
        index: With `image_id` and `patient_id`.
        vectors: (n, D), in the order of its rows.
        progress: Called before each map.
    """
    columns: dict[str, Any] = {name: index[name].to_numpy() for name in ("image_id", "patient_id")}
    for done, (name, project) in enumerate(PROJECTIONS.items()):
        progress(done, len(PROJECTIONS), "Laying out the map")
        placed = project(vectors.astype(np.float64), 0)
        columns |= {f"{name}_1": placed[:, 0], f"{name}_2": placed[:, 1]}
    progress(len(PROJECTIONS), len(PROJECTIONS), "Laying out the map")
    return pd.DataFrame(columns | {f"e_{i}": column for i, column in enumerate(vectors.T)})
