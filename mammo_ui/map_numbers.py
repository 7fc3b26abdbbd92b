"""Maps as numbers that the browser colors by itself: bytes, and where they lie on the image."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mammo_core.explanations import Explanation
    from mammo_core.model_input import ModelInput

MOST_CELLS = 1024
"""Longest side of a map that is sent; a browser holds several of them and paints them at once."""
FULL = 32767
"""What the color bar's end is sent as."""


@dataclass(frozen=True)
class MapFrame:
    """How a map's numbers are to be drawn.

    Attributes:
        rows, columns: The numbers' shape.
        grid: (rows, columns) of the model's input, over all of which the numbers stretch.
        window: (top, left, rows, columns) of that grid which show the image.
        box: (top, left, height, width) as shares of the image: where the window lies on it.
        is_mirrored: Whether the model sees the image mirrored left to right.
        signed: Whether the map speaks against the class, too.
        highest: The value at the color bar's end, in the method's own scale.
        largest: The largest size of a value, which may lie beyond that end.
    """

    rows: int
    columns: int
    grid: tuple[int, int]
    window: tuple[int, int, int, int]
    box: tuple[float, float, float, float]
    is_mirrored: bool
    signed: bool
    highest: float
    largest: float


@dataclass(frozen=True)
class MapPicture:
    """A map for the browser.

    Attributes:
        address: Where its numbers are.
        frame: How they are to be drawn.
    """

    address: str
    frame: MapFrame


def read_frame(content: dict[str, Any]) -> MapFrame:
    """The frame that was written as JSON, where tuples are lists."""
    return MapFrame(**{k: tuple(v) if isinstance(v, list) else v for k, v in content.items()})


def write_numbers(explanation: "Explanation", given: "ModelInput") -> tuple[bytes, MapFrame] | None:
    """(little-endian 16-bit shares of the color bar's end, how to draw them).

    None where the map says nothing.
    """
    from mammo_core.attribution import METHODS

    signed = METHODS[explanation.method].signed
    return write_values(explanation.attribution, explanation.shape, given, signed=signed)


def write_values(
    own: "NDArray[np.float32]", grid: tuple[int, int], given: "ModelInput", *, signed: bool
) -> tuple[bytes, MapFrame] | None:
    """As `write_numbers`, of a map over a model's input of that grid, whoever made it."""
    import numpy as np

    from mammo_core.overlays import find_limit, is_blank

    if is_blank(own):
        return None
    values = _coarsen(own if signed else np.maximum(own, 0))
    limit = find_limit(values)
    shares = np.rint(np.clip(values / limit, -1, 1) * FULL).astype("<i2")
    return shares.tobytes(), _frame(values, grid, given, signed, limit)


def _coarsen(attribution: "NDArray[np.float32]") -> "NDArray[np.float32]":
    from mammo_core.overlays import pool_strongest

    shrink = min(1.0, MOST_CELLS / max(attribution.shape))
    rows, columns = (max(1, round(length * shrink)) for length in attribution.shape)
    return pool_strongest(attribution, (rows, columns))


def _frame(
    values: "NDArray[np.float32]",
    grid: tuple[int, int],
    given: "ModelInput",
    signed: bool,
    highest: float,
) -> MapFrame:
    import numpy as np

    place = given.placement
    aside = given.own_column
    height, width = place.bottom - place.top, place.right - place.left
    return MapFrame(
        rows=values.shape[0],
        columns=values.shape[1],
        grid=grid,
        window=(
            place.pad_top,
            place.pad_left + aside,
            place.scaled_rows,
            place.scaled_columns,
        ),
        box=(
            place.top / place.rows,
            place.left / place.columns,
            height / place.rows,
            width / place.columns,
        ),
        is_mirrored=place.flip,
        signed=signed,
        highest=highest,
        largest=float(np.abs(values).max()),
    )
