"""Predictions of validation cases, by which limits and sets are chosen before the test."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mammo_core.metrics.selection import select_split
from mammo_core.predictions import PredictionTable
from mammo_core.validation_rows import ValidationRows, find_kept_rows

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

EXCHANGEABLE = (
    "Images of one patient resemble each other, so that each calibration patient counts once; the "
    "promise is about a random image of a new patient of the same kind"
)


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
    """As `find_kept_rows`, with what that means for other data."""
    kept = find_kept_rows(model)
    if kept is None:
        return None
    warning = (
        f"These are {kept.origin}, by which the training was steered, not of the data that is "
        "judged: what is promised holds as far as both are of one kind"
    )
    return replace(kept, warnings=(warning,))


def has_rows(table: PredictionTable, split: str) -> bool:
    """Whether the table has a labeled row of the split."""
    if "split" not in table.frame:
        return False
    in_split = (table.frame["split"] == split).fillna(False).to_numpy(dtype=bool)
    return bool((in_split & (table.labels >= 0)).any())
