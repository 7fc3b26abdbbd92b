"""Fine lines in the breast: Cooper's ligaments and fibers, milk ducts, blood vessels."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.phantom.fields import Field, Frame, blur

SUBPIXEL_BITS = 4
LEVELS = 10

Points = NDArray[Any]
"""One row a line, float32."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Many polylines of the same number of points.

    Attributes:
        x: (N, K) millimeters.
        y: (N, K) millimeters.
        width_mm: (N, K) thickness along each line.
        brightness: (N, K) 0 to 1.
    """

    x: Points
    y: Points
    width_mm: Points
    brightness: Points


def trace(
    flow: Field,
    frame: Frame,
    start: tuple[Points, Points],
    lengths_mm: Points,
    rng: np.random.Generator,
    *,
    points: int = 28,
    wander: float = 0.055,
    spread: float = 0.22,
) -> tuple[Points, Points]:
    """(x, y) of N lines of K points that follow a field of angles, each with its own deviation.

    Args:
        flow: Coarse (h, w) angles, radians.
        frame: The pixel grid that the field covers.
        start: (x, y) of the first points, millimeters.
        lengths_mm: (N,) length of each line.
        rng: Where the randomness comes from.
        points: K.
        wander: Standard deviation of the turn at each step, radians.
        spread: Standard deviation of a line's constant deviation from the flow, radians.
    """
    count = len(start[0])
    step = lengths_mm / (points - 1)
    x, y = np.empty((2, count, points), np.float32)
    x[:, 0], y[:, 0] = start
    turn = rng.normal(0, spread, count)
    ahead = rng.choice([-1.0, 1.0], (2, count))
    scale = flow.shape[1] / frame.width_mm, flow.shape[0] / frame.height_mm
    for k in range(1, points):
        column = np.clip(x[:, k - 1] * scale[0], 0, flow.shape[1] - 1).astype(int)
        row = np.clip(y[:, k - 1] * scale[1], 0, flow.shape[0] - 1).astype(int)
        turn = turn + rng.normal(0, wander, count)
        angle = flow[row, column] + turn
        direction = np.stack([np.cos(angle), np.sin(angle)])
        # a flow line has no sense of direction of its own: go on as before
        ahead = direction * np.where((direction * ahead).sum(axis=0) < 0, -1, 1)
        x[:, k] = x[:, k - 1] + step * ahead[0]
        y[:, k] = y[:, k - 1] + step * ahead[1]
    return x, y


def draw_lines(lines: Lines, frame: Frame) -> Field:
    """(H, W) brightness of the lines, the brightest where several cross."""
    canvas = np.zeros(frame.shape, np.uint8)
    scale = (1 << SUBPIXEL_BITS) / frame.spacing_mm
    ends = np.stack([lines.x, lines.y], axis=-1) * scale - (1 << (SUBPIXEL_BITS - 1))
    segments = np.stack([ends[:, :-1], ends[:, 1:]], axis=2).reshape(-1, 2, 2)
    segments = np.round(segments).astype(np.int32)
    width = (lines.width_mm[:, 1:] / frame.spacing_mm).ravel()
    brightness = lines.brightness[:, 1:].ravel() * np.clip(width, 0.05, 1)
    thickness = np.maximum(1, np.round(width)).astype(int)
    level = np.clip(np.ceil(brightness * LEVELS), 0, LEVELS).astype(int)
    for shade in range(1, LEVELS + 1):
        for thick in np.unique(thickness[level == shade]):
            chosen = segments[(level == shade) & (thickness == thick)]
            value = round(255 * shade / LEVELS)
            cv2.polylines(
                canvas, list(chosen), False, value, int(thick), cv2.LINE_AA, SUBPIXEL_BITS
            )
    return canvas.astype(np.float32) / 255


def taper(count: int, points: int) -> Points:
    """(N, K) of weights that rise from and fall back to 0 along each line."""
    t = np.linspace(0, 1, points, dtype=np.float32)
    return np.tile(np.maximum(np.sin(np.pi * t), 0) ** 0.7, (count, 1)).astype(np.float32)


def draw_strands(
    flow: Field, inside: Field, frame: Frame, per_cm2: float, rng: np.random.Generator
) -> Field:
    """(H, W) of ligaments and fibers in two layers that lie over each other.

    Args:
        flow: Coarse (h, w) angles of the strands.
        inside: Coarse (h, w) of where they start, in proportion.
        frame: The pixel grid.
        per_cm2: Strands on a square centimeter of breast.
        rng: Where the randomness comes from.
    """
    cell_cm2 = frame.height_mm * frame.width_mm / inside.size / 100
    count = int(per_cm2 * float((inside > 0.05).sum()) * cell_cm2 / 2)
    layers = [_strand_layer(flow, inside, frame, count, rng) for _ in range(2)]
    return blur(layers[0] + layers[1], 0.14 / frame.spacing_mm)


def _strand_layer(
    flow: Field, inside: Field, frame: Frame, count: int, rng: np.random.Generator
) -> Field:
    start = scatter(inside, frame, count, rng)
    lengths = np.exp(rng.normal(3.3, 0.45, count)).astype(np.float32)
    x, y = trace(flow, frame, start, lengths, rng)
    strength = rng.beta(1.2, 4.0, count).astype(np.float32)[:, None]
    fade = taper(*x.shape)
    width = (0.22 + 0.40 * rng.random(count, dtype=np.float32)[:, None]) * (0.4 + 0.6 * fade)
    return draw_lines(Lines(x, y, width, strength * fade), frame)


def scatter(
    weights: Field, frame: Frame, count: int, rng: np.random.Generator
) -> tuple[Points, Points]:
    """(x, y) of points drawn in proportion to a coarse field."""
    total = np.cumsum(np.maximum(weights, 0).ravel().astype(np.float64))
    cells = np.searchsorted(total, rng.random(count) * total[-1])
    row, column = np.divmod(np.minimum(cells, weights.size - 1), weights.shape[1])
    x = (column + rng.random(count)) * (frame.width_mm / weights.shape[1])
    y = (row + rng.random(count)) * (frame.height_mm / weights.shape[0])
    return x.astype(np.float32), y.astype(np.float32)


def draw_ducts(
    nipple: tuple[float, float], depth_mm: float, frame: Frame, rng: np.random.Generator
) -> Field:
    """(H, W) of milk ducts that fork on their way back from the nipple."""
    trunk = rng.normal(np.pi, 0.42, int(rng.integers(7, 12))).astype(np.float32)
    start = np.full(len(trunk), nipple[0] - 2), nipple[1] + rng.normal(0, 1.5, len(trunk))
    tree = []
    x, y, angle = start[0].astype(np.float32), start[1].astype(np.float32), trunk
    length, width = depth_mm * 0.30, 1.1
    for _ in range(3):
        xs, ys, ends = _walk(x, y, angle, length * rng.uniform(0.6, 1.2, len(x)), 0.13, rng)
        bright = np.broadcast_to(rng.uniform(0.25, 0.65, (len(x), 1)), xs.shape).astype(np.float32)
        tree.append(Lines(xs, ys, np.full_like(xs, width), bright))
        x, y = np.repeat(xs[:, -1], 2), np.repeat(ys[:, -1], 2)
        angle = np.repeat(ends, 2) + rng.normal(0, 0.45, 2 * len(ends)).astype(np.float32)
        length, width = length * 0.7, width * 0.65
    return blur(
        sum((draw_lines(lines, frame) for lines in tree), start=np.zeros(frame.shape, np.float32)),
        0.3 / frame.spacing_mm,
    )


def _walk(
    x: Points, y: Points, angle: Points, length: Points, bend: float, rng: np.random.Generator
) -> tuple[Points, Points, Points]:
    """(x, y, last angle) of lines that keep their direction but for small turns."""
    steps = 14
    turns = rng.normal(0, bend, (len(x), steps)).cumsum(axis=1)
    angles = angle[:, None] + turns
    pace = (length / steps)[:, None]
    xs = np.concatenate([x[:, None], x[:, None] + (pace * np.cos(angles)).cumsum(axis=1)], axis=1)
    ys = np.concatenate([y[:, None], y[:, None] + (pace * np.sin(angles)).cumsum(axis=1)], axis=1)
    return xs.astype(np.float32), ys.astype(np.float32), angles[:, -1].astype(np.float32)


def draw_vessels(
    nipple: tuple[float, float], frame: Frame, count: int, rng: np.random.Generator
) -> Field:
    """(H, W) of a few winding vessels from the chest wall forward, with branches."""
    layers = np.zeros(frame.shape, np.float32)
    for _ in range(count):
        trunk = _vessel(nipple, frame, rng)
        layers = np.maximum(layers, draw_lines(trunk, frame))
        branch = _branch(trunk, rng)
        layers = np.maximum(layers, draw_lines(branch, frame))
    return blur(layers, 0.5 / frame.spacing_mm)


def _vessel(nipple: tuple[float, float], frame: Frame, rng: np.random.Generator) -> Lines:
    start = np.array([-3.0, rng.uniform(0.12, 0.85) * frame.height_mm])
    end = np.array([nipple[0] * rng.uniform(0.5, 0.85), nipple[1] + rng.normal(0, 28)])
    s = np.linspace(0, 1, 48)
    length = np.hypot(*(end - start))
    sway = sum(
        rng.normal(0, 0.05) * np.sin(np.pi * k * s + rng.uniform(0, 6)) / k**0.6
        for k in range(1, 9)
    )
    bow = rng.normal(0, 0.16) * np.sin(np.pi * s) + 0.6 * sway * np.sin(np.pi * s)
    normal = np.array([-(end - start)[1], (end - start)[0]])
    path = start + s[:, None] * (end - start) + bow[:, None] * normal
    width = rng.uniform(1.0, 2.3) * (1 - 0.55 * s)
    bright = np.full(48, rng.uniform(0.35, 0.85)) * (1 - 0.5 * s) * min(1.0, length / 40)
    row = (path[:, 0], path[:, 1], width, bright)
    return Lines(*(np.asarray(v, np.float32)[None] for v in row))


def _branch(trunk: Lines, rng: np.random.Generator) -> Lines:
    at = int(rng.integers(12, 36))
    ahead = np.arctan2(trunk.y[0, at + 2] - trunk.y[0, at], trunk.x[0, at + 2] - trunk.x[0, at])
    angle = np.array([ahead + rng.choice([-1, 1]) * rng.uniform(0.3, 0.7)], np.float32)
    length = np.array([rng.uniform(20, 45)])
    xs, ys, _ = _walk(trunk.x[:, at], trunk.y[:, at], angle, length, 0.12, rng)
    width = np.linspace(0.7, 0.35, xs.shape[1], dtype=np.float32)[None] * trunk.width_mm[0, at]
    bright = np.linspace(0.8, 0.2, xs.shape[1], dtype=np.float32)[None] * trunk.brightness[0, at]
    return Lines(xs, ys, width, bright)
