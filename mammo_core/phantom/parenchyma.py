"""Fibroglandular tissue: lobes that trail to the nipple, fat lobules in and around them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.phantom.fields import (
    Field,
    Frame,
    blur,
    power_law_pair,
    ramp,
    resize,
    smooth_pair,
    squash,
)
from mammo_core.phantom.geometry import Shape, scalloped_depth
from mammo_core.phantom.patient import View

STEP_MM = 1.4
STREAK_PASSES_MM = (0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Amount:
    """How much fibroglandular tissue one density class has.

    Attributes:
        bias: Shift of the threshold between fat and gland.
        reach: How far the gland extends sideways and back, 1 is all the way.
        fat_mm: Thickness of the fat under the skin.
        lobules: Fat lobules per square centimeter of breast.
        strands: Strands per square centimeter of breast.
    """

    bias: float
    reach: float
    fat_mm: float
    lobules: float
    strands: float


AMOUNTS: dict[str, Amount] = {
    "a": Amount(bias=-1.9, reach=0.62, fat_mm=13.0, lobules=0.45, strands=3.4),
    "b": Amount(bias=-1.0, reach=0.76, fat_mm=11.0, lobules=0.55, strands=3.4),
    "c": Amount(bias=-0.1, reach=0.92, fat_mm=9.0, lobules=0.60, strands=3.0),
    "d": Amount(bias=0.75, reach=1.10, fat_mm=6.5, lobules=0.45, strands=2.6),
}


@dataclass(frozen=True, eq=False)
class Tissue:
    """What the breast is filled with, before muscle, vessels and lesions.

    Attributes:
        gland: (H, W) fibroglandular share, 0 to 1.
        envelope: (H, W) where gland may be, 0 to 1.
        septa: (H, W) walls of the fat lobules, 0 to 1.
        grain: (H, W) power-law texture of variance 1, for other parts to share.
        fibers: (H, W) fine lines along the flow, 0 to 1.
        flow: Coarse (h, w) angle of the strands, radians from the x axis.
    """

    gland: Field
    envelope: Field
    septa: Field
    grain: Field
    fibers: Field
    flow: Field


def grow_tissue(
    shape: Shape,
    density: str,
    view: View,
    shared: np.random.Generator,
    own: np.random.Generator,
) -> Tissue:
    """The tissue of one view.

    Args:
        shape: The breast's outline.
        density: BI-RADS density, "a" to "d".
        view: "CC" or "MLO".
        shared: The stream that both sides have in common, so that they resemble each other.
        own: This image's own stream.
    """
    frame, amount = shape.frame, AMOUNTS[density]
    coarse = frame.coarse(STEP_MM)
    step = frame.height_mm / coarse[0]
    hills = (
        0.8 * smooth_pair(shared, coarse, step, 22.0)[0]
        + 0.6 * (smooth_pair(own, coarse, step, 18.0)[0])
    )
    envelope = _envelope(shape, amount, view, hills, shared, step)
    flow = _flow(shape, hills, coarse)
    keep, septa = _fat_lobules(shape, amount, envelope, flow, shared, own)
    fibers, grain, *textures = _textures(shape, flow, own)
    threshold = amount.bias + 2.2 * (envelope - 0.6) + 0.5 * hills
    lobes = _mix(textures, frame.enlarge(threshold))
    haze = squash(1.5 * frame.enlarge(threshold) + 0.4 * grain)
    gland = np.sqrt(frame.enlarge(envelope).clip(0, 1)) * (0.72 * lobes + 0.25 * haze)
    gland = gland * frame.enlarge(keep).clip(0, 1)
    large_envelope = frame.enlarge(envelope).clip(0, 1)
    return Tissue(gland, large_envelope, frame.enlarge(septa), grain, fibers, flow)


def _mix(textures: list[Field], threshold: Field) -> Field:
    """Two layers of lobes over each other, as a projection shows them."""
    first, second = (squash(1.3 * (texture + threshold)) for texture in textures)
    return 0.55 * first + 0.45 * second


def _envelope(
    shape: Shape,
    amount: Amount,
    view: View,
    hills: Field,
    rng: np.random.Generator,
    step_mm: float,
) -> Field:
    """Where gland may be: a drop that is narrow behind the nipple and leans up and outward."""
    x, y = shape.frame.grid(hills.shape)
    back, up = shape.nipple[0] - x, shape.nipple[1] - y
    lean = (0.14 if view == "CC" else 0.40) + 0.08 * rng.normal()
    along = back * np.cos(lean) + up * np.sin(lean)
    across = up * np.cos(lean) - back * np.sin(lean)
    length = shape.nipple[0] * amount.reach
    part = np.clip(along / length, 0, 1.4)
    width = 0.62 * shape.nipple[0] * amount.reach * (0.16 + 0.95 * np.sqrt(part))
    sideways = ramp(np.abs(across) / width + 0.22 * hills, 1.15, 0.55)
    behind = ramp(part + 0.12 * hills, 1.15, 0.70)
    skin_depth = scalloped_depth(shape, rng, step_mm)
    fat = amount.fat_mm * (0.25 + 0.75 * ramp(np.hypot(back, up), 6, 30))
    under_skin = ramp(skin_depth, fat, fat + 5.0)
    return sideways * behind * under_skin * ramp(along, -4, 6)


def _fat_lobules(
    shape: Shape,
    amount: Amount,
    envelope: Field,
    flow: Field,
    shared: np.random.Generator,
    own: np.random.Generator,
) -> tuple[Field, Field]:
    """(share of gland that lobules leave, their walls) on the envelope's grid.

    Lobules are ellipses of fat, most of them where gland meets fat, so that its border is scalloped
    and pointed between two lobules as Cooper's ligaments make it.
    """
    frame = shape.frame
    area_cm2 = float(shape.cover.mean()) * frame.height_mm * frame.width_mm / 100
    count = int(amount.lobules * area_cm2)
    border = 4 * envelope * (1 - envelope) + 0.25 * envelope + 0.02
    centers = _choose_cells(border * (resize(shape.cover, envelope.shape) > 0.9), count, shared)
    x, y = _warped_grid(frame, envelope.shape, own)
    keep = np.ones(envelope.shape, np.float32)
    nearest = np.full(envelope.shape, 9.0, np.float32)
    for row, column in centers:
        radius = np.exp(shared.normal(1.55, 0.45))
        strength, squeeze = shared.uniform(0.35, 0.92), shared.uniform(0.4, 0.95)
        turn = flow[row, column] + own.normal(0, 0.4)
        dx, dy = x - x[row, column], y - y[row, column]
        along = dx * np.cos(turn) + dy * np.sin(turn)
        across = (dy * np.cos(turn) - dx * np.sin(turn)) / squeeze
        rho = np.sqrt(along**2 + across**2) / radius
        keep *= 1 - strength * ramp(rho, 1.35, 0.45)
        np.minimum(nearest, rho, out=nearest)
    septa = np.exp(-(((nearest - 1.15) / 0.13) ** 2))
    return keep, septa.astype(np.float32)


def _warped_grid(
    frame: Frame, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[Field, Field]:
    """(x, y) in millimeters, shifted by a few millimeters so that ellipses become lumps."""
    x, y = frame.grid(shape)
    shifts = smooth_pair(rng, shape, frame.height_mm / shape[0], 7.0)
    return x + 2.2 * shifts[0], y + 2.2 * shifts[1]


def _choose_cells(weights: Field, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """(row, column) of cells drawn in proportion to their weights."""
    total = np.cumsum(weights.ravel().astype(np.float64))
    if total[-1] <= 0:
        return []
    cells = np.searchsorted(total, rng.random(count) * total[-1])
    return [divmod(int(cell), weights.shape[1]) for cell in cells]


def _textures(
    shape: Shape, flow: Field, rng: np.random.Generator
) -> tuple[Field, Field, Field, Field]:
    """(fine fibers, isotropic grain, two textures whose streaks follow the flow)."""
    frame = shape.frame
    grains = power_law_pair(
        rng, frame.shape, frame.spacing_mm, exponent=2.9, knee_mm=20.0, cut_mm=0.25
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
        rng, frame.shape, frame.spacing_mm, exponent=2.3, knee_mm=14.0, cut_mm=0.25
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


def _flow(shape: Shape, hills: Field, coarse: tuple[int, int]) -> NDArray[np.float32]:
    """Angle of the strands: toward the nipple deep inside, along the skin near it, wavering."""
    x, y = shape.frame.grid(coarse)
    depth = blur(resize(shape.skin_depth, coarse), 3.0)
    slope_y, slope_x = np.gradient(depth)
    toward = np.arctan2(shape.nipple[1] - y, shape.nipple[0] + 25 - x)
    along_skin = np.arctan2(-slope_x, slope_y)
    near_skin = ramp(depth, 22, 4)
    double = (1 - near_skin) * np.exp(2j * toward) + near_skin * np.exp(2j * along_skin)
    return (np.angle(double) / 2 + 0.28 * hills).astype(np.float32)
