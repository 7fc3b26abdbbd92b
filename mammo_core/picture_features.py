"""Numbers that tell a mammogram's picture from others; each has a meaning that can be told."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import Breast, Image, Mask, bounding_box

MAX_LEAN = 0.15
"""A chest wall leans by at most so many columns a row: a film askew by eight degrees."""

SAMPLE = 10_000
"""From so many values a percentile is near enough."""


@dataclass(frozen=True)
class PictureFeatures:
    """What a picture looks like, measured on a small copy.

    Attributes:
        floor: The picture's 5th percentile as a share of the inside's 99.5th.
        contrast: Inside's 99th percentile minus the outside's median, in [0, 1].
        area: The breast's share of the picture.
        wall: Share of the breast's rows that end on the chest wall's straight line.
        opposite: Share of the breast's rows that reach the other side of its box.
        box_ratio: Height / width of the breast's box.
        compactness: Perimeter squared / area of the outline.
        solidity: The breast's share of its convex hull.
        roughness: How far the skin line strays from a smooth curve, as a share of the width.
        taper: Greatest width minus that at the narrower end, as a share of the box's width.
        even_outside: Share of the outside within 0.08 of its median.
        air_texture: Median detail at scales of 1 to 4 pixels outside / that inside.
        bright_outside: Share of the outside brighter than 0.35 of the inside's 99th percentile.
        symmetry: Correlation of the breast's box with its mirror image.
        slope: Exponent of the radial power spectrum inside; about -3 for tissue, 0 for noise.
        residual: How far that spectrum strays from a power law.
        anisotropy: How much of it lies along one direction, in [0, 1].
        texture: Standard deviation inside at scales of 1 to 4 pixels.
        gradient_ratio: 99th percentile of the gradient inside / its median.
        rim_texture: Texture between the skin and an eighth of the depth / that beyond.
        skin_level: Mean at the skin, as a share of the brightest tissue.
        skin_rise: Mean at a tenth to a quarter of the depth minus that at the skin.
        core_rise: Mean beyond half of the depth minus that at a tenth to a quarter.
    """

    floor: float
    contrast: float
    area: float
    wall: float
    opposite: float
    box_ratio: float
    compactness: float
    solidity: float
    roughness: float
    taper: float
    even_outside: float
    bright_outside: float
    air_texture: float
    symmetry: float
    slope: float
    residual: float
    anisotropy: float
    texture: float
    gradient_ratio: float
    rim_texture: float
    skin_level: float
    skin_rise: float
    core_rise: float


def measure_picture(breast: Breast) -> PictureFeatures:
    """The features of the picture in which the breast was found, on its small copy."""
    return _measure(breast.preview, _shrink_mask(breast.mask, breast.preview.shape), breast)


def measure_frame(breast: Breast) -> PictureFeatures:
    """The features of that picture as if all of it were breast."""
    return _measure(breast.preview, np.ones(breast.preview.shape, bool), breast)


def measure_frame_floor(breast: Breast) -> float:
    """The floor of `measure_frame` alone, at a hundredth of the cost."""
    return _measure_floor(breast.preview, _percentile(breast.preview, 99.5))


def _measure(preview: Image, mask: Mask, breast: Breast) -> PictureFeatures:
    high = _percentile(preview[mask], 99.5)
    image = _normalize(preview, high)
    if breast.chest_wall == "right":
        image, mask = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
    top, bottom, left, right = bounding_box(mask)
    box = slice(top, bottom), slice(left, right)
    detail = cv2.GaussianBlur(image, (0, 0), 1) - cv2.GaussianBlur(image, (0, 0), 4)
    return PictureFeatures(
        floor=_measure_floor(preview, high),
        area=float(mask.mean()),
        box_ratio=(bottom - top) / (right - left),
        symmetry=_symmetry(image[box]),
        **_measure_outline(mask[box]),
        **_measure_outside(image, detail, mask),
        **_measure_spectrum(image[box], mask[box]),
        **_measure_tissue(image[box], detail[box], mask[box]),
    )


def _measure_floor(preview: Image, high: float) -> float:
    return _percentile(preview, 5) / max(high, 1e-6)


def _shrink_mask(mask: Mask, shape: tuple[int, ...]) -> Mask:
    if mask.shape == shape:
        return mask
    small = cv2.resize(mask.view(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST)
    return small > 0 if small.any() else np.ones(shape, bool)


def _normalize(preview: Image, high: float) -> Image:
    """Darkest hundredth of the picture to 0, `high` to 1."""
    low = _percentile(preview, 1)
    return np.clip((preview - np.float32(low)) / np.float32(max(high - low, 1e-6)), 0, 1)


def _percentile(values: NDArray[Any], share: float) -> float:
    """A percentile by at most twice SAMPLE of the values, evenly taken, as NumPy interpolates."""
    flat = values.ravel()
    sample = flat[:: max(1, flat.size // SAMPLE)]
    rank = (sample.size - 1) * share / 100
    below, above = int(rank), min(int(rank) + 1, sample.size - 1)
    ordered = np.partition(sample, (below, above))
    return float(ordered[below]) + (rank - below) * float(ordered[above] - ordered[below])


def _symmetry(image: Image) -> float:
    coarse = cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA)
    return _correlate(coarse.ravel(), coarse[:, ::-1].ravel())


def _correlate(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Pearson's correlation; 1 where one of the two is constant."""
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else 1.0


def _measure_outline(shape: Mask) -> dict[str, float]:
    width = shape.shape[1]
    reach = max(2, round(0.015 * width))
    outlines, _ = cv2.findContours(shape.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)
    perimeter = cv2.arcLength(outline, True)
    hull = cv2.contourArea(cv2.convexHull(outline))
    skin = (width - np.argmax(shape[:, ::-1], axis=1)) * shape.any(axis=1) / width
    return {
        "wall": _measure_wall(np.argmax(shape, axis=1), width),
        "opposite": float(shape[:, -reach:].any(axis=1).mean()),
        "compactness": perimeter**2 / max(int(shape.sum()), 1),
        "solidity": min(1.0, float(cv2.contourArea(outline)) / max(hull, 1.0)),
        "roughness": _stray(skin),
        "taper": float(1 - min(skin[end].mean() for end in _ends(len(skin)))),
    }


def _measure_wall(starts: NDArray[np.integer], width: int) -> float:
    """Share of the rows that start on one straight line, which may lean as a scanned film does."""
    n = len(starts)
    half = n // 2
    lean = np.median(starts[n - half :] - starts[:half]) / max(n - half, 1) if half else 0.0
    offsets = starts - np.clip(lean, -MAX_LEAN, MAX_LEAN) * np.arange(n)
    return float((np.abs(offsets - np.percentile(offsets, 25)) <= 2 + 0.015 * width).mean())


def _ends(n: int) -> tuple[slice, slice]:
    """The first and the last fiftieth of `n` rows."""
    few = max(2, n // 50)
    return slice(0, few), slice(n - few, n)


def _stray(values: NDArray[np.floating]) -> float:
    """Standard deviation around the best polynomial of degree 8."""
    if len(values) < 16:
        return 1.0
    x = np.linspace(-1, 1, len(values))
    basis = np.polynomial.chebyshev.chebvander(x, 8)
    weights = np.linalg.lstsq(basis, values, rcond=None)[0]
    return float(np.std(values - basis @ weights))


def _measure_outside(image: Image, detail: Image, mask: Mask) -> dict[str, float]:
    beyond = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    outside, bright = image[beyond], _percentile(image[mask], 99)
    if outside.size < 50:
        return {"even_outside": 0.0, "bright_outside": 1.0, "air_texture": 1.0, "contrast": bright}
    middle = _percentile(outside, 50)
    strength = np.abs(detail)
    return {
        "even_outside": float((np.abs(outside - np.float32(middle)) < 0.08).mean()),
        "bright_outside": float((outside > 0.35 * bright).mean()),
        "air_texture": _percentile(strength[beyond], 50) / (_percentile(strength[mask], 50) + 1e-4),
        "contrast": bright - middle,
    }


def _measure_spectrum(inside: Image, shape: Mask) -> dict[str, float]:
    """Power law of the largest square inside (Burgess 1999, doi:10.1117/12.349630)."""
    row, column, half = _largest_square(shape)
    if half < 10:
        return {"slope": 0.0, "residual": 1.0, "anisotropy": 1.0}
    patch = inside[row - half : row + half, column - half : column + half]
    window = np.hanning(2 * half).astype(np.float32)
    waves = np.fft.rfft2((patch - patch.mean()) * np.outer(window, window))
    power = np.abs(waves) ** 2 + 1e-9
    across, down = np.meshgrid(np.fft.rfftfreq(2 * half), np.fft.fftfreq(2 * half))
    radius = np.hypot(across, down)
    used = (radius > 1.25 / half) & (radius < 0.25) & ((across > 0) | (down > 0))
    return _fit_power_law(np.log(radius[used]), power[used], np.arctan2(down, across)[used])


def _largest_square(shape: Mask) -> tuple[int, int, int]:
    """(row, column, half side) of the largest square within the mask."""
    distance = cv2.distanceTransform(np.pad(shape, 1).astype(np.uint8), cv2.DIST_C, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(int(distance.argmax()), distance.shape)
    return int(row), int(column), int(distance.max()) - 1


def _fit_power_law(
    radius: NDArray[np.floating], power: NDArray[np.floating], angle: NDArray[np.floating]
) -> dict[str, float]:
    edges = np.linspace(radius.min(), radius.max() + 1e-6, 9)
    ring = np.digitize(radius, edges) - 1
    counts = np.bincount(ring, minlength=8)
    rings = np.flatnonzero(counts)
    x = np.bincount(ring, radius, 8)[rings] / counts[rings]
    y = np.log(np.bincount(ring, power, 8)[rings] / counts[rings])
    slope, level = np.polyfit(x, y, 1)
    flat = power / np.exp(level + slope * radius)
    return {
        "slope": float(slope),
        "residual": float(np.std(y - (level + slope * x))),
        "anisotropy": float(np.abs((flat * np.exp(2j * angle)).sum()) / flat.sum()),
    }


def _measure_tissue(inside: Image, detail: Image, shape: Mask) -> dict[str, float]:
    depth = _measure_depth(shape)
    fine = cv2.GaussianBlur(inside, (0, 0), 1)
    deep = shape & (depth > 0.12)
    if not deep.any():
        deep = shape
    across, down = cv2.Sobel(fine, cv2.CV_32F, 1, 0), cv2.Sobel(fine, cv2.CV_32F, 0, 1)
    gradient = cv2.magnitude(across, down)[deep]
    skin, below, core = (
        _mean(inside[shape & (depth >= low) & (depth < high)])
        for low, high in ((0, 0.05), (0.12, 0.25), (0.5, 1.01))
    )
    rim, texture = shape & ~deep, max(float(np.std(detail[deep])), 1e-6)
    return {
        "texture": texture,
        "gradient_ratio": _percentile(gradient, 99) / (_percentile(gradient, 50) + 0.008),
        "rim_texture": float(np.std(detail[rim])) / texture if rim.any() else 1.0,
        "skin_level": skin,
        "skin_rise": below - skin,
        "core_rise": core - below,
    }


def _measure_depth(shape: Mask) -> NDArray[Any]:
    """Distance from the skin as a share of the greatest; the chest wall is no skin."""
    padded = np.pad(shape, ((0, 0), (0, 1))).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[:, :-1]
    return distance / max(float(distance.max()), 1e-6)


def _mean(values: Image) -> float:
    return float(values.mean()) if values.size else 0.0
