"""How near to the lesion maps are, by the lesion's size and kind."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mammo_core.audit.figures import Figures
from mammo_core.audit.leaderboard import rank_methods, tell_board
from mammo_core.evidence import METRICS

Stratum = dict[str, Any]


def stratify(figures: Figures) -> dict[str, list[Stratum]]:
    """{"size": ..., "kind": ...}, each a list of {"label", "n", "methods"} of the places of maps.

    Only lesions that the model calls rightly count, as everywhere; n is their number. Sizes are
    thirds of these lesions by their marked area.
    """
    places = tuple(m for m in figures.metrics if m in METRICS and METRICS[m].needs_mask)
    called = [
        record
        for record, is_right in zip(figures.records, figures.is_right, strict=True)
        if is_right and record["areas"]["lesion"]
    ]
    groups = {"size": _group_by_size(called), "kind": _group_by_kind(called)}
    lesions = replace(figures, metrics=places)
    return {
        name: [_tell(lesions, label, records) for label, records in found if records]
        for name, found in groups.items()
    }


def _tell(figures: Figures, label: str, records: Sequence[Any]) -> Stratum:
    board = rank_methods(replace(figures, records=records))
    return {"label": label, "n": len(records), "methods": tell_board(board)}


def _group_by_size(records: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    known = [record for record in records if record["lesion_mm2"] is not None]
    if not known:
        return []
    first, second = np.quantile([record["lesion_mm2"] for record in known], (1 / 3, 2 / 3))
    return [
        (f"up to {first:.0f} mm²", [r for r in known if r["lesion_mm2"] <= first]),
        (
            f"{first:.0f} to {second:.0f} mm²",
            [r for r in known if first < r["lesion_mm2"] <= second],
        ),
        (f"above {second:.0f} mm²", [r for r in known if r["lesion_mm2"] > second]),
    ]


def _group_by_kind(records: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    kinds = sorted({record["lesion"] for record in records if record["lesion"]})
    return [(kind, [r for r in records if r["lesion"] == kind]) for kind in kinds]
