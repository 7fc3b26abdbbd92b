"""Files that lie about themselves, each with a word of the reason that it must be refused for."""

import struct
import zlib

import numpy as np
from dataset_trees import write_dicom
from fuzz_seeds import make_dicom, make_picture
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, JPEG2000Lossless


def truncated():
    """A header that ends in the middle of an element."""
    return make_dicom(ExplicitVRLittleEndian)[:400]


def cut_stream():
    """A compressed stream of which half is missing."""
    content = make_dicom(JPEG2000Lossless)
    return content[: content.index(b"\xff\x4f\xff\x51") + 300]


def empty():
    """Nothing at all."""
    return b""


def text():
    """A text."""
    return b"dear colleague, " * 100


def huge_picture():
    """A PGM that declares 60,000 x 60,000 pixels."""
    return b"P5 60000 60000 65535\n" + bytes(1000)


def huge_png():
    """A PNG that declares 60,000 x 60,000 pixels."""
    content = make_picture("PNG")
    header = b"IHDR" + struct.pack(">II", 60_000, 60_000) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


def huge_dicom():
    """A DICOM file that declares 60,000 x 60,000 pixels."""
    return make_dicom(ExplicitVRLittleEndian, [("Rows", 60_000), ("Columns", 60_000)])


def many_frames():
    """A DICOM file that declares two billion frames."""
    return make_dicom(ExplicitVRLittleEndian, [("NumberOfFrames", "2000000000")])


def huge_stream():
    """A JPEG 2000 stream that declares 60,000 x 60,000 pixels under a small header."""
    content = bytearray(make_dicom(JPEG2000Lossless))
    at = content.index(b"\xff\x4f\xff\x51")
    content[at + 8 : at + 16] = struct.pack(">II", 60_000, 60_000)
    return bytes(content)


def inflating():
    """A small deflated data set that inflates to 600 megabytes."""
    content = make_dicom(DeflatedExplicitVRLittleEndian)
    start = 144 + int.from_bytes(content[140:144], "little")
    packer, piece = zlib.compressobj(1, wbits=-zlib.MAX_WBITS), bytes(10_000_000)
    return content[:start] + b"".join(packer.compress(piece) for _ in range(60)) + packer.flush()


def nested():
    """Three thousand sequences in one another, of undefined length."""
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    sequence = b"\x54\x00\x20\x02SQ\0\0\xff\xff\xff\xff"
    content = make_dicom(ExplicitVRLittleEndian)
    start = 144 + int.from_bytes(content[140:144], "little")
    return content[:start] + (sequence + item) * 3000


BAD_FILES = {
    maker.__name__: maker
    for maker in (
        *(truncated, empty, text, huge_picture, huge_png, huge_dicom, many_frames),
        *(huge_stream, inflating, nested, cut_stream),
    )
}
SEEN_IN_HEADERS = {"truncated", "empty", "text", "huge_picture", "huge_png", "huge_dicom"} | {
    *("many_frames", "inflating", "nested")
}
"""What an index refuses; the others have sound headers and fall when their pixels are read."""


def write_good_files(root):
    """Two files of each of two classes that an index takes."""
    for n in range(4):
        content = np.random.default_rng(n).integers(0, 255, 40 * 32, dtype=np.uint8)
        file = root / ("normal", "malignant")[n % 2] / f"good{n}.dcm"
        write_dicom(file, InstanceNumber=n, PixelData=content.tobytes())
    return root
