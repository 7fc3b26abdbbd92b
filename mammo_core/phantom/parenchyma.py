"""Fibroglandular tissue: lobes that trail to the nipple, among lobules of fat."""

from dataclasses import dataclass

import numpy as np

from mammo_core.phantom.fields import Field, ramp, resize, smooth_pair, squash
from mammo_core.phantom.geometry import Shape, scalloped_depth
from mammo_core.phantom.lobules import carve_lobules, choose_cells
from mammo_core.phantom.patient import Streams, View
from mammo_core.phantom.streaks import build_flow, build_textures

STEP_MM = 1.4


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
    streams: Streams,
) -> Tissue:
    """The tissue of one view.

    Args:
        shape: The breast's outline.
        density: BI-RADS density, "a" to "d".
        view: "CC" or "MLO".
        streams: For what both sides have in common, and for what they have not.
    """
    frame, amount = shape.frame, AMOUNTS[density]
    shared, own = streams.shared, streams.own
    coarse = frame.coarse(STEP_MM)
    step = frame.height_mm / coarse[0]
    hills = (
        0.8 * smooth_pair(shared, coarse, step, 22.0)[0]
        + 0.6 * (smooth_pair(own, coarse, step, 18.0)[0])
    )
    envelope = _envelope(shape, amount, view, hills, shared, step)
    flow = build_flow(shape, hills, coarse)
    centers = _lobule_centers(shape, amount, envelope, shared)
    keep, septa = carve_lobules(frame, centers, flow, streams)
    fibers, grain, *textures = build_textures(frame, flow, own)
    fat = 1 - keep
    threshold = amount.bias + 2.2 * (envelope - 0.6) + 0.5 * hills - 2.6 * fat
    lobes = _mix(textures, frame.enlarge(threshold))
    haze = squash(1.5 * frame.enlarge(threshold) + 0.4 * grain)
    gland = np.sqrt(frame.enlarge(envelope).clip(0, 1)) * (0.72 * lobes + 0.25 * haze)
    gland = gland * (1 - 0.4 * frame.enlarge(fat).clip(0, 1))
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


def _lobule_centers(
    shape: Shape, amount: Amount, envelope: Field, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """(row, column) on the envelope's grid: most at its border, some inside, a few beyond."""
    frame = shape.frame
    area_cm2 = float(shape.cover.mean()) * frame.height_mm * frame.width_mm / 100
    border = 4 * envelope * (1 - envelope) + 0.25 * envelope + 0.02
    is_breast = resize(shape.cover, envelope.shape) > 0.9
    return choose_cells(border * is_breast, int(amount.lobules * area_cm2), rng)
