"""How much a file may declare before anything is allocated for it."""

import zlib
from typing import BinaryIO

from mammo_core.errors import UnreadableFile

MIN_SIDE = 32
MAX_SIDE = 16_384
MAX_PIXELS = 64_000_000
MAX_FILE_BYTES = 512_000_000
MAX_INFLATED_BYTES = 2 * MAX_PIXELS + 16_000_000
"""The largest image of 16 bits and a generous header: counting more would take too long."""


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
