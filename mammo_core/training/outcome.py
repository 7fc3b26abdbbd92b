"""What a finished training's folder answers, without TensorFlow."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.errors import BadDataset
from mammo_core.history import EPOCHS
from mammo_core.model_store import read_model

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

NOTHING_TRAINED = "already finished; nothing was trained"


def tell_outcome(out: Path) -> dict[str, Any]:
    """The verb's answer about a whole model folder."""
    facts = read_model(out).card["training"]
    names = (*EPOCHS.values(), "best_epoch", "seconds", "val")
    return {"model": str(out), **{key: facts[key] for key in names if key in facts}}


def is_finished(out: Path) -> bool:
    """Whether the folder holds a whole model and nothing that is left to do or to clear away."""
    whole = all((out / name).is_file() for name in ("model.json", "model.keras", "card.md"))
    return whole and not any(out.glob("checkpoint*"))


def check_labeled(dataset: "Dataset") -> None:
    """Refuse a dataset from which nothing can be learnt, before its images are prepared.

    Raises:
        BadDataset: Where no image has a label, or none of the training or validation images has.
    """
    index = dataset.index
    labeled = index.loc[index["label"].notna(), "split"]
    if labeled.empty:
        raise BadDataset(
            f"Dataset {dataset.name} has no labels: index it with a table that has a label column"
        )
    for split in ("train", "val"):
        if not (labeled == split).any():
            raise BadDataset(
                f"The dataset has no images with a label in the split '{split}'; index it with "
                "splits (--shares 60,20,20) or fill the table's split column"
            )
