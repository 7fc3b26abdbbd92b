"""How many images of each class a training learns from and is judged on."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mammo_core.errors import MammoError
from mammo_core.paths import read_json, write_json

if TYPE_CHECKING:
    from mammo_core.training.data import TrainingData

FILE = "images.json"


@dataclass(frozen=True)
class Judged:
    """The validation images behind an AUROC.

    Attributes:
        n_positives: Of the last class.
        n_negatives: Of all others.
        positive: The last class.
    """

    n_positives: int
    n_negatives: int
    positive: str


def count_images(data: "TrainingData") -> dict[str, dict[str, int]]:
    """{"train": {class: n}, "val": {class: n}}."""
    return {
        split: {
            name: int(count)
            for name, count in zip(
                data.classes,
                np.bincount(data.labels[positions], minlength=data.n_classes),
                strict=True,
            )
        }
        for split, positions in (("train", data.train), ("val", data.val))
    }


def write_counts(folder: Path, data: "TrainingData") -> None:
    """Write images.json, which tells of a training before its card is there."""
    write_json(folder / FILE, {"classes": list(data.classes), "images": count_images(data)})


def read_judged(folder: Path) -> Judged | None:
    """What the validation of the model in a folder counted, None where it doesn't say."""
    for read in (_of_training, _of_card):
        try:
            classes, counts = read(folder)
            positive = int(counts[classes[-1]])
            return Judged(positive, sum(map(int, counts.values())) - positive, str(classes[-1]))
        except (MammoError, KeyError, IndexError, TypeError, ValueError, AttributeError):
            continue  # an imported model says nothing of any training
    return None


def _of_training(folder: Path) -> tuple[Any, Any]:
    content = read_json(folder / FILE)
    return content["classes"], content["images"]["val"]


def _of_card(folder: Path) -> tuple[Any, Any]:
    card = read_json(folder / "model.json")
    return card["classes"], card["dataset"]["images"]["val"]
