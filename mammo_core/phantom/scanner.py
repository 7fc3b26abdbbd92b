"""Three scanner looks: their matrix, noise, contrast and how they present a view."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.phantom.fields import Field, Frame, blur

FIELD_HEIGHT_MM = 224.0
WHITE = 4095


@dataclass(frozen=True)
class Scanner:
    """What tells one maker's images from another's.

    Attributes:
        manufacturer: As the header says it.
        model: As the header says it.
        matrix: Rows and columns over those that are asked for.
        inverted: Whether files are MONOCHROME1.
        fat: Gray level of fat, 0 to 1.
        gain: Gray levels from fat to solid gland.
        gamma: Exponent of the presentation; above 1 darkens the middle.
        roll_off: How dark the thin rim of the breast stays; 0 is fully equalized.
        noise: Standard deviation of the quantum noise at 0.35 mm a pixel, in gray levels.
        grain: Correlation of the noise, pixels.
        sharpening: Strength of the local contrast enhancement.
        sharpening_mm: Its scale.
        softness: Blur of the detector, pixels.
        marker: Frame around the view marker: "plain", "box" or "oval".
    """

    manufacturer: str
    model: str
    matrix: tuple[float, float]
    inverted: bool
    fat: float
    gain: float
    gamma: float
    roll_off: float
    noise: float
    grain: float
    sharpening: float
    sharpening_mm: float
    softness: float
    marker: str

    def frame(self, size: tuple[int, int]) -> Frame:
        """The scanner's own pixel grid where `size` (rows, columns) is asked for."""
        rows = round(size[0] * self.matrix[0])
        columns = round(size[1] * self.matrix[1])
        return Frame(rows, columns, FIELD_HEIGHT_MM / rows)


SCANNERS: dict[str, Scanner] = {
    "selene": Scanner(
        manufacturer="Synthray Imaging",
        model="SR-Selene",
        matrix=(1.0, 1.0),
        inverted=False,
        fat=0.20,
        gain=0.86,
        gamma=1.12,
        roll_off=0.30,
        noise=0.0085,
        grain=0.5,
        sharpening=0.65,
        sharpening_mm=6.0,
        softness=0.5,
        marker="plain",
    ),
    "phantomix": Scanner(
        manufacturer="Phantomix",
        model="PX-3000",
        matrix=(0.95, 0.9375),
        inverted=False,
        fat=0.34,
        gain=0.62,
        gamma=1.0,
        roll_off=0.10,
        noise=0.011,
        grain=0.4,
        sharpening=1.0,
        sharpening_mm=3.5,
        softness=0.38,
        marker="box",
    ),
    "lumigraph": Scanner(
        manufacturer="Lumigraph",
        model="LG-Classic",
        matrix=(1.05, 1.0625),
        inverted=True,
        fat=0.30,
        gain=0.72,
        gamma=1.05,
        roll_off=0.85,
        noise=0.008,
        grain=0.8,
        sharpening=0.25,
        sharpening_mm=8.0,
        softness=0.5,
        marker="oval",
    ),
}


def expose(
    scanner: Scanner,
    tissue: Field,
    thickness: Field,
    skin: Field,
    cover: Field,
    spacing_mm: float,
    rng: np.random.Generator,
) -> Field:
    """Gray levels in [0, 1] with air exactly 0.

    Args:
        scanner: Whose look it gets.
        tissue: (H, W) attenuation above fat's; solid gland is near 0.7.
        thickness: (H, W) compressed thickness over its maximum, 0 to 1.
        skin: (H, W) brightness of skin and nipple.
        cover: (H, W) share of each pixel that is breast.
        spacing_mm: Millimeters a pixel.
        rng: For the noise.
    """
    equalized = 1 - scanner.roll_off * (1 - thickness)
    signal = (scanner.fat + scanner.gain * tissue) * equalized
    signal = signal + 0.5 * scanner.sharpening * (
        signal - blur(signal, scanner.sharpening_mm / spacing_mm)
    )
    signal = blur(signal + skin, scanner.softness)
    signal = signal + _noise(scanner, signal, spacing_mm, rng)
    return (np.clip(_shoulder(signal, scanner.gamma), 0, 1) * cover).astype(np.float32)


def _noise(scanner: Scanner, signal: Field, spacing_mm: float, rng: np.random.Generator) -> Field:
    """Quantum noise that grows where fewer photons arrive, weaker on larger pixels."""
    white = blur(rng.standard_normal(signal.shape, dtype=np.float32), scanner.grain)
    level = scanner.noise * np.sqrt(0.35 / max(spacing_mm, 0.1)) / float(white[::5, ::5].std())
    return np.float32(level) * white * np.exp(0.55 * np.clip(signal, 0, 1.2))


def _shoulder(signal: Field, gamma: float) -> Field:
    """The presentation's curve: a power, then a soft shoulder instead of clipping."""
    rising = np.clip(signal, 0, None) ** np.float32(gamma)
    return np.where(rising < 0.72, rising, 0.72 + 0.27 * np.tanh((rising - 0.72) / 0.27))


def quantize(gray: Field, scanner: Scanner) -> NDArray[np.uint16]:
    """Stored values of 12 bits; MONOCHROME1 counts from white to black."""
    values = np.round(gray * WHITE).astype(np.uint16)
    return WHITE - values if scanner.inverted else values
