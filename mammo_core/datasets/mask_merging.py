"""One mask of an image from the pictures that an archive keeps of each of its lesions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.datasets.headers import read_series_description
from mammo_core.datasets.regions import Mask
from mammo_core.errors import UnreadableFile

GRAY_SHARE = 0.01
"""The share of pixels between black and white that a mask may have, as lossy copies do."""
GRAY = (0.1, 0.9)
"""What counts as between black and white, in parts of the picture's range."""
MISSHAPE = 0.1
"""How much a mask's height may differ from what its width lets expect, in parts of it."""

NO_MASK = "none of the files of a lesion is its mask"


def merge_masks(lesions: Sequence[Sequence[Path]], shape: tuple[int, int]) -> Mask:
    """The union of the masks of an image's lesions, in the image's own grid.

    Args:
        lesions: For each lesion the files among which its mask is, the likeliest first: DICOM or
            pictures, of any size in the image's proportions.
        shape: Rows and columns of the image.

    Raises:
        UnreadableFile: Where a lesion has no mask, for the union of the others would call that
            lesion healthy.
    """
    union = np.zeros(shape, dtype=bool)
    for files in lesions:
        union |= fit_mask(_find_mask(files, shape), shape)
    return union


def fit_mask(mask: Mask, shape: tuple[int, int]) -> Mask:
    """The mask in a grid of another size: the nearest pixel of the old one for each of the new."""
    if mask.shape == shape:
        return mask
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for old, new in zip(mask.shape, shape, strict=True)
    )
    return mask[rows[:, None], columns]


def _find_mask(files: Sequence[Path], shape: tuple[int, int]) -> Mask:
    """The first of the files that shows a mask; those that are described as one come first."""
    for file in sorted(files, key=_describe_rank):
        try:
            values = _read_values(file)
        except UnreadableFile:
            continue
        if _has_shape(values, shape) and (mask := _to_mask(values)) is not None:
            return mask
    raise UnreadableFile(NO_MASK)


def _describe_rank(file: Path) -> int:
    """0 for a file that is described as a mask, 2 as a crop, 1 for neither."""
    words = read_series_description(file).lower()
    return 0 if "mask" in words else 2 if "crop" in words else 1


def _read_values(file: Path) -> NDArray[Any]:
    from mammo_core.dicom import is_dicom, read_stored
    from mammo_core.reading.pictures import read_gray

    return read_stored(file)[0] if is_dicom(file) else read_gray(file)


def _has_shape(values: NDArray[Any], shape: tuple[int, int]) -> bool:
    """Whether the picture has the image's proportions."""
    expected = shape[0] / shape[1] * values.shape[1]
    return abs(values.shape[0] - expected) <= MISSHAPE * expected


def _to_mask(values: NDArray[Any]) -> Mask | None:
    """Where a black and white picture is white; None for a gray one, and for one of one color."""
    low, high = float(values.min()), float(values.max())
    parts = np.array([*GRAY, 0.5]) * (high - low) + low
    dark, bright, middle = parts.astype(values.dtype)  # comparing with floats is ten times slower
    n_gray = np.count_nonzero((values > dark) & (values < bright))
    if low == high or n_gray > GRAY_SHARE * values.size:
        return None
    return values > middle
