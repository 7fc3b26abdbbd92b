"""What the pages and the picture routes read, kept in memory until the file behind it changes.

The routes answer outside of any session, so the keeping is functools', not Streamlit's.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core import model_store
from mammo_core.errors import MammoError
from mammo_core.model_store import TABLE_LAYOUT, StoredModel, predictions_path
from mammo_core.paths import read_json

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset, KnownDataset

INDEX, CARD, REFUSED = "index.parquet", "dataset.json", "refused.csv"


def list_models() -> list[StoredModel]:
    """All models, the one with which the app opens first."""
    models = model_store.list_models()
    first = model_store.pick_default(models)
    return sorted(models, key=lambda model: (model != first, model.id))


def find_model(model_id: str) -> StoredModel:
    """The model of that id.

    Raises:
        MammoError: Where there is none.
    """
    return model_store.find_model(model_id)


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
    return None if known is None else read_dataset(known.path, version_of_dataset(known.path))


@lru_cache(maxsize=8)
def read_dataset(folder: Path, version: int) -> "Dataset":
    """The dataset in a folder, kept while it has that version.

    Raises:
        MammoError: Where it is damaged.
    """
    from mammo_core.datasets import load_dataset

    return load_dataset(folder)


def require_dataset(name: str) -> "Dataset":
    """The dataset of that name.

    Raises:
        MammoError: Where there is none.
    """
    dataset = find_dataset(name)
    if dataset is None:
        raise MammoError(f"No dataset '{name}': expected one of {', '.join(dataset_names())}")
    return dataset


@dataclass(frozen=True)
class DatasetCard:
    """What can be said of a dataset without reading its index.

    Attributes:
        version: As `Dataset.version`, by which predictions know what they were made of.
        has_pictures: Whether there are files behind its images.
    """

    name: str
    fingerprint: str
    version: str
    classes: tuple[str, ...]
    has_pictures: bool = True


def read_card(name: str) -> DatasetCard:
    """The card of the known dataset of that name.

    Raises:
        MammoError: Where it is missing or damaged.
    """
    from mammo_core.datasets.storage import tell_version

    card = read_json(dataset_path(name) / CARD)
    return DatasetCard(
        card["name"],
        card["fingerprint"],
        tell_version(card),
        tuple(card["classes"]),
        has_pictures=card.get("layout") != TABLE_LAYOUT,
    )


def known_images(dataset: "Dataset") -> frozenset[str]:
    """The ids of a dataset's images."""
    return _image_ids(dataset.path, version_of(dataset.path / INDEX))


def has_predictions(model: StoredModel, dataset: str) -> bool:
    """Whether the model's prediction table for the dataset exists."""
    return predictions_path(model, dataset).is_file()


def _known_datasets() -> "dict[str, KnownDataset]":
    from mammo_core.datasets.registry import list_datasets

    return {known.name: known for known in list_datasets()}


@lru_cache(maxsize=8)
def _image_ids(folder: Path, version: int) -> frozenset[str]:
    return frozenset(read_dataset(folder, version).index["image_id"])


def version_of_dataset(folder: Path) -> int:
    """What changes whenever a dataset's index or its card is written anew.

    Raises:
        OSError: Where one is missing.
    """
    return max(version_of(folder / name) for name in (INDEX, CARD))


def version_of(path: Path) -> int:
    """What changes whenever a file is written anew."""
    return path.stat().st_mtime_ns
