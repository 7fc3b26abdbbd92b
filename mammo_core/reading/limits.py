"""How much a file may declare before anything is allocated for it."""

import zlib
from io import BytesIO
from typing import BinaryIO

from mammo_core.errors import UnreadableFile

MIN_SIDE = 32
MAX_SIDE = 16_384
MAX_PIXELS = 64_000_000
MAX_FILE_BYTES = 512_000_000
MAX_INFLATED_BYTES = 2 * MAX_PIXELS + 16_000_000
"""The largest image of 16 bits and a generous header: more would take too long."""
MAX_TAIL = 16
"""Bytes behind a deflated data set: the one that makes their number even (PS3.5 A.5), or a few."""


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


def inflate(file: BinaryIO) -> BytesIO:
    """A deflated data set as it was before.

    Args:
        file: Stands at the first deflated byte.

    Raises:
        UnreadableFile: Where it would be too large, is damaged, or more than padding follows it.
    """
    inflater, inflated = zlib.decompressobj(-zlib.MAX_WBITS), BytesIO()
    try:
        while not inflater.eof and (piece := inflater.unconsumed_tail or file.read(65_536)):
            inflated.write(inflater.decompress(piece, 1_048_576))
            if inflated.tell() > MAX_INFLATED_BYTES:
                raise UnreadableFile(
                    f"The deflated data set inflates to more than {MAX_INFLATED_BYTES:,} bytes"
                )
    except zlib.error as error:
        raise UnreadableFile(f"The deflated data set is damaged: {error}") from error
    if not inflater.eof or len(inflater.unused_data + file.read(MAX_TAIL + 1)) > MAX_TAIL:
        raise UnreadableFile(
            "The deflated data set is damaged: it does not end where the file does"
        )
    inflated.seek(0)
    return inflated
