"""What several passes over a dataset say, kept beside the model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.model_store import StoredModel
from mammo_core.predictions import read_provenance, write_predictions
from mammo_core.types import Progress, no_progress
from mammo_core.uncertainty import PASS_MEASURES, PASS_METHODS
from mammo_core.uncertainty.pass_method import Ask, PassSettings

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.pixels import PixelCache

MOST_PASSES = 500
IMAGES_AT_ONCE = 32


@dataclass(frozen=True)
class PassFacts:
    """What a kept table of passes says of itself.

    Attributes:
        method: A key of `PASS_METHODS`.
        passes: How often each image was asked about.
        seed: What chance made of them.
        split: The split that was asked about, "all" for every image.
    """

    method: str
    passes: int
    seed: int
    split: str


def passes_path(model: StoredModel, dataset_name: str, method: str) -> Path:
    """Where the passes of a method over a dataset lie."""
    return model.path / "uncertainty" / f"{dataset_name}.{method}.parquet"


def measure_dataset(
    model: StoredModel,
    dataset: "Dataset",
    method: str,
    *,
    passes: int = PassSettings.passes,
    seed: int = 0,
    split: str | None = None,
    progress: Progress = no_progress,
) -> Path:
    """Ask the model several times about the dataset's images and keep what it says.

    The table is a prediction table of the mean probabilities, with `std` (of the last class),
    `entropy` (of the mean) and `mutual_information` of each image.

    Args:
        model: Who is asked.
        dataset: The images; those that the gate refuses are left out.
        method: A key of `PASS_METHODS`.
        passes: How often each image is asked about, at least 2.
        seed: What chance makes of them.
        split: The one to ask about; None for all images.
        progress: May raise Cancelled; an earlier table stays as it was.

    Raises:
        BadConfiguration: For an unknown method or number of passes.
        BadModel: As `predict_dataset`, and where the method needs layers that the model lacks.
        BadDataset: Where the split has no images.
    """
    from mammo_core.prediction import choose_rows

    _check_asked(method, passes)
    model.require_network()
    choose_rows(model, dataset, split)  # refuses what cannot be asked before all the work
    settings = PassSettings(passes=passes, seed=seed, n_views=max(1, len(model.views)))
    ask = _start(model, method, settings)
    dataset, table = _ask_dataset(ask, model, dataset, split, passes=passes, progress=progress)
    path = passes_path(model, dataset.name, method)
    write_predictions(path, table, _notes(model, dataset, method, settings, split))
    return path


def _check_asked(method: str, passes: int) -> None:
    _check_method(method)
    if not 2 <= passes <= MOST_PASSES:
        raise BadConfiguration(f"Expected from 2 to {MOST_PASSES} passes, got {passes}")


def _ask_dataset(
    ask: Ask,
    model: StoredModel,
    dataset: "Dataset",
    split: str | None,
    *,
    passes: int,
    progress: Progress,
) -> "tuple[Dataset, pd.DataFrame]":
    """The dataset as the gate leaves it, and what several passes say of its images."""
    from mammo_core.prediction import choose_rows, join_probabilities, open_images

    dataset, cache = open_images(model, dataset, progress)
    index = choose_rows(model, dataset, split)
    means, measured = measure_images(
        ask, cache, index["image_id"].tolist(), passes=passes, progress=progress
    )
    return dataset, join_probabilities(index, model.classes, means).assign(**measured)


def measure_images(
    ask: Ask,
    cache: "PixelCache",
    image_ids: list[str],
    *,
    passes: int,
    progress: Progress = no_progress,
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """((n, K) mean probabilities, (n,) each of `PASS_MEASURES`); memory does not grow with n."""
    means, parts = [], []
    for start in range(0, len(image_ids), IMAGES_AT_ONCE):
        chosen = image_ids[start : start + IMAGES_AT_ONCE]
        pixels, told = cache.pixels[cache.positions(chosen)], []
        for number, probabilities in enumerate(ask(pixels, chosen)):
            done = start * passes + number * len(chosen)
            progress(done, len(image_ids) * passes, f"Asking {passes} times about each image")
            told.append(probabilities.astype(np.float64))
        every = np.stack(told)
        means.append(every.mean(axis=0))
        parts.append({name: one.compute(every) for name, one in PASS_MEASURES.items()})
    progress(1, 1, "Asked about all images")
    return np.concatenate(means), {
        name: np.concatenate([part[name] for part in parts]) for name in PASS_MEASURES
    }


def read_passes(path: Path) -> pd.DataFrame:
    """A row an image: ids and metadata, p_<class>, std, entropy, mutual_information."""
    return pd.read_parquet(path)


def require_passes(model: StoredModel, dataset: "Dataset", method: str) -> pd.DataFrame:
    """The kept passes of a method over the dataset as it is.

    Raises:
        BadConfiguration: For an unknown method.
        BadTable: Where there are none; says how to have them.
    """
    _check_method(method)
    if method not in find_passes(model, dataset.name, dataset.version):
        raise BadTable(
            f"Expected passes of {method} by {model.id} over {dataset.name}, found none of both as "
            f"they are; run 'python -m mammo_core uncertainty {model.id} {dataset.name} "
            f"--method {method}'"
        )
    return read_passes(passes_path(model, dataset.name, method))


def find_passes(model: StoredModel, dataset_name: str, version: str) -> dict[str, PassFacts]:
    """By method what there is of that model and that version of the dataset, nothing outdated."""
    found = {}
    for method in PASS_METHODS:
        path = passes_path(model, dataset_name, method)
        made_from = read_provenance(path)
        if made_from is not None and made_from.is_of(model.sha256, version):
            found[method] = read_facts(path)
    return found


def read_facts(path: Path) -> PassFacts:
    """What a kept table says of itself."""
    import pyarrow.parquet as pq

    notes = pq.read_schema(path).metadata
    method, passes, seed, split = (
        notes[key].decode() for key in (b"method", b"passes", b"seed", b"split")
    )
    return PassFacts(method, int(passes), int(seed), split)


def _check_method(method: str) -> None:
    if method not in PASS_METHODS:
        raise BadConfiguration(f"Expected a method of {', '.join(PASS_METHODS)}, got '{method}'")


def _start(model: StoredModel, method: str, settings: PassSettings) -> Ask:
    from mammo_core.tensorflow_start import start_tensorflow

    start_tensorflow()
    from mammo_core.keras_classifier import load_classifier

    return PASS_METHODS[method].start(load_classifier(model), settings)


def _notes(
    model: StoredModel, dataset: "Dataset", method: str, settings: PassSettings, split: str | None
) -> dict[str, str]:
    return {
        "model_sha256": model.sha256,
        "dataset_fingerprint": dataset.version,
        "split": split or "all",
        "method": method,
        "passes": str(settings.passes),
        "seed": str(settings.seed),
    }
