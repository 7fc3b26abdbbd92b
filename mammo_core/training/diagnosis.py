"""Whether a training learns, told from its history by fixed rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Row = Mapping[str, Any]
"""One epoch of history.csv: epoch, loss, val_loss, val_auroc; what was not measured is no float."""

FEWEST_EPOCHS = 3
LONG = 4
"""Epochs without a better AUROC after which standing still is said."""
FLAT = 0.05
"""Share of itself that a loss may drift and still count as flat: epochs scatter about as much."""


def find_best_epoch(rows: Sequence[Row]) -> int | None:
    """The epoch of the highest validation AUROC, the first of equals; None where none has one."""
    scored = [row for row in rows if isinstance(row.get("val_auroc"), float)]
    return int(max(scored, key=lambda row: row["val_auroc"])["epoch"]) if scored else None


def diagnose(rows: Sequence[Row], *, n_positives: int | None = None) -> str:
    """One sentence on whether it is learning.

    Args:
        rows: The finished epochs of one stage, in their order; at least one.
        n_positives: Validation images of the last class, None where that is not known.
    """
    best = find_best_epoch(rows)
    if best is None:
        return f"Epoch {int(rows[-1]['epoch'])}: no validation AUROC in this stage."
    auroc = next(row["val_auroc"] for row in rows if row["epoch"] == best)
    counted = "" if n_positives is None else f" ({n_positives} positives)"
    return (
        f"Best validation AUROC {auroc:.2f} at epoch {best}{counted}: {_judge(rows, best, auroc)}"
    )


def _judge(rows: Sequence[Row], best: int, auroc: float) -> str:
    if len(rows) < FEWEST_EPOCHS:
        return "too early to tell."
    if auroc < 0.4:
        return "worse than chance: are the classes swapped?"
    if auroc <= 0.5:
        return "no better than chance so far."
    since = find_overfitting(rows)
    if since is not None:
        return f"overfitting since epoch {since}, as only the training loss falls."
    n_since = int(rows[-1]["epoch"]) - best
    if n_since >= LONG and _is_flat([row for row in rows if row["epoch"] >= best]):
        return f"no better for {n_since} epochs, it has stopped learning."
    return "it is learning."


def find_overfitting(rows: Sequence[Row]) -> int | None:
    """The epoch of the lowest validation loss if since then it rose while the training loss fell.

    None where fewer than three epochs came after it, or where either loss did otherwise.
    """
    known = [row for row in rows if isinstance(row.get("val_loss"), float)]
    if not known:
        return None
    lowest = min(range(len(known)), key=lambda place: known[place]["val_loss"])
    since = known[lowest:]
    if len(since) <= FEWEST_EPOCHS:
        return None
    rises = _drift(since[1:], "val_loss") > FLAT  # one lucky epoch before a level line is no rise
    falls = _drift(since, "loss") < 0
    return int(since[0]["epoch"]) if rises and falls else None


def _is_flat(rows: Sequence[Row]) -> bool:
    known = [row for row in rows if isinstance(row.get("val_loss"), float)]
    return all(abs(_drift(known, key)) <= FLAT for key in ("loss", "val_loss"))


def _drift(rows: Sequence[Row], key: str) -> float:
    """How far the least-squares line goes from the first row to the last, over the first value."""
    if len(rows) < 2:
        return 0.0
    values = np.array([row[key] for row in rows], dtype=float)
    slope = np.polyfit(np.arange(len(values)), values, 1)[0]
    return float(slope * (len(values) - 1) / max(values[0], 1e-9))
