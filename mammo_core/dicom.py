"""From a file to a mammogram: DICOM here, ordinary pictures by `mammo_core.pictures`."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from mammo_core.errors import UnreadableFile
from mammo_core.header import DAMAGED, describe_header, quiet, read_value
from mammo_core.limits import (
    check_file_bytes,
    check_inflated_size,
    check_size,
    check_stream_size,
)
from mammo_core.pictures import read_picture, read_picture_header
from mammo_core.types import Mammogram, Step
from mammo_core.voi import to_gray


def read_mammogram(path: str | Path) -> Mammogram:
    """The image in a file, bright = dense and background 0, with every step that was taken.

    Args:
        path: DICOM, PNG (8 or 16 bit), JPEG, PGM or TIFF.

    Raises:
        UnreadableFile: Where it is missing, damaged, of another kind, in color, has several frames
            or declares a size that no mammogram has.
    """
    path = Path(path)
    try:
        if not is_dicom(path):
            return read_picture(path)
        with quiet():
            return _read_dicom(path)
    except UnreadableFile as error:
        raise UnreadableFile(f"{path.name}: {error}") from error


def read_header(path: str | Path) -> dict[str, Any]:
    """What a file tells without its pixels: size, kind, and for DICOM view, side, spacing, ...

    Raises:
        UnreadableFile: Where it is missing, damaged or of another kind.
    """
    path = Path(path)
    try:
        if not is_dicom(path):
            return read_picture_header(path)
        with quiet():
            return describe_header(_load(path, stop_before_pixels=True))
    except UnreadableFile as error:
        raise UnreadableFile(f"{path.name}: {error}") from error


def is_dicom(path: Path) -> bool:
    """Whether the file has DICOM's prefix.

    Raises:
        UnreadableFile: Where it is missing, cannot be opened, is empty or too large.
    """
    try:
        check_file_bytes(path.stat().st_size)
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except FileNotFoundError:
        raise UnreadableFile("Expected a file, found none") from None
    except OSError as error:
        raise UnreadableFile(f"Cannot be opened: {error.strerror or error}") from error


def read_stored(path: Path) -> tuple[NDArray[np.integer], Dataset]:
    """A DICOM file's values as they are stored, (H, W), and its data set.

    Raises:
        UnreadableFile: As `read_mammogram`.
    """
    ds = _load(path)
    header = describe_header(ds)
    _check_declared(ds, header)
    return _decode(ds, header), ds


def _read_dicom(path: Path) -> Mammogram:
    stored, ds = read_stored(path)
    header = describe_header(ds)
    pixels, steps = to_gray(stored, ds)
    decoded = Step("Decode", f"{header['rows']} x {header['columns']}, {header['bits_stored']} bit")
    return Mammogram(
        pixels=pixels,
        laterality=header["laterality"],
        view=header["view"],
        pixel_spacing_mm=header["pixel_spacing_mm"],
        manufacturer=header["manufacturer"],
        steps=(decoded, *steps),
        header=header,
    )


def _load(path: Path, *, stop_before_pixels: bool = False) -> Dataset:
    """The data set, a deflated one only after its size was counted."""
    try:
        with path.open("rb") as file:
            meta = pydicom.filereader.read_file_meta_info(path)
            if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
                file.seek(144 + int(meta.FileMetaInformationGroupLength))
                check_inflated_size(file)
                file.seek(0)
            return cast(Dataset, pydicom.dcmread(file, stop_before_pixels=stop_before_pixels))
    except DAMAGED as error:
        # pydicom quotes header bytes, which may be a name: only the kind of fault is told.
        raise UnreadableFile(f"The DICOM header is damaged ({type(error).__name__})") from error


def _check_declared(ds: Dataset, header: dict[str, Any]) -> None:
    """Refuse what the header promises before anything is decoded."""
    if not header["has_pixels"]:
        raise UnreadableFile("Expected an image, the DICOM object holds no pixels")
    if header["frames"] != 1:
        raise UnreadableFile(f"Expected one frame, the header declares {header['frames']:,}")
    if header["samples"] != 1:
        raise UnreadableFile(
            f"Expected one gray channel, the header declares {header['samples']} (color)"
        )
    check_size(header["rows"], header["columns"])
    check_stream_size(read_value(ds, "PixelData") or b"", header["rows"], header["columns"])


def _decode(ds: Dataset, header: dict[str, Any]) -> NDArray[np.integer]:
    if header["transfer_syntax"] in (JPEGLSLossless, JPEGLSNearLossless):
        ds.pixel_array_options(decoding_plugin="pyjpegls")  # four times as fast as pylibjpeg
    try:
        stored: NDArray[np.integer] = ds.pixel_array
    except DAMAGED as error:
        raise UnreadableFile(
            "No installed decoder reads these pixels (transfer syntax "
            f"{_name_syntax(header['transfer_syntax'])}): they are damaged, or need converting to "
            "another syntax first"
        ) from error
    if stored.shape != (header["rows"], header["columns"]):
        raise UnreadableFile(f"Expected one gray image, the pixels decode to {stored.shape}")
    return stored


def _name_syntax(syntax: str | None) -> str:
    return f"{syntax}, {UID(syntax).name}" if syntax else "missing"
