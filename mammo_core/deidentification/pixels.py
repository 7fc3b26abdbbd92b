"""Pixels without what is written beside the breast, and their lossless encoding."""

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import Breast
from mammo_core.errors import UnreadableFile
from mammo_core.reading.decoding import StoredPixels

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Values = NDArray[np.int32]

MARGIN = 0.02
"""Of the longer side: how far beyond the breast pixels stay, so that no skin is lost."""
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


def blank_outside(values: Values, breast: Breast) -> Values:
    """The stored values with everything away from the breast as plain air.

    Air is the commonest value there, so that no new one enters the image.

    Args:
        values: (H, W).
        breast: Where the breast is in the same grid.

    Raises:
        UnreadableFile: Where the breast fills the picture.
    """
    if breast.mask.mean() > WHOLE:
        raise UnreadableFile(NO_BREAST)
    distance = cv2.distanceTransform((~breast.mask).astype(np.uint8), cv2.DIST_L2, 3)
    outside = distance > MARGIN * max(values.shape)
    if not outside.any():
        return values
    return np.where(outside, _commonest(values[outside]), values)


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
