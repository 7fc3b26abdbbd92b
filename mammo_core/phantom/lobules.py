"""Fat lobules, most of them where gland meets fat, so that its border is scalloped."""

import numpy as np

from mammo_core.phantom.fields import Field, Frame, ramp, smooth_pair
from mammo_core.phantom.patient import Streams

LARGEST_RHO = 1.6  # beyond it a lobule changes nothing
FAR = 9.0


def carve_lobules(
    frame: Frame,
    centers: list[tuple[int, int]],
    flow: Field,
    streams: Streams,
) -> tuple[Field, Field]:
    """(share of gland that lobules leave, their walls), both 0 to 1, on the flow's grid.

    A lobule is a lumpy ellipse along the flow; between two neighbors the gland's border runs to a
    point, as Cooper's ligaments make it.

    Args:
        frame: The pixel grid that the flow covers.
        centers: (row, column) of each on the flow's grid.
        flow: (h, w) angle of the strands, radians.
        streams: For what both sides have in common, and for what they have not.
    """
    shared, own = streams.shared, streams.own
    x, y = _warped_grid(frame, flow.shape, own)
    keep = np.ones(flow.shape, np.float32)
    nearest = np.full(flow.shape, FAR, np.float32)
    for center in centers:
        radius = float(np.exp(shared.normal(1.55, 0.45)))
        strength, squeeze = shared.uniform(0.35, 0.92), shared.uniform(0.4, 0.95)
        turn = float(flow[center]) + own.normal(0, 0.4)
        window = _window(frame, flow.shape, center, LARGEST_RHO * radius + 4)
        dx, dy = x[window] - x[center], y[window] - y[center]
        rho = _relative_radius(dx, dy, turn, squeeze) / np.float32(radius)
        keep[window] *= 1 - np.float32(strength) * ramp(rho, 1.35, 0.45)
        np.minimum(nearest[window], rho, out=nearest[window])
    septa = np.exp(-(((nearest - 1.15) / 0.13) ** 2))
    return keep, septa.astype(np.float32)


def _relative_radius(dx: Field, dy: Field, turn: float, squeeze: float) -> Field:
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return np.hypot(dx * cos + dy * sin, (dy * cos - dx * sin) / np.float32(squeeze))


def _window(
    frame: Frame, shape: tuple[int, ...], center: tuple[int, int], reach_mm: float
) -> tuple[slice, slice]:
    """The part of a grid over the frame within a distance of one cell."""
    reach = int(reach_mm / frame.height_mm * shape[0]) + 1
    row, column = center
    return slice(max(0, row - reach), row + reach + 1), slice(
        max(0, column - reach), column + reach + 1
    )


def _warped_grid(
    frame: Frame, shape: tuple[int, ...], rng: np.random.Generator
) -> tuple[Field, Field]:
    """(x, y) in millimeters, shifted by a few millimeters so that ellipses become lumps."""
    x, y = frame.grid((shape[0], shape[1]))
    shifts = smooth_pair(rng, (shape[0], shape[1]), frame.height_mm / shape[0], 7.0)
    return x + 2.2 * shifts[0], y + 2.2 * shifts[1]


def choose_cells(weights: Field, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """(row, column) of cells drawn in proportion to their weights."""
    total = np.cumsum(weights.ravel().astype(np.float64))
    if total[-1] <= 0:
        return []
    cells = np.searchsorted(total, rng.random(count) * total[-1])
    return [divmod(int(cell), weights.shape[1]) for cell in cells]
