"""Gray pictures of a dataset's images for the browser: made once from the file, then kept."""

import hashlib
import io
import json
import threading
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.paths import state_folder, writing

if TYPE_CHECKING:  # NumPy takes a tenth of a second that the first page need not wait for
    import numpy as np
    from numpy.typing import NDArray

    from mammo_core.datasets import Dataset

_DECODING = threading.Semaphore(2)  # a gallery asks for dozens at once; pages must stay quick


@dataclass(frozen=True)
class PictureSize:
    """A size in which pictures are kept.

    Attributes:
        folder: Where they lie under .mammo/.
        height: Most rows, None for as many as the image has.
        quality: Of the JPEG.
    """

    folder: str
    height: int | None
    quality: int


THUMBNAIL = PictureSize("thumbnails", height=280, quality=85)
PREVIEW = PictureSize("previews", height=420, quality=88)
UPLOAD = PictureSize("uploads", height=1200, quality=90)
FULL = PictureSize("images", height=None, quality=94)


def find_picture(dataset: "Dataset", image_id: str, size: PictureSize) -> Path:
    """The JPEG of an image of the dataset, drawn on first use.

    Raises:
        MammoError: Where the image's file cannot be read or the picture cannot be written.
    """
    name = hashlib.sha256(image_id.encode()).hexdigest()[:24]
    path = state_folder() / size.folder / dataset.fingerprint / f"{name}.jpg"
    if not path.exists():
        with _DECODING:
            _draw(dataset.file_of(image_id), path, size)
    return path


def draw_stranger(file: Path, size: PictureSize) -> bytes:
    """A picture of a file that is not among a dataset's images; never kept on disk.

    Raises:
        MammoError: Where it can be read neither as a mammogram nor as another picture.
    """
    from mammo_core.dicom import is_dicom, read_mammogram
    from mammo_core.reading.pictures import read_colors

    with _DECODING:
        if is_dicom(file):
            return encode_jpeg(read_mammogram(file).pixels, size)
        return _encode(read_colors(file), size)


def read_gray_values(dataset: "Dataset", image_id: str) -> tuple[bytes, str]:
    """(an image's stored values as little-endian 16 bit, row by row; what they are, as JSON).

    Raises:
        MammoError: Where the image's file cannot be read.
    """
    from mammo_core.reading.original import read_original

    with _DECODING:
        original = read_original(dataset.file_of(image_id))
    facts = {
        "rows": original.values.shape[0],
        "columns": original.values.shape[1],
        **{field.name: getattr(original, field.name) for field in fields(original)[1:]},
    }
    return original.values.astype("<u2").tobytes(), json.dumps(facts)


def draw_outline(dataset: "Dataset", image_id: str) -> bytes | None:
    """A PNG of the lesions' outline, transparent elsewhere; None where no lesion is marked.

    Raises:
        MammoError: Where the mask cannot be read.
    """
    import numpy as np

    from mammo_core import overlays

    mask = dataset.read_mask(image_id)
    if mask is None:
        return None
    nothing = np.zeros((*mask.shape, 4), dtype=np.uint8)
    return overlays.encode_png(overlays.draw_outline(nothing, mask))


def _draw(source: Path, path: Path, size: PictureSize) -> None:
    from mammo_core.dicom import read_mammogram

    with writing(path) as temporary:
        temporary.write_bytes(encode_jpeg(read_mammogram(source).pixels, size))


def encode_jpeg(pixels: "NDArray[np.float32]", size: PictureSize = FULL) -> bytes:
    """A gray JPEG of (H, W) values in [0, 1]."""
    import numpy as np

    return _encode(np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8), size)


def _encode(values: "NDArray[np.uint8]", size: PictureSize) -> bytes:
    """A JPEG of (H, W) gray or (H, W, 3) color values."""
    from PIL import Image

    image = Image.fromarray(values)
    if size.height and image.height > size.height:
        width = max(1, round(image.width * size.height / image.height))
        image = image.resize((width, size.height), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=size.quality)
    return stream.getvalue()
