"""What a training's figures do not tell by themselves; the verb `diagnose` and the pages say it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mammo_core.training.counts import Judged

Row = dict[str, Any]
FEW_POSITIVES = 15
RECALL = "val_recall_"


def list_cautions(rows: Sequence[Row], best: int | None, judged: "Judged | None") -> list[str]:
    """A sentence, without its full stop, for each reason to doubt what validation says.

    Args:
        rows: The finished epochs of one stage; at least one.
        best: The best epoch, None where none is known.
        judged: The validation images, None where they are not known.
    """
    cautions = []
    if judged is not None and judged.n_positives < FEW_POSITIVES:
        images = "image is" if judged.n_positives == 1 else "images are"
        cautions.append(
            f"Only {judged.n_positives} validation {images} {judged.positive}: no difference "
            "between epochs can be trusted much"
        )
    missed = [name for name, share in find_recall(rows, best).items() if share == 0]
    return cautions + [f"No validation image of class {name} was called rightly" for name in missed]


def find_recall(rows: Sequence[Row], best: int | None) -> dict[str, float]:
    """The share of each class that the best epoch (else the last) called rightly."""
    row = next((row for row in rows if row["epoch"] == best), rows[-1])
    return {
        name.removeprefix(RECALL): value
        for name, value in row.items()
        if name.startswith(RECALL) and isinstance(value, float)
    }
