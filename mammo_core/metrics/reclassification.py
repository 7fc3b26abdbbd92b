"""Who is called by one model and not by the other, told apart by the truth."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.metrics.pairing import Pair

CALLED_BY = ("both", "only_a", "only_b", "neither")
NET_CAVEAT = (
    "The net reclassification adds a gain in sensitivity to one in specificity as if a missed case "
    "and a false alarm weighed the same, whatever the prevalence: read its two parts, not its total"
)
"""Source: Kerr et al. 2014, doi:10.1097/EDE.0000000000000018."""


def call_cells(pair: Pair, thresholds: Sequence[float]) -> NDArray[np.intp]:
    """(N,) the place in `CALLED_BY` of each row; a row is called where p >= threshold.

    Args:
        pair: Both models' rows.
        thresholds: A's and B's.
    """
    a, b = (scores >= t for scores, t in zip(pair.scores, thresholds, strict=True))
    return 2 * (~a).astype(np.intp) + ~b


def count_calls(pair: Pair, thresholds: Sequence[float]) -> dict[str, dict[str, int]]:
    """{"positives": {"n", "both", "only_a", "only_b", "neither"}, "negatives": the same}."""
    cells = call_cells(pair, thresholds)
    truths = {"positives": pair.is_positive, "negatives": ~pair.is_positive}
    return {name: _tally(cells[rows]) for name, rows in truths.items()}


def _tally(cells: NDArray[np.intp]) -> dict[str, int]:
    counts = np.bincount(cells, minlength=len(CALLED_BY)).tolist()
    return {"n": len(cells), **dict(zip(CALLED_BY, counts, strict=True))}


def tell_right(pair: Pair) -> dict[str, Any]:
    """(N,) masks by who has the truth as most probable class: `CALLED_BY`'s names."""
    a, b = pair.is_right
    return {"both": a & b, "only_a": a & ~b, "only_b": b & ~a, "neither": ~a & ~b}
