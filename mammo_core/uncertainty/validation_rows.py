"""Predictions of validation cases, by which limits and sets are chosen before the test."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mammo_core.metrics.selection import select_split
from mammo_core.predictions import PredictionTable, read_predictions, read_provenance
from mammo_core.run_comparison import VALIDATION

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

EXCHANGEABLE = (
    "Images of one patient resemble each other, so that each calibration patient counts once; the "
    "promise is about a random image of a new patient of the same kind"
)


@dataclass(frozen=True, eq=False)
class ValidationRows:
    """Predictions of cases that the model was not fitted to.

    Attributes:
        table: At image level.
        origin: Which cases these are, in words.
        warning: What to know of them; empty where there is nothing.
        is_same_data: Whether patients of the same id are the same as among those judged. Numbered
            patients of two datasets share ids by chance.
    """

    table: PredictionTable
    origin: str
    warning: str = ""
    is_same_data: bool = True


def find_validation(
    model: "StoredModel | None", table: PredictionTable | None, split: str = "val"
) -> ValidationRows | None:
    """The rows of that split in the table, else the model's own validation images; None without.

    Args:
        model: Who predicted; None for a table from elsewhere.
        table: Of the dataset that is judged, all splits; None where only the model is known.
        split: That calibrates.
    """
    if table is not None and has_rows(table, split):
        return ValidationRows(select_split(table, split)[0], f"the split '{split}' of the table")
    return None if model is None or split != "val" else read_kept_validation(model)


def read_kept_validation(model: "StoredModel") -> ValidationRows | None:
    """The predictions of the validation images that its training kept; None where it kept none."""
    path = model.path / VALIDATION
    made_from = read_provenance(path)
    if made_from is None or made_from.model_sha256 != model.sha256:
        return None
    name = model.trained_on or "its training"
    warning = (
        f"These are the validation images of {name}, by which the training was steered, not of "
        "the data that is judged: what is promised holds as far as both are of one kind"
    )
    origin = f"the validation images of {name}"
    return ValidationRows(read_predictions(path), origin, warning, is_same_data=False)


def has_rows(table: PredictionTable, split: str) -> bool:
    """Whether the table has a labeled row of the split."""
    if "split" not in table.frame:
        return False
    in_split = (table.frame["split"] == split).fillna(False).to_numpy(dtype=bool)
    return bool((in_split & (table.labels >= 0)).any())
