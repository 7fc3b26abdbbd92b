"""Heatmaps: attributions as colors over a mammogram, transparent where they say nothing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import MammoError

Pixels = NDArray[np.uint8]

DIVERGING = ((33, 102, 172), (146, 197, 222), (247, 247, 247), (244, 165, 130), (178, 24, 43))
"""Blue through white to red: ColorBrewer RdBu (Brewer and Harrower 2003), reversed."""
COLOR_MAPS = ("inferno", "viridis", "diverging")
"""What a map can be colored by; the first two are for what runs from 0 upward."""
OUTLINE = (0, 158, 115)
"""The bluish green of Okabe and Ito 2008, told apart from both colormaps by the color-blind."""
CLIP_PERCENTILE = 99.8
"""Of the sizes of a map's values: where its colors end. Gradients have a few pixels many times as
large as all others, beside which these would not be seen."""
FAINTEST = 0.1
"""Share of the strongest value up to which nothing is drawn: a smooth map is never quite 0, and
its faint skirt would lie as a block over the air beside the breast."""
SOLID = 0.5
"""Share of it from which on a value hides the image as far as any: its size is told by its color,
and pixel by pixel little that is fainter would be seen on bright tissue."""


def is_blank(attribution: NDArray[np.floating]) -> bool:
    """Whether a map says nothing: it is constant, or holds values that are not finite."""
    return not np.isfinite(attribution).all() or float(np.ptp(attribution)) == 0


def color_heatmap(attribution: NDArray[np.float32], *, signed: bool) -> Pixels:
    """(H, W, 4) RGBA; opacity grows with a value from a tenth to a half of where the colors end.

    Signed maps run from blue (against the class) to red (for it) around 0; unsigned ones take
    inferno, negative values counting as 0. The largest 0.2 % of values share the last color.
    A blank map is transparent throughout.
    """
    if is_blank(attribution):
        return np.zeros((*attribution.shape, 4), dtype=np.uint8)
    strength = _normalize(attribution if signed else np.maximum(attribution, 0))
    table = _diverging_table() if signed else _perceptual_table()
    position = (strength + 1) / 2 if signed else strength
    colors = table[np.round(position * 255).astype(np.uint8)]
    opacity = np.clip((np.abs(strength) - FAINTEST) / (SOLID - FAINTEST), 0, 1)
    return np.dstack([colors, np.round(opacity * 255).astype(np.uint8)])


def find_limit(attribution: NDArray[np.float32]) -> float:
    """The size of value from which on all share the last color; 1 for a map of zeros."""
    sizes = np.abs(attribution)
    return float(np.percentile(sizes, CLIP_PERCENTILE) or sizes.max() or 1)


def pool_strongest(attribution: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """The map on a coarser grid, each cell the value of the largest size within it.

    The mean would let fine structure fade and values of either sign cancel, so that a map of
    single pixels looked empty wherever it is shown smaller than it is.

    Args:
        attribution: (H, W).
        shape: (rows, columns), each 1 or more; a side that is longer than the map's stays.
    """
    if attribution.shape == tuple(shape):
        return attribution
    sides = zip(attribution.shape, shape, strict=True)
    rows, columns = (-(np.arange(min(n, m)) * -n // min(n, m)) for n, m in sides)
    highest, lowest = (
        extreme.reduceat(extreme.reduceat(attribution, rows, axis=0), columns, axis=1)
        for extreme in (np.maximum, np.minimum)
    )
    return np.where(highest >= -lowest, highest, lowest)


def sample_colors(name: str, n: int = 33) -> list[list[int]]:
    """Evenly spaced colors [red, green, blue] of one of `COLOR_MAPS`, from its lower end."""
    table = _diverging_table() if name == "diverging" else _perceptual_table(name)
    return table[np.round(np.linspace(0, 255, n)).astype(int)].tolist()


def draw_overlay(
    image: NDArray[np.float32], attribution: NDArray[np.float32], *, signed: bool, opacity: float
) -> Pixels:
    """(H, W, 3) RGB: the grayscale image (H, W) in [0, 1] under the map on the same grid.

    Args:
        image: The picture beneath.
        attribution: (H, W), on the image's grid.
        signed: Which colors to take.
        opacity: Of the strongest value, from 0 to 1.

    Raises:
        ValueError: Where the grids differ.
    """
    if image.shape != attribution.shape:
        raise ValueError(f"Expected a map on the grid {image.shape}, got {attribution.shape}")
    heatmap = color_heatmap(attribution, signed=signed)
    alpha = heatmap[..., 3:].astype(np.float32) / 255 * np.float32(opacity)
    blended = to_gray(image) * (1 - alpha) + heatmap[..., :3] * alpha
    return np.round(blended).astype(np.uint8)


def to_gray(image: NDArray[np.float32]) -> Pixels:
    """(H, W, 3) RGB of an image in [0, 1]."""
    gray = np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


def draw_outline(picture: Pixels, mask: NDArray[np.bool_]) -> Pixels:
    """The picture (H, W, 3 or 4) with the mask's (H, W) contours drawn on a copy."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    drawn = np.ascontiguousarray(picture).copy()
    color = (*OUTLINE, 255)[: picture.shape[2]]
    cv2.drawContours(drawn, contours, -1, color, thickness=max(1, picture.shape[0] // 400))
    return drawn


def encode_png(picture: Pixels) -> bytes:
    """PNG bytes of a grayscale (H, W), RGB (H, W, 3) or RGBA (H, W, 4) picture.

    Raises:
        MammoError: Where the picture is empty.
    """
    if not picture.size:
        raise MammoError(f"Expected a picture with pixels, got shape {picture.shape}")
    orders = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    is_color = picture.ndim == 3
    pixels = cv2.cvtColor(picture, orders[picture.shape[2]]) if is_color else picture
    _, encoded = cv2.imencode(".png", pixels)
    return encoded.tobytes()


def _normalize(attribution: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map over its largest size, in [-1, 1]; few outliers do not fade all the rest."""
    return np.clip(attribution / np.float32(find_limit(attribution)), -1, 1)


def _diverging_table() -> Pixels:
    stops = np.linspace(0, 255, len(DIVERGING))
    channels = [np.interp(np.arange(256), stops, column) for column in zip(*DIVERGING, strict=True)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


def _perceptual_table(name: str = "inferno") -> Pixels:
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    number = {"inferno": cv2.COLORMAP_INFERNO, "viridis": cv2.COLORMAP_VIRIDIS}[name]
    return cv2.applyColorMap(ramp, number)[:, 0, ::-1].astype(np.uint8)
