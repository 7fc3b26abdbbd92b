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
    "a": Amount(bias=-1.9, reach=0.62, fat_mm=13.0, lobules=0.45, strands=1.7),
    "b": Amount(bias=-1.0, reach=0.76, fat_mm=11.0, lobules=0.55, strands=1.7),
    "c": Amount(bias=-0.1, reach=0.92, fat_mm=9.0, lobules=0.60, strands=1.5),
    "d": Amount(bias=0.75, reach=1.10, fat_mm=6.5, lobules=0.45, strands=1.2),
}


@dataclass(frozen=True, eq=False)
class Tissue:
    """What the breast is filled with, before muscle, vessels and lesions.

    Attributes:
        gland: (H, W) fibroglandular share, 0 to 1.
        envelope: (H, W) where gland may be, 0 to 1.
        septa: (H, W) walls of the fat lobules, 0 to 1.
        grain: (H, W) power-law texture of variance 1, for other parts to share.
        flow: Coarse (h, w) angle of the strands, radians from the x axis.
    """

    gland: Field
    envelope: Field
    septa: Field
    grain: Field
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
    keep, septa = _fat_lobules(shape, amount, envelope, shared, own)
    envelope = envelope * keep
    grain, texture = _textures(shape, own)
    threshold = amount.bias + 2.4 * (envelope - 0.6) + 0.5 * hills
    large_envelope = np.clip(frame.enlarge(envelope), 0, 1)
    gland = np.sqrt(large_envelope) * _mix(texture, frame.enlarge(threshold))
    return Tissue(gland, large_envelope, frame.enlarge(septa), grain, _flow(shape, hills, coarse))


def _mix(textures: tuple[Field, Field], threshold: Field) -> Field:
    """Two layers of lobes over each other, as a projection shows them."""
    first, second = (squash(2.0 * (texture + threshold)) for texture in textures)
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
    shared: np.random.Generator,
    own: np.random.Generator,
) -> tuple[Field, Field]:
    """(share of gland that lobules leave, their walls) on the envelope's grid.

    Lobules are ellipses of fat, most of them where gland meets fat, so that its border is scalloped
    and pointed between two lobules as Cooper's ligaments make it.
    """
    frame = shape.frame
    x, y = frame.grid(envelope.shape)
    area_cm2 = float(shape.cover.mean()) * frame.height_mm * frame.width_mm / 100
    count = int(amount.lobules * area_cm2)
    border = 4 * envelope * (1 - envelope) + 0.18 * envelope + 0.02
    centers = _choose_cells(border * (resize(shape.cover, envelope.shape) > 0.9), count, shared)
    nearest = np.full(envelope.shape, 9.0, np.float32)
    for row, column in centers:
        radius = np.exp(shared.normal(1.75, 0.35))
        squeeze, turn = shared.uniform(0.55, 1.0), own.normal(0, 0.7)
        dx = x - x[0, column] + own.normal(0, 1.5)
        dy = y - y[row, 0] + own.normal(0, 1.5)
        along = dx * np.cos(turn) + dy * np.sin(turn)
        across = (dy * np.cos(turn) - dx * np.sin(turn)) / squeeze
        np.minimum(nearest, np.sqrt(along**2 + across**2) / radius, out=nearest)
    keep = 0.12 + 0.88 * ramp(nearest, 0.62, 1.12)
    septa = np.exp(-(((nearest - 1.12) / 0.10) ** 2))
    return keep, septa.astype(np.float32)


def _choose_cells(weights: Field, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """(row, column) of cells drawn in proportion to their weights."""
    total = np.cumsum(weights.ravel().astype(np.float64))
    if total[-1] <= 0:
        return []
    cells = np.searchsorted(total, rng.random(count) * total[-1])
    return [divmod(int(cell), weights.shape[1]) for cell in cells]


def _textures(shape: Shape, rng: np.random.Generator) -> tuple[Field, tuple[Field, Field]]:
    """(isotropic grain, two textures whose streaks run toward the nipple)."""
    frame = shape.frame
    iso_first, iso_second = power_law_pair(
        rng, frame.shape, frame.spacing_mm, exponent=3.2, knee_mm=22.0, cut_mm=0.3
    )
    streaks = streaky_pair(shape, rng)
    first = 0.62 * iso_first + 0.78 * streaks[0]
    second = 0.62 * iso_second + 0.78 * streaks[1]
    return 0.7 * iso_first + 0.7 * iso_second, (first, second)


def streaky_pair(shape: Shape, rng: np.random.Generator) -> tuple[Field, Field]:
    """Two fields of variance near 1 that are drawn out along rays from the nipple and warped."""
    frame = shape.frame
    coarse = frame.coarse(STEP_MM)
    step = frame.height_mm / coarse[0]
    x, y = frame.grid(coarse)
    back, up = shape.nipple[0] + 14 - x, shape.nipple[1] - y
    warps = smooth_pair(rng, coarse, step, 16.0)
    radius = np.hypot(back, up) + 5.0 * warps[0]
    angle = np.arctan2(up, back) + 0.16 * warps[1]
    spacing = frame.spacing_mm
    rows, columns = int(230 / spacing), int(120 / spacing)
    along = radius / (2.6 * spacing)
    across = (angle + 1.7) * (62.0 / spacing)
    maps = frame.enlarge(along.astype(np.float32)), frame.enlarge(across.astype(np.float32))
    fields = power_law_pair(rng, (rows, columns), spacing, exponent=3.1, knee_mm=14.0, cut_mm=0.3)
    first, second = (
        cv2.remap(field, *maps, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        for field in fields
    )
    return first, second


def _flow(shape: Shape, hills: Field, coarse: tuple[int, int]) -> NDArray[np.float32]:
    """Angle of the strands: toward the nipple deep inside, along the skin near it, wavering."""
    x, y = shape.frame.grid(coarse)
    depth = blur(resize(shape.skin_depth, coarse), 3.0)
    slope_y, slope_x = np.gradient(depth)
    toward = np.arctan2(shape.nipple[1] - y, shape.nipple[0] + 25 - x)
    along_skin = np.arctan2(-slope_x, slope_y)
    near_skin = ramp(depth, 22, 4)
    double = (1 - near_skin) * np.exp(2j * toward) + near_skin * np.exp(2j * along_skin)
    return (np.angle(double) / 2 + 0.35 * hills).astype(np.float32)


def frame_of(shape: Shape) -> Frame:
    """The pixel grid of a shape."""
    return shape.frame
