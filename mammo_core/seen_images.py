"""Images that a model saw although a dataset's splits say otherwise: parts of experiments did."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.errors import BadModel
from mammo_core.model_store import find_model
from mammo_core.paths import read_json
from mammo_core.wording import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mammo_core.datasets import Dataset
    from mammo_core.model_store import StoredModel

ROLES = "roles.json"


def describe_parent(model: "StoredModel") -> dict[str, Any]:
    """What a card says of the model whose weights a training began with: its data and roles."""
    dataset, roles = model.card["dataset"], model.path / ROLES
    if not model.trained_on:
        return {}
    known = {key: dataset[key] for key in ("name", "fingerprint") if dataset.get(key)}
    return {"dataset": known, **({"roles": str(roles)} if roles.exists() else {})}


def has_history(model: "StoredModel") -> bool:
    """Whether more than the index of its dataset decides what the model has seen."""
    begun = model.card["training"].get("begun_with", {})
    return "dataset" in begun or (model.path / ROLES).exists()


def tell_seen(model: "StoredModel", dataset: "Dataset", split: str) -> str | None:
    """What of the split the model, or that whose weights it began with, learned; None if nothing.

    Raises:
        MammoError: Where the roles cannot be read.
        BadDataset: Where the dataset has no such split.
    """
    told = (_tell_own(model, dataset, split), _tell_parent(model, dataset, split))
    return "; ".join(filter(None, told)) or None


def tell_other_splits(begun: "Mapping[str, Any]", dataset: "Dataset") -> str | None:
    """That the weights a training begins with learned from the dataset dealt otherwise, else None.

    Args:
        begun: What `describe_parent` said, with the word for the weights.
        dataset: Of the training.
    """
    if "dataset" not in begun or not _is_of(begun["dataset"], dataset):
        return None
    if "roles" not in begun and begun["dataset"].get("fingerprint") == dataset.fingerprint:
        return None
    return (
        f"The weights of {begun['weights']} learned from {dataset.name} with other splits: images "
        "that validate or test this training may be among those, and its figures may flatter"
    )


def _tell_parent(model: "StoredModel", dataset: "Dataset", split: str) -> str | None:
    begun = model.card["training"].get("begun_with", {})
    if "dataset" not in begun or not _is_of(begun["dataset"], dataset):
        return None
    whose = f"The weights that {model.id} began with ({begun['weights']})"
    roles = Path(begun["roles"]) if "roles" in begun else None
    if roles is None and begun["dataset"].get("fingerprint") == dataset.fingerprint:
        return None  # the same splits
    if roles is None or not roles.exists():
        return (
            f"{whose} learned from {dataset.name} with other splits: its figures here may flatter"
        )
    seen = dataset.select(split)["image_id"].map(read_json(roles)).isin(("train", "val"))
    if not seen.any():
        return None
    return (
        f"{whose} had learned from {count(int(seen.sum()), 'image')} of {len(seen)}: they flatter"
    )


def _is_of(card: dict[str, Any], dataset: "Dataset") -> bool:
    """Whether what a card says of its dataset means this one, by name or as a copy of it."""
    return any(card.get(key) == getattr(dataset, key) for key in ("name", "fingerprint"))


def _tell_own(model: "StoredModel", dataset: "Dataset", split: str) -> str | None:
    """How many images of the split the model learned from or was stopped by; None where none.

    Only for a model that was dealt roles of its own, as the parts of experiments are; all others
    learned from the splits of their dataset's index.

    Raises:
        MammoError: Where the roles cannot be read.
        BadDataset: Where the dataset has no such split.
    """
    if not (model.path / ROLES).exists():
        return None
    roles = read_json(model.path / ROLES)
    seen = dataset.select(split)["image_id"].map(roles).isin(("train", "val"))
    if not seen.any():
        return None
    return (
        f"{count(int(seen.sum()), 'image')} of {len(seen)} were training or validation images of "
        f"{model.id}, a part of an experiment with roles of its own: its figures here flatter"
    )


def tell_begun(weights: str, dataset: "Dataset") -> str | None:
    """That the model whose weights trainings begin with learned from the dataset; None where not.

    Args:
        weights: The setting; a file of weights tells nothing of its images.
        dataset: That the trainings are judged on.
    """
    try:
        card = find_model(weights).card["dataset"]
    except BadModel:
        return None
    if not _is_of(card, dataset):
        return None
    return (
        f"Every training begins with the weights of {weights}, which learned from patients of "
        f"{dataset.name} itself: the figures flatter, as its patients are not new to any part"
    )
