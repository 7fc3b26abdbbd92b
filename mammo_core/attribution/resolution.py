"""From a method's own resolution to the image's grid."""

import cv2
import numpy as np
from numpy.typing import NDArray


def upsample(maps: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(N, rows, columns) float32 from (N, h, w), bilinear between the centers of cells.

    Half-pixel centers put a cell's value where the cell lies. Corner-aligned interpolation, which
    other libraries use, shifts a 7-cell map on 224 pixels by up to ten pixels.
    """
    maps = np.asarray(maps, dtype=np.float32)
    rows, columns = shape
    if maps.shape[1:] == (rows, columns):
        return maps
    large = [cv2.resize(m, (columns, rows), interpolation=cv2.INTER_LINEAR) for m in maps]
    return np.stack(large).astype(np.float32, copy=False)
