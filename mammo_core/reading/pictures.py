"""Mammograms that come as PNG, JPEG, PGM or TIFF."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mammo_core.errors import UnreadableFile
from mammo_core.reading.limits import check_size
from mammo_core.types import Mammogram, Step

FORMATS = ("PNG", "JPEG", "PPM", "TIFF")
MAX_COLOR_SHARE = 0.02
"""Above this share of coloured pixels a picture is no X-ray image."""

DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    ArithmeticError,
    MemoryError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises on damaged files."""


def read_picture(path: Path) -> Mammogram:
    """The picture as a mammogram, stretched to [0, 1] and inverted where its background is bright.

    Raises:
        UnreadableFile: For another format, damage, several frames, color, or a size out of bounds.
    """
    header, stored = _decode(path)
    gray, steps = _to_single_channel(stored)
    pixels, stretched = _stretch(gray)
    pixels, inverted = _invert_where_background_is_bright(pixels)
    steps = (*steps, stretched, *inverted)
    return Mammogram(pixels=pixels, steps=steps, header=header)


def read_colors(path: Path) -> NDArray[np.uint8]:
    """The picture as it is, (rows, columns, 3), for those who want to see what was refused.

    Raises:
        UnreadableFile: As `read_picture`, color apart.
    """
    stored = _decode(path)[1]
    if stored.ndim == 3:
        return np.ascontiguousarray(stored[..., :3], np.uint8)
    pixels, _ = _stretch(stored)
    return np.repeat(np.rint(255 * pixels[..., None]).astype(np.uint8), 3, axis=2)


def read_picture_header(path: Path) -> dict[str, Any]:
    """What the file declares about itself, without its pixels.

    Raises:
        UnreadableFile: As `read_picture`, color apart.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=FORMATS) as image:
                return _describe(image)
        except DAMAGED as error:
            raise _unreadable(error) from error


def read_gray(path: Path) -> NDArray[Any]:
    """The gray values (rows, columns) as they are stored.

    Raises:
        UnreadableFile: As `read_picture`.
    """
    return _to_single_channel(_decode(path)[1])[0]


def _decode(path: Path) -> tuple[dict[str, Any], NDArray[Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=FORMATS) as image:
                header = _describe(image)
                plain = image.mode in ("L", "RGB", "F") or image.mode.startswith("I")
                return header, np.asarray(image if plain else image.convert("RGB"))
        except DAMAGED as error:
            raise _unreadable(error) from error


def _holds_more(image: Image.Image) -> bool:
    """Whether a second picture follows; the chain of all is not walked, which may be endless."""
    try:
        image.seek(1)
    except EOFError:
        return False
    return True


def _describe(image: Image.Image) -> dict[str, Any]:
    check_size(image.height, image.width)
    if _holds_more(image):
        raise UnreadableFile("Expected one picture, the file holds several")
    return {
        "kind": image.format,
        "rows": image.height,
        "columns": image.width,
        "frames": 1,
        "samples": len(image.getbands()),
    }


def _to_single_channel(stored: NDArray[Any]) -> tuple[NDArray[Any], tuple[Step, ...]]:
    if stored.ndim == 2:
        return stored, ()
    sample = stored[::4, ::4].astype(np.int16)
    colored = float(np.mean(np.ptp(sample, axis=-1) > 12))
    if colored > MAX_COLOR_SHARE:
        raise UnreadableFile(f"Expected a gray picture, got color in {colored:.0%} of the pixels")
    return np.ascontiguousarray(stored[..., 1]), (Step("Take one channel", "RGB without color"),)


def _stretch(gray: NDArray[Any]) -> tuple[NDArray[np.float32], Step]:
    if gray.dtype.kind == "f":
        gray = np.nan_to_num(gray, posinf=0, neginf=0)
    low, high = float(gray.min()), float(gray.max())
    pixels = gray.astype(np.float32)
    pixels -= np.float32(low)
    pixels *= np.float32(1 / ((high - low) or 1))
    return pixels, Step("Stretch", f"{gray.dtype} values {low:g} to {high:g} to 0 to 1")


def _invert_where_background_is_bright(
    pixels: NDArray[np.float32],
) -> tuple[NDArray[np.float32], tuple[Step, ...]]:
    share = bright_border_share(pixels)
    if share < 0.5:
        return pixels, ()
    detail = f"{share:.0%} of the border is bright: an inverted film"
    return np.float32(1) - pixels, (Step("Invert", detail),)


def bright_border_share(pixels: NDArray[np.float32]) -> float:
    """The share of the border that lies above 0.7, on the outermost 2 % of the four sides.

    A frame further in counts where less of it is bright: a cassette's edge is no background.
    """
    rows, columns = (side // 14 for side in pixels.shape)
    inner = pixels[rows : len(pixels) - rows, columns : pixels.shape[1] - columns]
    return min(_frame_share(pixels), _frame_share(inner))


def _frame_share(pixels: NDArray[np.float32]) -> float:
    rows, columns = (max(side // 50, 1) for side in pixels.shape)
    strips = (pixels[:rows], pixels[-rows:], pixels[:, :columns], pixels[:, -columns:])
    return float(np.mean(np.concatenate([strip.ravel() for strip in strips]) > 0.7))


def _unreadable(error: BaseException) -> UnreadableFile:
    known = "DICOM, PNG, JPEG, PGM or TIFF"
    if isinstance(error, Image.UnidentifiedImageError):
        return UnreadableFile(f"Expected {known}, got a file of another kind")
    return UnreadableFile(
        f"Expected {known}, the file is damaged ({type(error).__name__}: {error})"
    )
