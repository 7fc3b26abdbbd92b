"""How many millimeters of breast a pixel shows, and what that number rests on."""

from dataclasses import dataclass

from mammo_core.reading.elements import Elements

PLAUSIBLE_MM = (0.01, 5.0)
"""Pixels of mammograms measure 0.025 to 0.2 mm, of shrunk copies more; beyond lies a slip."""
SQUARE_WITHIN = 0.01
"""Sides of a pixel that differ by less than this share of their length count as equal."""


@dataclass(frozen=True)
class Spacing:
    """The distance between neighboring pixels.

    Attributes:
        rows_mm: Millimeters from a row to the next one; None where unknown.
        columns_mm: Millimeters from a column to the next one; None where unknown.
        basis: The tags that it rests on; None where unknown.
        aspect: The first by the second, where the header tells that alone.
    """

    rows_mm: float | None = None
    columns_mm: float | None = None
    basis: str | None = None
    aspect: float = 1.0

    @property
    def is_square(self) -> bool:
        """Whether both sides are equal, as far as the header tells."""
        aspect = self.aspect
        if self.rows_mm is not None and self.columns_mm is not None:
            aspect = self.rows_mm / self.columns_mm
        return abs(aspect - 1) <= SQUARE_WITHIN


def read_spacing(header: Elements, groups: Elements | None = None) -> Spacing:
    """The spacing in the breast as well as the header tells it (PS3.3 10.7.1.1 and 10.7.1.3).

    PixelSpacing counts where it was calibrated, or where it differs from the spacing at the
    detector, which shows that it was corrected. Else the spacing at the detector is divided by the
    magnification. A digitizer's spacing is that of the film. What lies outside PLAUSIBLE_MM counts
    for nothing.

    Args:
        header: The data set.
        groups: The item of its SharedFunctionalGroupsSequence, where it has one.
    """
    detector = _read_spacing(header, "ImagerPixelSpacing")
    pixel = _read_spacing(header, "PixelSpacing")
    if pixel and (calibration := header.word("PixelSpacingCalibrationType")) in CALIBRATIONS:
        return Spacing(*pixel, f"PixelSpacing, calibrated by {calibration.lower()}")
    if pixel and pixel != detector:
        return Spacing(*pixel, "PixelSpacing")
    if detector:
        return _demagnify(header, detector)
    if film := _read_spacing(header, "NominalScannedPixelSpacing"):
        return Spacing(*film, "NominalScannedPixelSpacing, on the film")
    for item in groups.items("PixelMeasuresSequence") if groups else []:
        if measured := _read_spacing(item, "PixelSpacing"):
            return Spacing(*measured, "PixelMeasuresSequence")
    ratio = _read_pair(header, "PixelAspectRatio")
    return Spacing(aspect=ratio[0] / ratio[1]) if ratio else Spacing()


SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
CALIBRATIONS = ("GEOMETRY", "FIDUCIAL")
"""Values of PixelSpacingCalibrationType (PS3.3 10.7.1.2)."""


def _demagnify(header: Elements, detector: tuple[float, float]) -> Spacing:
    factors = header.numbers("EstimatedRadiographicMagnificationFactor")
    factor = next((number for number in factors if number >= 1), None)
    if factor is None:
        return Spacing(*detector, "ImagerPixelSpacing, at the detector")
    rows, columns = detector
    return Spacing(rows / factor, columns / factor, "ImagerPixelSpacing / magnification")


def _read_pair(header: Elements, keyword: str) -> tuple[float, float] | None:
    """(between rows, between columns); one number stands for both."""
    numbers = [number for number in header.numbers(keyword) if number > 0]
    return (numbers[0], numbers[-1]) if 1 <= len(numbers) <= 2 else None


def _read_spacing(header: Elements, keyword: str) -> tuple[float, float] | None:
    """As `_read_pair`, of plausible millimeters."""
    pair = _read_pair(header, keyword)
    return pair if pair and _is_plausible(pair) else None


def _is_plausible(pair: tuple[float, float]) -> bool:
    return all(PLAUSIBLE_MM[0] <= number <= PLAUSIBLE_MM[1] for number in pair)


def find_implausible(header: Elements) -> str | None:
    """The element that gives a pixel no mammogram's size, None where there is none."""
    pairs = ((keyword, _read_pair(header, keyword)) for keyword in SPACINGS)
    return next((keyword for keyword, pair in pairs if pair and not _is_plausible(pair)), None)
