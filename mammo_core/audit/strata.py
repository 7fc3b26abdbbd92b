"""How near to the lesion maps are, by the lesion's size and kind."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mammo_core.audit.figures import Figures, Look
from mammo_core.audit.leaderboard import rank_methods, tell_board
from mammo_core.evidence import METRICS

Stratum = dict[str, Any]
Group = tuple[str, list[Look]]
UNKNOWN = "unknown"
"""What lesions without a size or a kind are gathered under."""


def stratify(figures: Figures) -> dict[str, list[Stratum]]:
    """{"size": ..., "kind": ...}, each a list of {"label", "n", "methods"} of the places of maps.

    Only lesions that the model calls rightly count, as everywhere; n is their number. Sizes are
    thirds of these lesions by their marked area.
    """
    is_called = figures.is_right & figures.has_lesion
    called = [look for look, counts in zip(figures.looks, is_called, strict=True) if counts]
    groups = {"size": _group_by_size(called), "kind": _group_by_kind(called)}
    return {
        name: [_tell(figures, label, looks) for label, looks in found if looks]
        for name, found in groups.items()
    }


def _tell(figures: Figures, label: str, looks: Sequence[Look]) -> Stratum:
    board = rank_methods(replace(figures, looks=looks))
    places = {
        method: {name: mean for name, mean in row.items() if _needs_mask(name)}
        for method, row in board.items()
    }
    return {"label": label, "n": len(looks), "methods": tell_board(places)}


def _needs_mask(metric: str) -> bool:
    return metric in METRICS and METRICS[metric].needs_mask


def _group_by_size(looks: Sequence[Look]) -> list[Group]:
    known = [look for look in looks if look.facts["lesion_mm2"] is not None]
    unknown = [look for look in looks if look.facts["lesion_mm2"] is None]
    if not known:
        return []
    sizes = np.array([look.facts["lesion_mm2"] for look in known])
    first, second = np.quantile(sizes, (1 / 3, 2 / 3))
    thirds = {
        f"up to {first:.0f} mm²": sizes <= first,
        f"{first:.0f} to {second:.0f} mm²": (first < sizes) & (sizes <= second),
        f"above {second:.0f} mm²": sizes > second,
    }
    groups = [
        (label, [look for look, is_in in zip(known, inside, strict=True) if is_in])
        for label, inside in thirds.items()
    ]
    return [*groups, (f"{UNKNOWN} size", unknown)]


def _group_by_kind(looks: Sequence[Look]) -> list[Group]:
    kinds: dict[str, list[Look]] = {}
    for look in looks:
        kinds.setdefault(look.facts["lesion"] or f"{UNKNOWN} kind", []).append(look)
    return sorted(kinds.items())
