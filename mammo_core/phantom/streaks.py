"""Textures that run along the strands of the breast, and the flow that they follow."""

import cv2
import numpy as np

from mammo_core.phantom.fields import Field, Frame, blur, power_law_pair, ramp, resize
from mammo_core.phantom.geometry import Shape

STREAK_PASSES_MM = (0.5, 1.0, 2.0, 4.0)


def build_flow(shape: Shape, hills: Field, coarse: tuple[int, int]) -> Field:
    """Angle of the strands: toward the nipple deep inside, along the skin near it, wavering."""
    x, y = shape.frame.grid(coarse)
    depth = blur(resize(shape.skin_depth, coarse), 3.0)
    slope_y, slope_x = np.gradient(depth)
    toward = np.arctan2(shape.nipple[1] - y, shape.nipple[0] + 25 - x)
    along_skin = np.arctan2(-slope_x, slope_y)
    near_skin = ramp(depth, 22, 4)
    double = (1 - near_skin) * np.exp(2j * toward) + near_skin * np.exp(2j * along_skin)
    return (np.angle(double) / 2 + 0.28 * hills).astype(np.float32)


def build_textures(
    frame: Frame, flow: Field, rng: np.random.Generator
) -> tuple[Field, Field, Field, Field]:
    """(fine fibers, isotropic grain, two textures whose streaks follow the flow)."""
    grains = power_law_pair(
        rng, frame.shape, frame.spacing_mm, exponent=2.45, knee_mm=20.0, cut_mm=0.15
    )
    streaks = streaky_pair(frame, flow, rng)
    first, second = (0.65 * g + 0.75 * s for g, s in zip(grains, streaks, strict=True))
    fibers = _ridges(streaks[0], 0.22) + _ridges(streaks[1], 0.22)
    return fibers, 0.7 * grains[0] + 0.7 * grains[1], first, second


def _ridges(field: Field, width: float) -> Field:
    """Bright lines where a field passes through 0."""
    return np.clip(1 - np.abs(field) / np.float32(width), 0, 1) ** 2


def streaky_pair(frame: Frame, flow: Field, rng: np.random.Generator) -> tuple[Field, Field]:
    """Two fields of variance 1 that are drawn out along the flow.

    Line integral convolution (Cabral and Leedom 1993, doi:10.1145/166117.166151), each pass
    averaging over twice the distance of the one before.
    """
    first, second = power_law_pair(
        rng, frame.shape, frame.spacing_mm, exponent=1.65, knee_mm=14.0, cut_mm=0.15
    )
    x, y = (np.broadcast_to(axis / frame.spacing_mm - 0.5, frame.shape) for axis in frame.grid())
    along_x, along_y = frame.enlarge(np.cos(flow)), frame.enlarge(np.sin(flow))
    for distance_mm in STREAK_PASSES_MM:
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
