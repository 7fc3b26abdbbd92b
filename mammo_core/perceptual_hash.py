"""What an image looks like in 2 kB: two hashes to search by, two thumbnails to confirm by.

Both are taken twice: of the whole picture, and of the breast's box. What changes gray levels may
move the box and leaves the picture; a crop changes the picture and leaves the box.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import Breast, bounding_box

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

FRAMINGS = ("picture", "breast")
BITS = 128
SIDE = 64
"""Rows and columns of the copy that hashes are taken of."""
THUMBNAIL_SIDE = 32
COARSE, FINE = 4.0, 2.0
"""Reach, in pixels of that copy, of the mean and contrast that are taken out of it: the coarse one
leaves the outline to the hash, the fine one only tissue to the thumbnail."""
MAX_DEVIATION = 3.0
LEVELS = 127 / MAX_DEVIATION
FLAT = 1e-3


@dataclass(frozen=True, eq=False)
class Look:
    """What an image looks like, the chest wall on the left.

    Attributes:
        codes: (2, 2) uint64, 128 bits of each framing.
        thumbnails: (2, 32, 32) int8, the local contrast of the tissue in each framing; 0 outside.
    """

    codes: NDArray[np.uint64]
    thumbnails: NDArray[np.int8]


def describe_look(breast: Breast) -> Look:
    """The look of the image in which the breast was found, from its small copy."""
    framed = _frame(breast)
    return Look(
        codes=np.stack([_hash(_shrink(image)) for image, _ in framed]),
        thumbnails=np.stack([_draw_thumbnail(_shrink(image), mask) for image, mask in framed]),
    )


def _frame(breast: Breast) -> tuple[tuple[Image, Mask], tuple[Image, Mask]]:
    """(image, breast's mask) of each of FRAMINGS, mirrored so that the chest wall is left."""
    image, mask = breast.preview, _shrink_mask(breast.mask, breast.preview.shape)
    if breast.chest_wall == "right":
        image, mask = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
    top, bottom, left, right = bounding_box(mask)
    box = slice(top, bottom), slice(left, right)
    return (image, mask), (image[box], mask[box])


def _shrink_mask(mask: Mask, shape: tuple[int, ...]) -> Mask:
    small = cv2.resize(mask.view(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return small if small.any() else np.ones(shape, bool)


def _shrink(image: Image) -> Image:
    return cast(Image, cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA))


def _hash(image: Image) -> NDArray[np.uint64]:
    """(2,) the signs of the low frequencies but the lowest, as in perceptual hashes (pHash).

    Source: Zauner 2010, "Implementation and benchmarking of perceptual image hash functions".
        Unlike there, local mean and contrast are evened out first, since all breasts share the
        coarse shading, and a median of all coefficients would tell little.
    """
    even = _even_out(image, np.ones_like(image), COARSE)
    signs = cv2.dct(even)[_FREQUENCIES] > 0
    return np.packbits(signs).view(np.uint64)


def _list_frequencies() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(down, across) of the 128 lowest, by the larger of the two; those that sum to 0 or 1 left."""
    down, across = (axis.ravel() for axis in np.indices((SIDE // 4, SIDE // 4)))
    order = np.lexsort((down, down + across, np.maximum(down, across)))
    order = order[(down + across)[order] >= 2][:BITS]
    return down[order], across[order]


_FREQUENCIES = _list_frequencies()


def _draw_thumbnail(image: Image, mask: Mask) -> NDArray[np.int8]:
    """(32, 32) the tissue's local contrast, away from the skin line, which all breasts share."""
    share = cv2.resize(mask.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    inside = (cv2.erode(share, np.ones((3, 3), np.uint8)) > 0.9).astype(np.float32)
    even = _even_out(image, inside, FINE) * inside
    size = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    return np.rint(cv2.resize(even, size, interpolation=cv2.INTER_AREA) * LEVELS).astype(np.int8)


def _even_out(image: Image, weight: Image, reach: float) -> Image:
    """Deviation from the local weighted mean in units of the local standard deviation."""

    def blur(values: Image) -> Image:
        blurred = cv2.GaussianBlur(values, (0, 0), reach, borderType=cv2.BORDER_REFLECT)
        return cast(Image, blurred)

    total = blur(weight) + FLAT
    deviation = (image - blur(image * weight) / total) * weight
    spread = np.sqrt(blur(deviation * deviation) / total) + FLAT
    return cast(Image, np.clip(deviation / spread, -MAX_DEVIATION, MAX_DEVIATION))
