"""The pectoral muscle with its fibers, and lymph nodes beside it."""

import math

import cv2
import numpy as np

from mammo_core.phantom.fields import Field, power_law_pair, ramp
from mammo_core.phantom.geometry import Shape


def muscle_texture(shape: Shape, rng: np.random.Generator) -> Field:
    """(H, W) attenuation of muscle: brighter deep inside, streaked along its edge."""
    depth = shape.muscle_depth
    if depth is None:
        return np.zeros(shape.frame.shape, np.float32)
    level = rng.uniform(0.28, 0.47)
    inward = np.clip(depth / 40, 0, 1)
    return (level + 0.12 * inward + 0.035 * _fibers(shape, rng)).astype(np.float32)


def _fibers(shape: Shape, rng: np.random.Generator) -> Field:
    """Streaks of variance near 1 along the muscle's edge."""
    frame = shape.frame
    coarse = frame.coarse(0.7)
    step = frame.height_mm / coarse[0]
    side = int(150 / step)
    field, _ = power_law_pair(rng, (side * 2, side), step, exponent=2.9, knee_mm=25.0, cut_mm=0.8)
    x, y = frame.grid(coarse)
    lean = shape.muscle_slope
    along = (y * math.cos(lean) - x * math.sin(lean)) / 3.5 + 40
    across = y * math.sin(lean) + x * math.cos(lean)
    fan = across * (1 + 0.003 * y)
    maps = (fan / step).astype(np.float32), (along / step).astype(np.float32)
    streaks = cv2.remap(field, *maps, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return frame.enlarge(streaks)


def draw_lymph_node(
    shape: Shape, center: tuple[float, float], radius_mm: float, rng: np.random.Generator
) -> Field:
    """(H, W) attenuation of a bean with a fatty notch."""
    x, y = shape.frame.grid()
    turn, long = rng.uniform(-0.5, 0.5), rng.uniform(1.25, 1.8)
    dx, dy = x - center[0], y - center[1]
    along = (dy * math.cos(turn) - dx * math.sin(turn)) / long
    across = dx * math.cos(turn) + dy * math.sin(turn)
    rho = np.hypot(along, across) / radius_mm
    notch = np.hypot(along, across - 0.5 * radius_mm) / radius_mm
    return 0.17 * ramp(rho, 1.1, 0.75) * (1 - 0.8 * ramp(notch, 0.75, 0.35))
