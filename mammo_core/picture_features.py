"""Numbers that tell a mammogram's picture from others; each has a meaning that can be told."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import Breast, Image, Mask, bounding_box


@dataclass(frozen=True)
class PictureFeatures:
    """What a picture looks like, measured on a small copy.

    Attributes:
        contrast: Inside's 99th percentile minus the outside's median, in [0, 1].
        area: The breast's share of the picture.
        wall: Share of the breast's rows that reach the chest wall's straight line.
        opposite: Share of the breast's rows that reach the other side of its box.
        box_ratio: Height / width of the breast's box.
        compactness: Perimeter squared / area of the outline.
        roughness: How far the skin line strays from a smooth curve, as a share of the width.
        taper: Greatest width minus that at the narrower end, as a share of the box's width.
        even_outside: Share of the outside within 0.08 of its median.
        air_texture: Median detail at scales of 1 to 4 pixels outside / that inside.
        bright_outside: Share of the outside brighter than 0.35 of the inside's 99th percentile.
        symmetry: Correlation of the picture with its mirror image.
        slope: Exponent of the radial power spectrum inside; about -3 for tissue, 0 for noise.
        residual: How far that spectrum strays from a power law.
        anisotropy: How much of it lies along one direction, in [0, 1].
        texture: Standard deviation inside at scales of 1 to 4 pixels.
        gradient_ratio: 99th percentile of the gradient inside / its median.
        skin_rise: Mean at a tenth to a quarter of the depth minus that at the skin.
        core_rise: Mean beyond half of the depth minus that at a tenth to a quarter.
    """

    contrast: float
    area: float
    wall: float
    opposite: float
    box_ratio: float
    compactness: float
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
    skin_rise: float
    core_rise: float


def measure_picture(breast: Breast) -> PictureFeatures:
    """The features of the picture in which the breast was found, on its small copy."""
    mask = _shrink_mask(breast.mask, breast.preview.shape)
    image = _normalize(breast.preview, mask)
    if breast.chest_wall == "right":
        image, mask = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
    top, bottom, left, right = bounding_box(mask)
    box = slice(top, bottom), slice(left, right)
    detail = cv2.GaussianBlur(image, (0, 0), 1) - cv2.GaussianBlur(image, (0, 0), 4)
    return PictureFeatures(
        area=float(mask.mean()),
        box_ratio=(bottom - top) / (right - left),
        symmetry=_symmetry(image),
        **_measure_outline(mask[box]),
        **_measure_outside(image, detail, mask),
        **_measure_spectrum(image[box], mask[box]),
        **_measure_tissue(image[box], detail[box], mask[box]),
    )


def _shrink_mask(mask: Mask, shape: tuple[int, ...]) -> Mask:
    if mask.shape == shape:
        return mask
    small = cv2.resize(mask.view(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST)
    return small > 0 if small.any() else np.ones(shape, bool)


def _normalize(small: Image, mask: Mask) -> Image:
    """Darkest hundredth of the picture to 0, the inside's 99.5th percentile to 1."""
    low, high = float(np.percentile(small, 1)), float(np.percentile(small[mask], 99.5))
    return np.clip((small - np.float32(low)) / np.float32(max(high - low, 1e-6)), 0, 1)


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
    perimeter = max(cv2.arcLength(outline, True) for outline in outlines)
    skin = (width - np.argmax(shape[:, ::-1], axis=1)) * shape.any(axis=1) / width
    return {
        "wall": float(shape[:, :reach].any(axis=1).mean()),
        "opposite": float(shape[:, -reach:].any(axis=1).mean()),
        "compactness": perimeter**2 / max(int(shape.sum()), 1),
        "roughness": _stray(skin),
        "taper": float(1 - min(skin[end].mean() for end in _ends(len(skin)))),
    }


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
    outside, bright = image[beyond], float(np.percentile(image[mask], 99))
    if outside.size < 50:
        return {"even_outside": 0.0, "bright_outside": 1.0, "air_texture": 1.0, "contrast": bright}
    middle = float(np.median(outside))
    strength = np.abs(detail)
    return {
        "even_outside": float((np.abs(outside - np.float32(middle)) < 0.08).mean()),
        "bright_outside": float((outside > 0.35 * bright).mean()),
        "air_texture": float(np.median(strength[beyond]) / (np.median(strength[mask]) + 1e-4)),
        "contrast": bright - middle,
    }


def _measure_spectrum(inside: Image, shape: Mask) -> dict[str, float]:
    """Power law of the largest square inside (Burgess 1999, doi:10.1117/12.349630)."""
    row, column, half = _largest_square(shape)
    if half < 10:
        return {"slope": 0.0, "residual": 1.0, "anisotropy": 1.0}
    patch = inside[row - half : row + half, column - half : column + half]
    window = np.hanning(2 * half).astype(np.float32)
    power = np.abs(np.fft.fft2((patch - patch.mean()) * np.outer(window, window))) ** 2 + 1e-9
    across, down = np.meshgrid(np.fft.fftfreq(2 * half), np.fft.fftfreq(2 * half))
    radius = np.hypot(across, down)
    used = (radius > 1.25 / half) & (radius < 0.25)
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
    gradient = np.hypot(cv2.Sobel(fine, cv2.CV_32F, 1, 0), cv2.Sobel(fine, cv2.CV_32F, 0, 1))[deep]
    skin, rim, core = (
        _mean(inside[shape & (depth >= low) & (depth < high)])
        for low, high in ((0, 0.05), (0.12, 0.25), (0.5, 1.01))
    )
    return {
        "texture": float(np.std(detail[deep])),
        "gradient_ratio": float(np.percentile(gradient, 99) / (np.median(gradient) + 0.008)),
        "skin_rise": rim - skin,
        "core_rise": core - rim,
    }


def _measure_depth(shape: Mask) -> NDArray[Any]:
    """Distance from the skin as a share of the greatest; the chest wall is no skin."""
    padded = np.pad(shape, ((0, 0), (0, 1))).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[:, :-1]
    return distance / max(float(distance.max()), 1e-6)


def _mean(values: Image) -> float:
    return float(values.mean()) if values.size else 0.0
