"""How much a file may declare before anything is allocated for it."""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from mammo_core.errors import UnreadableFile

MIN_SIDE = 32
MAX_SIDE = 16_384
MAX_PIXELS = 64_000_000
MAX_FILE_BYTES = 512_000_000
MAX_INFLATED_BYTES = 256_000_000

START_OF_FRAME = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
"""Second bytes of the JPEG and JPEG-LS markers that carry an image's size."""


def check_size(rows: int, columns: int) -> None:
    """Refuse an image whose declared size no mammogram has.

    Raises:
        UnreadableFile: Where a side or the number of pixels is out of bounds.
    """
    if not (min(rows, columns) >= MIN_SIDE and max(rows, columns) <= MAX_SIDE):
        raise UnreadableFile(
            f"Expected {MIN_SIDE} to {MAX_SIDE} pixels a side, the file declares {rows} x {columns}"
        )
    if rows * columns > MAX_PIXELS:
        raise UnreadableFile(
            f"Expected at most {MAX_PIXELS:,} pixels, the file declares {rows} x {columns}"
        )


def check_file_bytes(size: int) -> None:
    """Refuse an empty file and one that is larger than any mammogram.

    Raises:
        UnreadableFile: Where `size` is 0 or beyond the limit.
    """
    if size == 0:
        raise UnreadableFile("Expected an image, the file is empty")
    if size > MAX_FILE_BYTES:
        raise UnreadableFile(f"Expected at most {MAX_FILE_BYTES:,} bytes, the file has {size:,}")


def check_stream_size(stream: bytes, rows: int, columns: int) -> None:
    """Refuse a compressed stream that declares another size than the header around it.

    Raises:
        UnreadableFile: Where both sizes are known and differ.
    """
    declared = read_stream_size(stream)
    if declared and declared != (rows, columns):
        raise UnreadableFile(
            f"The compressed stream declares {declared[0]} x {declared[1]} pixels, "
            f"the header {rows} x {columns}"
        )


def read_stream_size(stream: bytes) -> tuple[int, int] | None:
    """(rows, columns) that a JPEG, JPEG-LS or JPEG 2000 stream declares, None where it is none."""
    head = bytes(stream[:65_536])
    at = head.find(b"\xff\x4f\xff\x51")
    if 0 <= at <= len(head) - 24:
        right, bottom, left, top = struct.unpack(">IIII", head[at + 8 : at + 24])
        return bottom - top, right - left
    at = head.find(b"\xff\xd8\xff")
    if at < 0:
        return None
    for marker, segment in _segments(head, at + 2):
        if marker in START_OF_FRAME and len(segment) >= 5:
            rows, columns = struct.unpack(">HH", segment[1:5])
            return rows, columns
    return None


def check_inflated_size(file: BinaryIO) -> None:
    """Refuse a deflated data set that inflates beyond the limit, without holding it.

    Args:
        file: Stands at the first deflated byte.

    Raises:
        UnreadableFile: Where it is too large or damaged.
    """
    inflater, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        while piece := inflater.unconsumed_tail or file.read(65_536):
            total += len(inflater.decompress(piece, 1_048_576))
            if total > MAX_INFLATED_BYTES:
                raise UnreadableFile(
                    f"The deflated data set inflates to more than {MAX_INFLATED_BYTES:,} bytes"
                )
    except zlib.error as error:
        raise UnreadableFile(f"The deflated data set is damaged: {error}") from error


def _segments(head: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Each JPEG marker's second byte and content, from offset `at` on."""
    while at + 4 <= len(head) and head[at] == 0xFF:
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        yield head[at + 1], head[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)
