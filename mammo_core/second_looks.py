"""What is measured once more on a picture that was refused: turned, straightened, brightened."""

from collections.abc import Iterator
from typing import cast

import cv2
import numpy as np

from mammo_core.breast import Breast, Image, find_breast
from mammo_core.picture_features import PictureFeatures, measure_picture

ASKEW_DEGREES = (-4.0, 4.0, -8.0, 8.0)
"""By so much a picture is turned to straighten it."""


def measure_turned(breast: Breast) -> PictureFeatures:
    """The features after a quarter turn."""
    return _look_again(np.rot90(breast.preview))


def measure_straightened(breast: Breast) -> Iterator[PictureFeatures]:
    """The features after each turn by ASKEW_DEGREES, one by one as they are asked for."""
    return (_look_again(straighten(breast.preview, degrees)) for degrees in ASKEW_DEGREES)


def measure_brightened(breast: Breast) -> PictureFeatures:
    """The features under a gamma of one half, which lifts what a hard window drowned."""
    return _look_again(np.sqrt(np.maximum(breast.preview, 0)))


def straighten(image: Image, degrees: float) -> Image:
    """The image turned around its middle, counterclockwise, dark where nothing was seen."""
    rows, columns = image.shape
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    dark = float(np.percentile(image, 5))
    return cast(Image, cv2.warpAffine(image, turn, (columns, rows), borderValue=dark))


def _look_again(image: Image) -> PictureFeatures:
    return measure_picture(find_breast(np.ascontiguousarray(image)))
