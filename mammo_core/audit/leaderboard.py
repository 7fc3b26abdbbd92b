"""Each method's figures, and whether they beat maps that know nothing of the model."""

from dataclasses import replace
from typing import Any

import numpy as np

from mammo_core.audit.figures import Figures
from mammo_core.audit.patient_means import Mean, estimate_means
from mammo_core.audit.rules import FEWEST_COMPARED
from mammo_core.evidence import METHOD_METRICS, METRICS
from mammo_core.metrics.estimate import ROUNDING, Estimate, widen_certain

BARS = {"edges": "an edge detector", "center": "a spot in the middle"}
"""The controls that a method must beat, and what they are."""
ANSWERS = frozenset({"pointing_game"})
"""Measures that are yes or no for an image, so that their mean is a proportion of images."""
KNOWN = {**METRICS, **METHOD_METRICS}
Board = dict[str, dict[str, Mean]]


def rank_methods(figures: Figures) -> Board:
    """{method: {metric: mean over the images}}."""
    are_answers = [name in ANSWERS for name in figures.metrics]
    means = estimate_means(
        _flatten(figures.counted),
        figures.patients,
        ranges=[_range(name) for name in figures.metrics] * len(figures.methods),
        are_answers=are_answers * len(figures.methods),
    )
    return _unflatten(figures, means)


def compare_with(figures: Figures, control: str) -> Board:
    """{method: {metric: by how much it is better than the control on the same images}}.

    Positive is better, whatever the measure's direction. A method equal to the control differs by
    0 on every image, which has no interval and beats nothing; nor has a comparison on fewer than
    `FEWEST_COMPARED` patients. No end lies further out than the measure is wide.
    """
    row = figures.methods.index(control)
    signs = np.array([1 if KNOWN[name].higher_is_better else -1 for name in figures.metrics])
    better = (figures.counted - figures.counted[row]) * signs[:, None]
    widths = [_width(name) for name in figures.metrics]
    means = estimate_means(
        _flatten(better),
        figures.patients,
        ranges=[(-width, width) for width in widths] * len(figures.methods),
    )
    board = _unflatten(figures, means)
    return {
        method: {
            name: (_tell_sweep(mean) if name in ANSWERS else mean).count_from(FEWEST_COMPARED)
            for name, mean in cells.items()
        }
        for method, cells in board.items()
    }


def _tell_sweep(mean: Mean) -> Mean:
    """The exact interval of who hits wherever the control misses, or the reverse; else as it is.

    No patient differs from another then, of which Student's t knows nothing; such a method beats
    the control from six patients on, as by the sign test.
    """
    value = mean.estimate.value
    if value is None or abs(value) < 1 - ROUNDING:
        return mean
    wins = (value + 1) / 2
    ends = widen_certain(Estimate(wins, wins, wins), mean.patients).to_json().values()
    return replace(mean, estimate=Estimate(*(None if end is None else 2 * end - 1 for end in ends)))


def _width(metric: str) -> float:
    """The largest difference that two of its values can have."""
    least, most = _range(metric)
    return most - least


def _range(metric: str) -> tuple[float, float]:
    """Between which ends a measure lies."""
    least, most = KNOWN[metric].range
    return -np.inf if least is None else least, np.inf if most is None else most


def tell_board(board: Board) -> dict[str, dict[str, Any]]:
    """The means as they are kept."""
    return {
        method: {metric: mean.to_json() for metric, mean in row.items()}
        for method, row in board.items()
    }


def _flatten(values: Any) -> Any:
    return values.reshape(-1, values.shape[-1])


def _unflatten(figures: Figures, means: list[Mean]) -> Board:
    found = iter(means)
    return {
        method: {metric: next(found) for metric in figures.metrics} for method in figures.methods
    }
