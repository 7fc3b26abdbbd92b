"""What chance decides for one image, and the image after it.

An image's numbers are uint16 until they have moved; then one table of 65,536 entries makes gain,
gamma and the way to float32 a single look-up.
"""

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import Strengths
from mammo_core.augmentation.lots import Lots, draw_lots, swing
from mammo_core.augmentation.motion import Motion, draw_image_motion, draw_patch_motion

Pixels = NDArray[np.uint16]
Image = NDArray[np.float32]

LEVELS = 65_536
NOISE_PLACES = 1 << 20
"""How many places of the stored noise an image's noise can begin at."""


@dataclass(frozen=True)
class Box:
    """A rectangle: its first row and column, its size in pixels."""

    top: int
    left: int
    rows: int
    columns: int


@dataclass(frozen=True, eq=False)
class Change:
    """One draw of every step for one image.

    Attributes:
        motion: Of the image, and of the mask of its lesion.
        gain, gamma: The image becomes gain * image ** gamma, at most 1.
        noise: The standard deviation of the noise.
        noise_place: Where in the stored noise it begins.
        hidden: What is blackened, if anything.
    """

    motion: Motion
    gain: float = 1.0
    gamma: float = 1.0
    noise: float = 0.0
    noise_place: int = 0
    hidden: Box | None = None

    def make(self, pixels: Pixels, out: Image) -> None:
        """Write the changed (H, W) pixels into `out`, (rows, columns) in [0, 1]."""
        moved = self.motion.warp(pixels, (out.shape[0], out.shape[1]))
        cv2.LUT(moved, make_curve(self.gain, self.gamma), dst=out)
        if self.noise:
            add_noise(out, self.noise, self.noise_place)
        if self.hidden is not None:
            box = self.hidden
            out[box.top : box.top + box.rows, box.left : box.left + box.columns] = 0


def draw_image_change(
    strengths: Strengths, shape: tuple[int, int], rng: np.random.Generator
) -> Change:
    """What chance decides for a whole image of that (rows, columns)."""
    lots = draw_lots(rng)
    motion = draw_image_motion(strengths, shape, lots, rng)
    return _find_change(strengths, lots, motion, _find_box(strengths, shape, lots))


def draw_patch_change(strengths: Strengths, size: int, rng: np.random.Generator) -> Change:
    """What chance decides for a square patch; nothing of it is hidden."""
    lots = draw_lots(rng)
    return _find_change(strengths, lots, draw_patch_motion(strengths, size, lots), None)


def make_curve(gain: float, gamma: float) -> Image:
    """(65536,) float32: what becomes of each number of a pixel; black stays black."""
    if gain == gamma == 1:
        return _identity()
    logarithms = _logarithms()
    curve = cv2.addWeighted(logarithms, gamma, logarithms, 0, math.log(gain))
    cv2.exp(curve, dst=curve)
    cv2.threshold(curve, 1, 1, cv2.THRESH_TRUNC, dst=curve)
    curve[0] = 0
    return np.asarray(curve, np.float32)


def add_noise(image: Image, deviation: float, place: int) -> None:
    """Add Gaussian noise to an (H, W) image in place, where it isn't black."""
    noise = _noise(image.size)[place : place + image.size].reshape(image.shape)
    _, highest = cv2.threshold(image, 0, 1, cv2.THRESH_BINARY)  # 0 in air, else 1
    cv2.scaleAdd(noise, deviation, image, dst=image)
    cv2.min(image, highest, dst=image)
    cv2.threshold(image, 0, 1, cv2.THRESH_TOZERO, dst=image)


def _find_change(strengths: Strengths, lots: Lots, motion: Motion, hidden: Box | None) -> Change:
    return Change(
        motion,
        gain=1 + swing(strengths.get("intensity", 0.0), lots.gain),
        gamma=1 + swing(strengths.get("gamma", 0.0), lots.gamma),
        noise=strengths.get("noise", 0.0) * lots.noise,
        noise_place=int(lots.place * NOISE_PLACES),
        hidden=hidden,
    )


def _find_box(strengths: Strengths, shape: tuple[int, int], lots: Lots) -> Box | None:
    """A rectangle of the share of the area, wholly inside, of the image's own proportions."""
    side = math.sqrt(strengths.get("cutout", 0.0))
    rows, columns = round(shape[0] * side), round(shape[1] * side)
    if not rows * columns:
        return None
    top, left = int(lots.top * (shape[0] - rows + 1)), int(lots.left * (shape[1] - columns + 1))
    return Box(top, left, rows, columns)


@functools.cache
def _identity() -> Image:
    return np.arange(LEVELS, dtype=np.float32) / np.float32(LEVELS - 1)


@functools.cache
def _logarithms() -> Image:
    return np.log(np.maximum(_identity(), np.float32(1e-9)))


@functools.lru_cache(maxsize=2)
def _noise(n_pixels: int) -> Image:
    """Normals for images of so many pixels, drawn once: drawing them anew costs most of all."""
    return np.random.default_rng(0).standard_normal(NOISE_PLACES + n_pixels, np.float32)
