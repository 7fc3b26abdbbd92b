"""Which cases lie within what was drawn around in a scatter plot, and the way to them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def inside_selection(selection: Mapping[str, Any], x: Array, y: Array) -> Mask:
    """(N,) whether each point lies in a box or lasso of a Plotly chart's selection.

    Args:
        selection: As `st.plotly_chart` returns it, with the keys `box` and `lasso`.
        x: (N,) in the axes' units.
        y: (N,).
    """
    inside = np.zeros(len(x), dtype=bool)
    for box in selection.get("box", ()):
        inside |= _between(x, box["x"]) & _between(y, box["y"])
    for lasso in selection.get("lasso", ()):
        inside |= inside_polygon(lasso["x"], lasso["y"], x, y)
    return inside


def inside_polygon(
    corners_x: Sequence[float], corners_y: Sequence[float], x: Array, y: Array
) -> Mask:
    """(N,) whether each point lies in a polygon, by the even-odd rule."""
    inside = np.zeros(len(x), dtype=bool)
    corners = np.stack([corners_x, corners_y], axis=1).astype(np.float64)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            inside ^= crosses & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return inside


def offer_opening(place: DeltaGenerator, told: str, *, key: str) -> bool:
    """A button that opens what is drawn around; it is there before, so that nothing jumps.

    Args:
        place: Where it stands.
        told: How many cases are drawn around, in words; empty for none.
        key: Of the button.

    Returns:
        Whether it was pressed.
    """
    label = f"Show these: {told}" if told else "Draw around points to show their cases"
    return place.button(label, type="primary", key=key, disabled=not told)


def _between(values: Array, ends: Sequence[float]) -> Mask:
    return (values >= min(ends)) & (values <= max(ends))
