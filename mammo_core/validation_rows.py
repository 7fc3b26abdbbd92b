"""Predictions of validation cases, by which is chosen what the test shall judge."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mammo_core.predictions import PredictionTable, read_predictions, read_provenance
from mammo_core.run_comparison import VALIDATION

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

NOT_KNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class ValidationRows:
    """Predictions of cases that the model was not fitted to.

    Attributes:
        table: At image level.
        origin: Which cases these are, in words.
        dataset: Their dataset's name.
        split: Of that dataset.
        warnings: What to know of them, a sentence each.
        is_same_data: Whether patients of the same id are the same as among those judged. Numbered
            patients of two datasets share ids by chance.
    """

    table: PredictionTable
    origin: str
    dataset: str = NOT_KNOWN
    split: str = "val"
    warnings: tuple[str, ...] = ()
    is_same_data: bool = True


def find_kept_rows(model: "StoredModel") -> ValidationRows | None:
    """The validation images that its training kept; None where it kept none of this network."""
    path = model.path / VALIDATION
    made_from = read_provenance(path)
    if made_from is None or made_from.model_sha256 != model.sha256:
        return None
    return ValidationRows(
        read_predictions(path),
        f"the validation images of {model.trained_on or 'its training'}",
        model.trained_on or NOT_KNOWN,
        is_same_data=False,
    )
