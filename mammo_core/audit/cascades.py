"""How maps change while the network forgets what it learned: kept of an image, joined over all."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from mammo_core.evidence.likeness import mean_of_known

if TYPE_CHECKING:
    from mammo_core.evidence.randomization_curve import RandomizationCurve

Record = dict[str, Any]
DIGITS = 3
"""Decimals that are kept of a correlation."""
LIKENESSES = ("rank_correlation", "ssim")


def keep_curve(curve: "RandomizationCurve") -> Record:
    """What a record keeps of one image's curve; its first values are of the network itself."""
    return {
        "n_layers": curve.n_layers,
        "n_drawn": [0, *curve.n_drawn],
        "layers": ["", *curve.layers],
        "rank_correlation": _tell(curve.rank_correlation[0]),
        "ssim": _tell(curve.ssim[0]),
    }


def join_curves(again: Iterable[Record]) -> Record:
    """{method: as `keep_curve`, with `n` images}: means over those where a map says anything.

    Args:
        again: What `explain_again` gave of each image.
    """
    curves: dict[str, list[Record]] = {}
    for one in again:
        for method, curve in one.get("cascades", {}).items():
            curves.setdefault(method, []).append(curve)
    return {method: _join(of_method) for method, of_method in curves.items()}


def _join(curves: list[Record]) -> Record:
    means = {name: _tell(_mean([curve[name] for curve in curves])) for name in LIKENESSES}
    return {**curves[0], **means, "n": sum(curve["ssim"][0] is not None for curve in curves)}


def _mean(rows: list[list[float | None]]) -> np.ndarray:
    """(stations,) means of what is known."""
    return mean_of_known(np.array(rows, dtype=np.float64).T)


def _tell(values: np.ndarray) -> list[float | None]:
    return [round(float(value), DIGITS) if np.isfinite(value) else None for value in values]
