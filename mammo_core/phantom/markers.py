"""What is burned in beside the breast: the view marker and, in rigged sets, a tag."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.phantom.fields import Field

FONT = cv2.FONT_HERSHEY_SIMPLEX
FINER = 4


def burn_marker(
    gray: Field, text: str, style: str, has_tag: bool, on_left: bool, rng: np.random.Generator
) -> Field:
    """The gray levels with marker and tag in the upper corner away from the chest wall.

    Args:
        gray: (H, W) in [0, 1], turned as it will be stored.
        text: For instance "RMLO".
        style: "plain", "box" or "oval".
        has_tag: Whether a triangle beside a bar is burned in under the marker.
        on_left: Whether the corner is the left one.
        rng: For the place.
    """
    rows, columns = gray.shape
    unit = rows / 640
    width, height = _text_size(text, unit)
    margin = (16 + 20 * rng.random()) * unit
    left = margin if on_left else columns - margin - width
    top = (16 + 18 * rng.random()) * unit
    ink = np.zeros((round(rows * 0.2) * FINER, columns * FINER), np.uint8)
    _write(ink, text, left, top + height, unit)
    _frame(ink, style, (left, top, left + width, top + height), unit)
    if has_tag:
        _draw_tag(ink, left, top + height + 15 * unit, 18 * unit)
    small = cv2.resize(ink, (columns, round(rows * 0.2)), interpolation=cv2.INTER_AREA)
    marked = gray.copy()
    band = marked[: len(small)]
    np.maximum(band, small.astype(np.float32) / 255, out=band)
    return marked


def _scale(unit: float) -> float:
    return 0.55 * unit * FINER


def _text_size(text: str, unit: float) -> tuple[float, float]:
    (width, height), _ = cv2.getTextSize(text, FONT, _scale(unit), max(1, round(unit * FINER)))
    return width / FINER, height / FINER


def _write(ink: NDArray[np.uint8], text: str, left: float, bottom: float, unit: float) -> None:
    origin = round(left * FINER), round(bottom * FINER)
    thick = max(1, round(1.3 * unit * FINER))
    cv2.putText(ink, text, origin, FONT, _scale(unit), 235, thick, cv2.LINE_AA)


def _frame(
    ink: NDArray[np.uint8], style: str, box: tuple[float, float, float, float], unit: float
) -> None:
    left, top, right, bottom = (round(side * FINER) for side in box)
    pad, thick = round(6 * unit * FINER), max(1, round(1.2 * unit * FINER))
    if style == "box":
        corners = (left - pad, top - pad), (right + pad, bottom + pad)
        cv2.rectangle(ink, *corners, 205, thick, cv2.LINE_AA)
    elif style == "oval":
        center = (left + right) // 2, (top + bottom) // 2
        axes = (right - left) // 2 + 2 * pad, (bottom - top) // 2 + 2 * pad
        cv2.ellipse(ink, center, axes, 0, 0, 360, 205, thick, cv2.LINE_AA)


def _draw_tag(ink: NDArray[np.uint8], left: float, top: float, size: float) -> None:
    triangle = np.array([(0, 1), (1, 1), (0.5, 0)]) * size + (left, top)
    bar = np.array([(1.25, 0), (1.55, 0), (1.55, 1), (1.25, 1)]) * size + (left, top)
    for polygon in (triangle, bar):
        cv2.fillPoly(ink, [np.round(polygon * FINER).astype(np.int32)], 230, cv2.LINE_AA)
