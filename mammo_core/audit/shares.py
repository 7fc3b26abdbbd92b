"""How much of a map's positive evidence lies in each zone."""

import numpy as np
from numpy.typing import NDArray

from mammo_core.audit.zones import BREAST, ZONES, Zones, list_zone

DIGITS = 5


def measure_areas(zones: Zones, breast: NDArray[np.bool_]) -> dict[str, float]:
    """{zone: share of the picture}; the zones sum to 1, `BREAST` lies across them."""
    return _sum_up(np.ones(zones.shape), zones, breast)


def measure_shares(
    attribution: NDArray[np.float32], zones: Zones, breast: NDArray[np.bool_]
) -> dict[str, float | None]:
    """{zone: share of the map's positive values}; those of the zones sum to 1.

    None of a zone that the image does not have, and throughout where the map is not finite or has
    nothing positive.
    """
    positive = np.maximum(attribution.astype(np.float64), 0)
    is_there = {name: bool(list_zone(zones, name).any()) for name in ZONES}
    is_there[BREAST] = bool(breast.any())
    if not np.isfinite(positive).all() or not positive.sum() > 0:
        return dict.fromkeys(is_there)
    shares = _sum_up(positive, zones, breast)
    return {name: share if is_there[name] else None for name, share in shares.items()}


def _sum_up(
    values: NDArray[np.float64], zones: Zones, breast: NDArray[np.bool_]
) -> dict[str, float]:
    sums = np.bincount(zones.ravel(), weights=values.ravel(), minlength=len(ZONES))
    shares = dict(zip(ZONES, sums / values.sum(), strict=True))
    shares[BREAST] = values[breast].sum() / values.sum()
    return {name: round(float(share), DIGITS) for name, share in shares.items()}
