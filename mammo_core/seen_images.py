"""Images that a model saw although a dataset's splits say otherwise: parts of experiments did."""

from typing import TYPE_CHECKING

from mammo_core.errors import BadModel
from mammo_core.model_store import find_model
from mammo_core.paths import read_json
from mammo_core.wording import count

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.model_store import StoredModel

ROLES = "roles.json"


def tell_seen(model: "StoredModel", dataset: "Dataset", split: str) -> str | None:
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
    is_same, is_copy = (card.get(key) == getattr(dataset, key) for key in ("name", "fingerprint"))
    if not (is_same or is_copy):
        return None
    return (
        f"Every training begins with the weights of {weights}, which learned from patients of "
        f"{dataset.name} itself: the figures flatter, as its patients are not new to any part"
    )
