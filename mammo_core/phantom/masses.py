"""Masses and architectural distortion, drawn in patches."""

import math

import numpy as np

from mammo_core.phantom.drawing import Drawing
from mammo_core.phantom.fields import Field, blur, power_law_pair
from mammo_core.phantom.patches import Patch, Polygon, draw_rays, patch_of, wander
from mammo_core.phantom.patient import Lesion

Rays = list[tuple[Polygon, float, float]]


def draw_circumscribed_mass(lesion: Lesion, spacing_mm: float, thickness_mm: float) -> Drawing:
    """An oval with a sharp margin that overlying tissue hides in part, and a thin dark halo."""
    rng = np.random.default_rng(lesion.seed)
    patch = patch_of(1.6 * lesion.radius_mm + 3, spacing_mm)
    rho = _relative_radius(patch, lesion.radius_mm, rng, irregular=0.05, squeeze=(0.68, 1.0))
    grain = _grain(patch, rng, 14.0)
    body = np.clip(1 - rho**2, 0, 1) ** np.float32(0.38) * (1 + 0.12 * grain)
    body = blur(body * _partly_hidden(patch, rng, 0.45), 0.45 / spacing_mm)
    halo = 0.02 * np.exp(-(((rho - 1.13) / 0.10) ** 2))
    added = 2 * lesion.radius_mm / thickness_mm * 0.55 * body - halo
    return Drawing(patch, added * lesion.contrast, rho <= 1, np.clip(1.1 - rho, 0, 0.45))


def draw_indistinct_mass(lesion: Lesion, spacing_mm: float, thickness_mm: float) -> Drawing:
    """An irregular density that fades into its surroundings."""
    rng = np.random.default_rng(lesion.seed)
    patch = patch_of(2.0 * lesion.radius_mm + 3, spacing_mm)
    rho = _relative_radius(patch, lesion.radius_mm, rng, irregular=0.30, squeeze=(0.65, 0.95))
    body = _fading_body(patch, rho, rng) * _partly_hidden(patch, rng, 0.35)
    added = 2 * lesion.radius_mm / thickness_mm * 0.80 * blur(body, 1.0 / spacing_mm)
    return Drawing(patch, added * lesion.contrast, rho <= 1.1, np.clip(1.0 - rho, 0, 0.35))


def draw_spiculated_mass(lesion: Lesion, spacing_mm: float, thickness_mm: float) -> Drawing:
    """An irregular core with thin rays that run out into the tissue and pull at it."""
    rng = np.random.default_rng(lesion.seed)
    patch = patch_of(3.1 * lesion.radius_mm + 3, spacing_mm)
    rho = _relative_radius(patch, lesion.radius_mm, rng, irregular=0.36, squeeze=(0.7, 0.95))
    core = blur(_fading_body(patch, rho, rng), 0.55 / spacing_mm)
    rays = _spicules(rng, lesion.radius_mm, int(rng.integers(20, 38)))
    lines = blur(draw_rays(patch, rays), 0.2 / spacing_mm)
    lines = lines * np.exp(-0.7 * np.clip(rho - 1, 0, 3))
    added = 2 * lesion.radius_mm / thickness_mm * 0.9 * core + 0.22 * lines
    core_or_lines = ((lines > 0.10) | (rho <= 1.05)).astype(np.float32)
    region = blur(core_or_lines, 1.0 / spacing_mm) > 0.42
    displaced = np.clip(1.0 - rho, 0, 0.3)
    return Drawing(patch, added * lesion.contrast, region, displaced, 1.1 * lesion.radius_mm)


def draw_architectural_distortion(
    lesion: Lesion, spacing_mm: float, thickness_mm: float
) -> Drawing:
    """Lines that converge on a point without a mass, the tissue drawn in toward it."""
    rng = np.random.default_rng(lesion.seed)
    radius = lesion.radius_mm
    patch = patch_of(2.2 * radius, spacing_mm)
    rays: Rays = []
    for angle in rng.uniform(0, 2 * np.pi, int(rng.integers(18, 30))):
        inner = rng.uniform(0.0, 0.3) * radius
        start = inner * math.cos(angle), inner * math.sin(angle)
        line = wander(rng, start, angle, radius * rng.uniform(0.7, 1.7), bend=0.05)
        rays.append((line, rng.uniform(0.5, 1.0), rng.uniform(0.35, 0.8)))
    lines = blur(draw_rays(patch, rays), 0.2 / spacing_mm)
    rho = patch.polar()[0] / radius
    added = (0.17 * lines + 0.04 * np.exp(-((rho / 0.35) ** 2))) * lesion.contrast
    still = np.zeros_like(added)
    return Drawing(patch, added.astype(np.float32), rho <= 1.1, still, radius)


def _relative_radius(
    patch: Patch,
    radius_mm: float,
    rng: np.random.Generator,
    *,
    irregular: float,
    squeeze: tuple[float, float],
) -> Field:
    """Distance from the center over the distance of the margin in that direction."""
    turn, flat = rng.uniform(0, np.pi), rng.uniform(*squeeze)
    x, y = patch.grid
    along = x * math.cos(turn) + y * math.sin(turn)
    across = (y * math.cos(turn) - x * math.sin(turn)) / flat
    angles = np.linspace(-np.pi, np.pi, 181)
    wave = sum(
        irregular * rng.normal() * k**-1.4 * np.cos(k * angles + rng.uniform(0, 2 * np.pi))
        for k in range(2, 13)
    )
    margin = np.interp(np.arctan2(across, along), angles, radius_mm * np.exp(wave))
    return (np.hypot(along, across) / margin).astype(np.float32)


def _fading_body(patch: Patch, rho: Field, rng: np.random.Generator) -> Field:
    """A dense middle with a soft skirt, mottled."""
    skirt = 0.55 * np.exp(-1.1 * np.clip(rho, 0, 4) ** 2)
    middle = 0.45 * np.sqrt(np.clip(1 - rho**2, 0, 1))
    return ((skirt + middle) * (1 + 0.25 * _grain(patch, rng, 12.0))).astype(np.float32)


def _grain(patch: Patch, rng: np.random.Generator, knee_mm: float) -> Field:
    shape = (patch.side, patch.side)
    return power_law_pair(rng, shape, patch.spacing_mm, exponent=3.0, knee_mm=knee_mm)[0]


def _partly_hidden(patch: Patch, rng: np.random.Generator, strength: float) -> Field:
    """A factor below 1 on one side, where tissue before or behind takes the contrast away."""
    radius, angle = patch.polar()
    side = 0.5 + 0.5 * np.cos(angle - rng.uniform(-np.pi, np.pi))
    return (1 - strength * side * np.clip(radius / radius.max() * 2, 0, 1)).astype(np.float32)


def _spicules(rng: np.random.Generator, radius_mm: float, count: int) -> Rays:
    rays: Rays = []
    for angle in rng.uniform(0, 2 * np.pi, count):
        start = 0.55 * radius_mm * math.cos(angle), 0.55 * radius_mm * math.sin(angle)
        length = radius_mm * rng.uniform(0.7, 2.0)
        line = wander(rng, start, angle, length, step=0.8)
        brightness = rng.uniform(0.35, 0.85)
        rays.append((line, rng.uniform(0.5, 1.1), brightness))
        if rng.random() < 0.45:
            middle = line[len(line) // 2]
            turned = angle + rng.choice([-1, 1]) * 0.45
            twig = wander(rng, (middle[0], middle[1]), turned, length / 2, step=0.8)
            rays.append((twig, 0.5, 0.8 * brightness))
    return rays
