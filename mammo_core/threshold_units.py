"""Of which units a model's own threshold was chosen, and whether others are judged by it."""

from mammo_core.model_store import StoredModel
from mammo_core.wording import add_article

RULES = {"mean": "mean", "max": "maximum", "noisy_or": "noisy-or"}
"""How images join to a larger unit, in words."""


def is_chosen_for(model: StoredModel, level: str, aggregation: str) -> bool:
    """Whether the model's own threshold was chosen on such units, joined so.

    It is chosen on single validation images, of a model of both views on breasts, whose images
    have the same probability. Of a table from elsewhere it is what its owner said.

    Args:
        model: Whose.
        level: "image", "breast", "exam" or "patient".
        aggregation: "mean", "max" or "noisy_or".
    """
    if model.is_table or level == "image":
        return True
    return bool(model.views) and level == "breast" and aggregation != "noisy_or"


def tell_other_unit(model: StoredModel, level: str, aggregation: str) -> str | None:
    """That the model's own threshold is not of the units that are judged; None where it is."""
    if is_chosen_for(model, level, aggregation):
        return None
    of = "breasts" if model.views else "images"
    return (
        f"The model's own threshold was chosen on single {of}. The probability of "
        f"{add_article(level)} here is the {RULES[aggregation]} of its images', so that this "
        f"threshold may call far more or fewer: look at the recall rate, or choose a threshold by "
        f"{level}"
    )
