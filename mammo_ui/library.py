"""What the pages and the picture routes read, kept in memory until the file behind it changes.

The routes answer outside of any session, so the keeping is functools', not Streamlit's.
"""

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core import model_store
from mammo_core.errors import MammoError
from mammo_core.model_store import StoredModel, predictions_path

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.datasets import Dataset, KnownDataset
    from mammo_core.metrics.curves import Curve
    from mammo_core.metrics.threshold_sweep import ThresholdSweep
    from mammo_core.predictions import PredictionTable
    from mammo_ui.state import Choice

LOG = logging.getLogger(__name__)
FIRST_MODEL = "demo"
INDEX = "index.parquet"


def list_models() -> list[StoredModel]:
    """All models, the shipped one first."""
    return sorted(model_store.list_models(), key=lambda model: (model.id != FIRST_MODEL, model.id))


def find_model(model_id: str) -> StoredModel:
    """The model of that id.

    Raises:
        MammoError: Where there is none.
    """
    return model_store.find_model(model_id)


def positive_class(model: StoredModel) -> str:
    """The class that scores and operating points are about: the most severe one."""
    return model.classes[-1]


def dataset_names() -> list[str]:
    """The names of all datasets, the shipped sample first."""
    return list(_known_datasets())


def dataset_path(name: str) -> Path:
    """The folder of a known dataset."""
    return _known_datasets()[name].path


def is_synthetic(name: str) -> bool:
    """Whether a dataset says that its images were generated."""
    known = _known_datasets().get(name)
    return known is not None and known.synthetic


def find_dataset(name: str) -> "Dataset | None":
    """The dataset of that name, None for any other name."""
    known = _known_datasets().get(name)
    return None if known is None else _read_dataset(known.path, _version(known.path / INDEX))


def require_dataset(name: str) -> "Dataset":
    """The dataset of that name.

    Raises:
        MammoError: Where there is none.
    """
    dataset = find_dataset(name)
    if dataset is None:
        raise MammoError(f"No dataset '{name}': expected one of {', '.join(dataset_names())}")
    return dataset


def known_images(dataset: "Dataset") -> frozenset[str]:
    """The ids of a dataset's images."""
    return _image_ids(dataset.path, _version(dataset.path / INDEX))


def has_predictions(model: StoredModel, dataset: str) -> bool:
    """Whether the model's prediction table for the dataset exists."""
    return predictions_path(model, dataset).is_file()


def count_cases(
    model: StoredModel | None, dataset: str | None, split: str
) -> tuple[int, int] | None:
    """(images, patients) that the numbers of this choice are about, None where there are none."""
    if model is None or dataset is None or not has_predictions(model, dataset):
        return None
    table = _take(predictions_path(model, dataset), split, "image")
    return len(table), table.n_patients


def evaluate(choice: "Choice") -> dict[str, Any]:
    """The evaluation of the choice, from the store where it was made before."""
    model, path = choice.model, _table_path(choice)
    return _evaluation(
        model.path, model.threshold, choice.dataset, _version(path), choice.split, choice.level
    )


@dataclass(frozen=True)
class Curves:
    """The curves of one choice; None where a class is missing."""

    roc: "Curve | None"
    precision_recall: "Curve | None"


def draw_curves(choice: "Choice") -> Curves:
    """ROC and precision over recall of the chosen split at the chosen level."""
    path = _table_path(choice)
    return _curves(path, _version(path), choice.split, choice.level)


def list_cases(choice: "Choice") -> "pd.DataFrame":
    """A row an image of the choice, judged at its level and threshold."""
    path = _table_path(choice)
    return _cases(path, _version(path), choice.split, choice.level, choice.threshold)


def known_cases(choice: "Choice") -> frozenset[str]:
    """The ids of the images that the choice has predictions for, in any split."""
    path = _table_path(choice)
    return _predicted_ids(path, _version(path))


def find_case(choice: "Choice", image_id: str) -> dict[str, Any]:
    """Everything known of one image, judged by itself at the chosen threshold."""
    path = _table_path(choice)
    cases = _cases(path, _version(path), "all", "image", choice.threshold)
    table = _read_table(path, _version(path))
    place = int((table.frame["image_id"] == image_id).to_numpy().argmax())
    p = dict(zip([f"p_{name}" for name in table.classes], table.probabilities[place], strict=True))
    return cases.loc[image_id].to_dict() | p


def rates_at_threshold(choice: "Choice") -> dict[str, dict[str, float | None]]:
    """Sensitivity, specificity, PPV, NPV and recall rate at the chosen threshold."""
    path = _table_path(choice)
    sweep = _sweep(path, _version(path), choice.split, choice.level)
    rates = sweep.at_threshold(choice.threshold)
    return {name: estimate.to_json() for name, estimate in rates.items()}


def _table_path(choice: "Choice") -> Path:
    if choice.model is None or choice.dataset is None:
        raise MammoError("Choose a model and a dataset in the sidebar first")
    return predictions_path(choice.model, choice.dataset)


def _take(path: Path, split: str, level: str) -> "PredictionTable":
    return _read_units(path, _version(path), split, level)


def _version(path: Path) -> int:
    return path.stat().st_mtime_ns


def _known_datasets() -> "dict[str, KnownDataset]":
    from mammo_core.datasets.registry import list_datasets

    return {known.name: known for known in list_datasets()}


@lru_cache(maxsize=8)
def _read_dataset(folder: Path, version: int) -> "Dataset":
    from mammo_core.datasets import load_dataset

    return load_dataset(folder)


@lru_cache(maxsize=8)
def _image_ids(folder: Path, version: int) -> frozenset[str]:
    return frozenset(_read_dataset(folder, version).index["image_id"])


@lru_cache(maxsize=4)
def _predicted_ids(path: Path, version: int) -> frozenset[str]:
    return frozenset(_read_table(path, version).frame["image_id"])


@lru_cache(maxsize=4)
def _read_table(path: Path, version: int) -> "PredictionTable":
    from mammo_core.predictions import read_predictions

    return read_predictions(path)


@lru_cache(maxsize=8)
def _read_units(path: Path, version: int, split: str, level: str) -> "PredictionTable":
    from mammo_core.metrics.selection import EvaluationOptions, select

    return select(_read_table(path, version), EvaluationOptions(split=split, level=level))[0]


@lru_cache(maxsize=8)
def _cases(path: Path, version: int, split: str, level: str, threshold: float) -> "pd.DataFrame":
    from mammo_core import cases

    images = _read_units(path, version, split, "image")
    units = _read_units(path, version, split, level)
    return cases.list_cases(images, units, positive=images.classes[-1], threshold=threshold)


@lru_cache(maxsize=8)
def _sweep(path: Path, version: int, split: str, level: str) -> "ThresholdSweep":
    from mammo_core.metrics.threshold_sweep import ThresholdSweep

    units = _read_units(path, version, split, level)
    return ThresholdSweep(*_scores(units), units.patients)


@lru_cache(maxsize=8)
def _curves(path: Path, version: int, split: str, level: str) -> Curves:
    from mammo_core.metrics.curves import precision_recall_curve, roc_curve

    scores, is_positive = _scores(_read_units(path, version, split, level))
    return Curves(roc_curve(scores, is_positive), precision_recall_curve(scores, is_positive))


@lru_cache(maxsize=8)
def _evaluation(
    folder: Path, threshold: float, dataset: str, version: int, split: str, level: str
) -> dict[str, Any]:
    from mammo_core.metrics.evaluation import evaluate_options
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.metrics.stored import load_evaluation, store_evaluation

    options = EvaluationOptions(split=split, level=level, threshold=threshold)
    table = _read_table(folder / "predictions" / f"{dataset}.parquet", version)
    answer = load_evaluation(folder, dataset, table, options)
    if answer is None:
        answer = evaluate_options(table, options)
        store_evaluation(folder, dataset, table, options, answer)
    return answer


def _scores(units: "PredictionTable") -> tuple[Any, Any]:
    positive = len(units.classes) - 1
    return units.probabilities[:, positive], units.labels == positive
