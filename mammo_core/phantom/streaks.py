"""Textures that run along the strands of the breast, and the flow that they follow."""

import cv2
import numpy as np

from mammo_core.phantom.fields import Field, Frame, blur, power_law_pair, ramp, resize
from mammo_core.phantom.geometry import Shape

STREAK_PASSES_MM = (0.5, 1.0, 2.0, 4.0)
FIBER_PASSES_MM = (3.0, 8.0)


def build_flow(shape: Shape, hills: Field, coarse: tuple[int, int]) -> Field:
    """Angle of the strands: toward the nipple deep inside, along the skin near it, wavering."""
    x, y = shape.frame.grid(coarse)
    depth = blur(resize(shape.skin_depth, coarse), 3.0)
    slope_y, slope_x = np.gradient(depth)
    toward = np.arctan2(shape.nipple[1] - y, shape.nipple[0] + 25 - x)
    along_skin = np.arctan2(-slope_x, slope_y)
    near_skin = ramp(depth, 22, 4)
    double = (1 - near_skin) * np.exp(2j * toward) + near_skin * np.exp(2j * along_skin)
    flow = np.angle(double) / 2
    ahead = np.where(np.cos(flow - toward) < 0, np.pi, 0)  # so that neighbors point alike
    return (flow + ahead + 0.28 * hills).astype(np.float32)


def build_textures(
    frame: Frame, flow: Field, rng: np.random.Generator
) -> tuple[Field, Field, Field, Field]:
    """(fine fibers, isotropic grain, two textures whose streaks follow the flow)."""
    grains = power_law_pair(
        rng, frame.shape, frame.spacing_mm, exponent=2.45, knee_mm=20.0, cut_mm=0.15
    )
    rough = power_law_pair(
        rng, frame.shape, frame.spacing_mm, exponent=1.65, knee_mm=14.0, cut_mm=0.15
    )
    streaks = draw_out(rough, frame, flow, STREAK_PASSES_MM)
    first, second = (0.65 * g + 0.75 * s for g, s in zip(grains, streaks, strict=True))
    threads = draw_out(streaks, frame, flow, FIBER_PASSES_MM)
    fibers = _ridges(threads[0], 0.22) + _ridges(threads[1], 0.22)
    return fibers, 0.7 * grains[0] + 0.7 * grains[1], first, second


def _ridges(field: Field, width: float) -> Field:
    """Bright lines where a field passes through 0."""
    return np.clip(1 - np.abs(field) / np.float32(width), 0, 1) ** 2


def draw_out(
    fields: tuple[Field, Field], frame: Frame, flow: Field, passes_mm: tuple[float, ...]
) -> tuple[Field, Field]:
    """The fields averaged along the flow, scaled to variance 1.

    Line integral convolution (Cabral and Leedom 1993, doi:10.1145/166117.166151) in a few passes,
    each over a longer distance than the one before.
    """
    x, y = (np.broadcast_to(axis / frame.spacing_mm - 0.5, frame.shape) for axis in frame.grid())
    along_x, along_y = frame.enlarge(np.cos(flow)), frame.enlarge(np.sin(flow))
    first, second = fields
    for distance_mm in passes_mm:
        reach = np.float32(distance_mm / frame.spacing_mm)
        ahead = x + reach * along_x, y + reach * along_y
        behind = x - reach * along_x, y - reach * along_y
        first, second = (_average(field, ahead, behind) for field in (first, second))
    return first / first.std(), second / second.std()


def _average(field: Field, ahead: tuple[Field, Field], behind: tuple[Field, Field]) -> Field:
    shifted = (
        cv2.remap(field, *place, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        for place in (ahead, behind)
    )
    return (field + sum(shifted)) / np.float32(3)
