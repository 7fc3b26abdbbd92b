"""Pixels without what is written beside the breast, and their lossless encoding."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import Breast
from mammo_core.errors import UnreadableFile
from mammo_core.markers import HALO, WALL
from mammo_core.reading.decoding import StoredPixels

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Values = NDArray[np.int32]
Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

MARGIN = 0.02
"""Of the longer side: how far beyond the breast pixels stay, so that no skin is lost."""
MIN_RISE = 0.05
"""What is written within the margin is at least this much brighter than the air,"""
NOISE = 6.0
"""and so many robust standard deviations of it."""
SOFT_EDGE = 0.002
"""Of the longer side: how far around a letter its edge reaches."""
WHOLE = 0.97
"""A breast that covers more of the picture was not told from what lies beside it."""
NO_BREAST = (
    "Where the breast ends cannot be told, so that text beside it cannot be blanked: look at the "
    "image, and write --leave-pixels if nothing is burned in"
)

LOSSY_METHODS = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
}
"""Transfer syntaxes that always lose something, and the method's name (DICOM PS3.3 C.7.6.1.1.5)."""


@dataclass(frozen=True, eq=False)
class Blanked:
    """Stored values without what is written beside the breast.

    Attributes:
        values: (H, W).
        is_clear: Whether nothing bright is left beside the breast but what may be its skin,
            or body at the chest wall.
    """

    values: Values
    is_clear: bool


def blank_outside(values: Values, image: Image, breast: Breast) -> Blanked:
    """The stored values with everything away from the breast as plain air.

    Within the margin around the breast that goes for bright regions that don't touch the breast.
    Air is the commonest value beyond it, so that no new one enters the image.

    Args:
        values: (H, W).
        image: (H, W) in [0, 1], as shown.
        breast: Where the breast is in the same grid.

    Raises:
        UnreadableFile: Where the breast fills the picture.
    """
    if breast.mask.mean() > WHOLE:
        raise UnreadableFile(NO_BREAST)
    distance = cv2.distanceTransform((~breast.mask).astype(np.uint8), cv2.DIST_L2, 3)
    outside = distance > MARGIN * max(values.shape)
    if not outside.any():
        return Blanked(values, is_clear=False)
    bright = _find_bright(image, outside)
    apart = _find_apart(bright, breast.mask)
    blank = outside | apart
    left = bright & ~blank & (distance > HALO * max(values.shape))
    left[:, _wall(breast)] = False
    return Blanked(np.where(blank, _commonest(values[outside]), values), not left.any())


def _wall(breast: Breast) -> slice:
    """The columns at the chest wall, where the body goes on above and below the breast."""
    width = round(WALL * max(breast.mask.shape))
    return slice(0, width) if breast.chest_wall == "left" else slice(-width, None)


def _find_bright(image: Image, outside: Mask) -> Mask:
    """What is brighter than the air away from the breast."""
    air = image[outside]
    level = float(np.median(air))
    noise = 1.4826 * float(np.median(np.abs(air - level)))
    return image > level + max(MIN_RISE, NOISE * noise)


def _find_apart(bright: Mask, breast: Mask) -> Mask:
    """The bright regions that don't touch the breast, with their soft edges."""
    _, labels = cv2.connectedComponents((bright | breast).view(np.uint8), connectivity=8)
    touching = np.zeros(labels.max() + 1, bool)
    touching[labels[breast]] = True
    touching[0] = True
    reach = 2 * max(1, round(SOFT_EDGE * max(bright.shape))) + 1
    grown = cv2.dilate((~touching[labels]).view(np.uint8), np.ones((reach, reach), np.uint8))
    return (grown > 0) & ~breast


def _commonest(values: Values) -> np.int32:
    lowest = values.min()
    return np.int32(lowest + np.bincount(values - lowest).argmax())


def encode(clean: "Dataset", values: Values, stored: StoredPixels, source_syntax: str) -> None:
    """Put values into a data set, losslessly compressed, with nothing else in the pixel data.

    What compressed streams, trailing bytes and bits above the image's own may hide is left behind
    with the old encoding. JPEG-LS; RLE where values are signed.
    """
    from pydicom.uid import JPEGLSLossless, RLELossless

    _describe_pixels(clean, stored)
    if method := LOSSY_METHODS.get(source_syntax):
        clean.LossyImageCompression = "01"
        if not clean.get("LossyImageCompressionMethod"):
            clean.LossyImageCompressionMethod = method
    kind = f"{'i' if stored.is_signed else 'u'}{clean.BitsAllocated // 8}"
    syntax = RLELossless if stored.is_signed else JPEGLSLossless
    clean.compress(syntax, values.astype(kind), generate_instance_uid=False)


def _describe_pixels(clean: "Dataset", stored: StoredPixels) -> None:
    clean.Rows, clean.Columns = stored.patterns.shape
    clean.SamplesPerPixel = 1
    if "PlanarConfiguration" in clean:
        del clean.PlanarConfiguration
    if clean.get("PhotometricInterpretation") != "MONOCHROME1":
        clean.PhotometricInterpretation = "MONOCHROME2"
    clean.BitsAllocated = 8 if stored.bits <= 8 else 16
    clean.BitsStored, clean.HighBit = stored.bits, stored.bits - 1
    clean.PixelRepresentation = int(stored.is_signed)
