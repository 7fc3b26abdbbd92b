"""Which epoch is the best one, and which one's weights are the model."""

from collections.abc import Sequence

from mammo_core.history import rank_epoch, select_candidates
from mammo_core.training.course import Row, take_measured


def find_best_epoch(rows: Sequence[Row]) -> int | None:
    """The epoch of the highest validation AUROC, by loss among equals; None where none has one."""
    scored = take_measured(rows, "val_auroc")
    return int(max(scored, key=rank_epoch)["epoch"]) if scored else None


def find_model_epoch(rows: Sequence[Row]) -> int | None:
    """The epoch, of all stages', whose weights are the model's so far; None without any AUROC."""
    return find_best_epoch(select_candidates(rows))


def tell_other_stage(rows: Sequence[Row], stage: str) -> str | None:
    """That the model's epoch lies in another stage than the one shown; None where it doesn't."""
    best = find_model_epoch(rows)
    row = next((row for row in rows if row["epoch"] == best), None)
    if row is None or row.get("stage", stage) == stage:
        return None
    return (
        f"The model is of epoch {best}, in the stage {row['stage']} (AUROC {row['val_auroc']:.2f})."
    )
