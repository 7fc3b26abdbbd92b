"""Smooth and power-law random fields on pixel grids."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

Field = NDArray[Any]
"""A two-dimensional array of float32."""


@dataclass(frozen=True)
class Frame:
    """A pixel grid with the chest wall along its left edge.

    Attributes:
        rows: Height in pixels.
        columns: Width in pixels.
        spacing_mm: Millimeters a pixel.
    """

    rows: int
    columns: int
    spacing_mm: float

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.rows, self.columns

    @property
    def height_mm(self) -> float:
        """From the upper to the lower edge."""
        return self.rows * self.spacing_mm

    @property
    def width_mm(self) -> float:
        """From the chest wall to the opposite edge."""
        return self.columns * self.spacing_mm

    def grid(self, shape: tuple[int, int] | None = None) -> tuple[Field, Field]:
        """(x, y) in millimeters of cell centers, (1, w) and (h, 1), of a grid over the frame."""
        rows, columns = shape or self.shape
        x = (np.arange(columns, dtype=np.float32) + 0.5) * np.float32(self.width_mm / columns)
        y = (np.arange(rows, dtype=np.float32) + 0.5) * np.float32(self.height_mm / rows)
        return x[None, :], y[:, None]

    def coarse(self, step_mm: float) -> tuple[int, int]:
        """The shape of a grid over the frame with cells of about `step_mm`, never finer than it."""
        factor = max(1.0, step_mm / self.spacing_mm)
        return max(8, round(self.rows / factor)), max(8, round(self.columns / factor))

    def enlarge(self, field: Field) -> Field:
        """A coarse field over the frame, interpolated to its pixels."""
        return resize(field, self.shape)


def resize(field: Field, shape: tuple[int, int]) -> Field:
    """The field on another grid over the same area: cubic when enlarged, averaged when reduced."""
    if field.shape == shape:
        return field
    how = cv2.INTER_CUBIC if shape[0] > field.shape[0] else cv2.INTER_AREA
    return cv2.resize(field, (shape[1], shape[0]), interpolation=how)


def blur(field: Field, sigma: float) -> Field:
    """A Gaussian blur with a standard deviation in pixels; wide ones go over a coarser grid."""
    if sigma < 0.2:
        return field
    if sigma > 6:
        factor = sigma / 3
        small = max(4, round(field.shape[0] / factor)), max(4, round(field.shape[1] / factor))
        return resize(blur(resize(field, small), sigma * small[0] / field.shape[0]), field.shape)
    return cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def ramp(values: Field, low: float | Field, high: float | Field) -> Field:
    """A smooth step: 0 up to `low`, 1 from `high` on (descending where low > high)."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def squash(values: Field) -> Field:
    """The logistic function."""
    return (0.5 + 0.5 * np.tanh(0.5 * values)).astype(np.float32)


def power_law_pair(
    rng: np.random.Generator,
    shape: tuple[int, int],
    spacing_mm: float,
    *,
    exponent: float = 3.0,
    knee_mm: float = 60.0,
    cut_mm: float = 0.0,
) -> tuple[Field, Field]:
    """Two independent Gaussian fields of mean 0 and variance 1 with the same spectrum.

    The power at spatial frequency f (per mm) is (f^2 + 1/knee^2)^(-exponent/2) times a Gaussian
    low-pass exp(-(f cut)^2). Mammographic texture has exponents near 3: Burgess et al. 2001,
    doi:10.1118/1.1355308.

    Args:
        rng: Where the randomness comes from.
        shape: (rows, columns).
        spacing_mm: Millimeters a cell.
        exponent: Of the power spectrum over the frequency.
        knee_mm: Structures larger than this gain no more power.
        cut_mm: Structures smaller than this fade; 0 keeps all.
    """
    padded = scipy.fft.next_fast_len(shape[0]), scipy.fft.next_fast_len(shape[1])
    spectrum = np.empty(padded, np.complex64)
    spectrum.real = rng.standard_normal(padded, dtype=np.float32)
    spectrum.imag = rng.standard_normal(padded, dtype=np.float32)
    spectrum *= _amplitudes(padded, spacing_mm, exponent, knee_mm, cut_mm)
    fields = scipy.fft.ifft2(spectrum, overwrite_x=True)[: shape[0], : shape[1]]
    return np.ascontiguousarray(fields.real), np.ascontiguousarray(fields.imag)


def smooth_pair(
    rng: np.random.Generator, shape: tuple[int, int], spacing_mm: float, scale_mm: float
) -> tuple[Field, Field]:
    """Two independent smooth fields of variance 1 whose hills are about `scale_mm` wide."""
    return power_law_pair(
        rng, shape, spacing_mm, exponent=3.0, knee_mm=2 * scale_mm, cut_mm=0.6 * scale_mm
    )


@lru_cache(maxsize=64)
def _amplitudes(
    shape: tuple[int, int], spacing_mm: float, exponent: float, knee_mm: float, cut_mm: float
) -> Field:
    squared = (
        scipy.fft.fftfreq(shape[0], spacing_mm)[:, None] ** 2
        + scipy.fft.fftfreq(shape[1], spacing_mm)[None, :] ** 2
    )
    amplitudes = (squared + knee_mm**-2.0) ** (-exponent / 4) * np.exp(-squared * cut_mm**2 / 2)
    amplitudes[0, 0] = 0
    scale = math.sqrt(shape[0] * shape[1]) / math.sqrt(np.mean(amplitudes**2))
    return (amplitudes * scale).astype(np.float32)
