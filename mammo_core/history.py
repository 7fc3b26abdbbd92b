"""The history of a training as its folder holds it, a row an epoch, and which epoch is the best."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

PATCHES = "patches"
"""The one stage whose network is no model of whole images: the next stage begins anew."""

EPOCHS = {
    PATCHES: "patch_epochs", "head": "head_epochs", "upper": "upper_epochs", "images": "epochs"
}  # fmt: skip
"""The setting that holds the epochs of each stage, and the fact of a card that counts them."""

Row = TypeVar("Row", bound=Mapping[str, Any])


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The rows of a model folder's history.csv, numbers as numbers; empty before the first.

    What was not measured in an epoch stays an empty text.
    """
    try:
        text = (folder / "history.csv").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return [
        {key: _as_number(value) for key, value in row.items()}
        for row in csv.DictReader(io.StringIO(text))
    ]


def rank_epoch(row: Mapping[str, Any]) -> tuple[float, float]:
    """What makes an epoch better than another: its validation AUROC, among equals its loss.

    Few validation images often give many epochs the very same AUROC, and the network goes on
    learning. Where no AUROC is defined, the loss alone decides.
    """
    auroc, loss = row.get("val_auroc"), row.get("val_loss")
    return (
        auroc if isinstance(auroc, float) else -math.inf,
        -loss if isinstance(loss, float) else -math.inf,
    )


def count_epochs(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many epochs each stage had, by the names of `EPOCHS`."""
    return {key: sum(row["stage"] == stage for row in rows) for stage, key in EPOCHS.items()}


def select_candidates(rows: Sequence[Row]) -> list[Row]:
    """The epochs one of which is the model: all but those of patches, or those while alone."""
    return [row for row in rows if row.get("stage") != PATCHES] or list(rows)


def _as_number(value: str | None) -> Any:
    try:
        return float(value or "")
    except ValueError:
        return value
