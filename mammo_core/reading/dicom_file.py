"""Opening a DICOM file: its data set whole or without pixels, and whether it was cut off."""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID

from mammo_core.errors import UnreadableFile
from mammo_core.reading.elements import DAMAGED, Elements
from mammo_core.reading.header_scan import scan_header
from mammo_core.reading.limits import check_file_bytes, inflate
from mammo_core.reading.metered_file import MAX_HEADER_BYTES, MeteredFile

PIXEL_DATA = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")
"""The tag (7FE0,0010) in either byte order."""
DEFLATED, PLAIN = b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.1\0\0\0"
"""The deflated transfer syntax, and the one that it is of once it was inflated."""
DAMAGED_HEADER = "The header is damaged: it ends early or contradicts itself"
"""Nothing else is told: pydicom quotes header bytes, which may be a name."""
META_BYTES = 1024
"""The transfer syntax lies within the first of them."""
HEAD_BYTES = 65_536
"""Most headers end within the first of them."""


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


def load_header(path: Path) -> tuple[Dataset, bool]:
    """(the data set without its pixels, whether pixels follow it).

    Raises:
        UnreadableFile: Where the header is damaged or inflates beyond the limit.
    """
    try:
        with path.open("rb") as file:
            return _parse(file, None)
    except DAMAGED as error:
        raise UnreadableFile(DAMAGED_HEADER) from error


def load_elements(path: Path, keywords: list[str]) -> tuple[Dataset, bool]:
    """(a data set of these elements alone, whether pixels follow it), several times as fast.

    Raises:
        UnreadableFile: As `load_header`.
    """
    try:
        with path.open("rb") as file:
            if scanned := scan_header(file.read(HEAD_BYTES), keywords):
                return scanned
            file.seek(0)
            return _parse(file, keywords)
    except DAMAGED as error:
        raise UnreadableFile(DAMAGED_HEADER) from error


def load_whole(path: Path) -> Dataset:
    """The data set with its pixels, not yet decoded.

    Raises:
        UnreadableFile: Where it is damaged, inflates beyond the limit, or holds no pixels.
    """
    try:
        with path.open("rb") as file:
            plain, is_inflated = _open_plain(file)
            _read(plain, None)  # its size is judged before its values are held
            plain.seek(0)
            ds = _name_syntax(pydicom.dcmread(MeteredFile(plain, None)), is_inflated)
    except DAMAGED as error:
        raise UnreadableFile(DAMAGED_HEADER) from error
    if "PixelData" not in ds:
        raise UnreadableFile(_explain_absence(path))
    return ds


def _parse(file: BinaryIO, keywords: list[str] | None) -> tuple[Dataset, bool]:
    """All elements before the pixels where no keywords are given."""
    plain, is_inflated = _open_plain(file)
    ds = _name_syntax(_read(plain, keywords), is_inflated)
    return ds, plain.read(4) in PIXEL_DATA


def _read(file: BinaryIO, keywords: list[str] | None) -> Dataset:
    """What stands before the pixels, within the limits of a header."""
    metered = MeteredFile(file, MAX_HEADER_BYTES)
    ds = pydicom.dcmread(metered, stop_before_pixels=True, specific_tags=keywords)
    return cast(Dataset, ds)


def _explain_absence(path: Path) -> str:
    """Why a data set has no pixels: pydicom drops what a file's end cuts off without a word."""
    header, has_pixels = load_header(path)
    if has_pixels:
        return "The file is damaged: it ends within its pixel data"
    if Elements(header).integer("Rows", 0):
        return "The file is damaged: its header describes an image, but no pixel data follow"
    return "Expected an image, the DICOM object holds no pixels"


def _open_plain(file: BinaryIO) -> tuple[BinaryIO, bool]:
    """(the file, or one in memory with its data set inflated, whether it is the latter)."""
    head = file.read(META_BYTES)
    end = 144 + int.from_bytes(head[140:144], "little")  # DICOM PS3.10, 7.1
    is_deflated = DEFLATED in head[:end]
    if not is_deflated:
        file.seek(0)
        return file, False
    file.seek(end)
    inflated = inflate(file)
    return BytesIO(head[:end].replace(DEFLATED, PLAIN) + inflated.getbuffer()), True


def _name_syntax(ds: Dataset, is_inflated: bool) -> Dataset:
    """The data set, by its file's own transfer syntax."""
    if is_inflated:
        ds.file_meta.TransferSyntaxUID = UID(DEFLATED.decode())
    return ds
