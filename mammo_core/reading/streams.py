"""What a compressed image stream says about itself, before anything is allocated for it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

ITEM = b"\xfe\xff\x00\xe0"
J2K_START = b"\xff\x4f\xff\x51"
JPEG_START = b"\xff\xd8\xff"
END = b"\xff\xd9"
HTJ2K_CAPABILITY = 1 << 17
"""Bit of Pcap that tells high-throughput JPEG 2000 (ISO/IEC 15444-15 A.3.7)."""
HEAD_BYTES = 65_536
"""The frame header lies within the first of them."""

FRAME_KINDS = {
    0xC0: "JPEG baseline",
    0xC1: "JPEG extended",
    0xC2: "JPEG progressive",
    0xC3: "JPEG lossless",
    0xF7: "JPEG-LS",
}
"""Second byte of the marker that opens a frame (ITU-T T.81 B.1.1.3, T.87 C.1.1)."""
OTHER_FRAMES = frozenset(range(0xC5, 0xD0)) - {0xC8, 0xCC}


@dataclass(frozen=True)
class Stream:
    """What the header of a JPEG, JPEG-LS or JPEG 2000 stream declares.

    Attributes:
        kind: One of FRAME_KINDS, "JPEG 2000", "HTJ2K", or "another JPEG".
        rows: Height in pixels.
        columns: Width in pixels.
        components: Channels.
        bits: Bits a value, of the channel that has the most.
        tiles: How many tiles of JPEG 2000 it is cut into.
    """

    kind: str
    rows: int
    columns: int
    components: int
    bits: int
    tiles: int = 1


def join_fragments(data: bytes) -> bytes | None:
    """The stream of a single frame, None where the items end early or are none.

    The first item is the offset table, which is often empty or wrong and never needed for one
    frame: all that follow belong to it (PS3.5 A.4).
    """
    fragments, at = [], 0
    while data[at : at + 4] == ITEM:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length
        if at > len(data):
            return None
        fragments.append(memoryview(data)[at - length : at])
    return b"".join(fragments[1:]) if len(fragments) > 1 else None


def describe_stream(stream: bytes) -> Stream | None:
    """What a stream declares, None where it is of no known kind."""
    head = bytes(stream[:HEAD_BYTES])
    starts = {kind: at for kind in (J2K_START, JPEG_START) if (at := head.find(kind)) >= 0}
    if not starts:
        return None
    first = min(starts, key=lambda kind: starts[kind])  # the other's bytes may lie in its data
    at = starts[first]
    if first == J2K_START:
        return _describe_j2k(head, at) if at <= len(head) - 43 else None
    for marker, _, segment in _segments(head, at + 2):
        if len(segment) >= 6 and (marker in FRAME_KINDS or marker in OTHER_FRAMES):
            bits, rows, columns, components = struct.unpack(">BHHB", segment[:6])
            kind = FRAME_KINDS.get(marker, "another JPEG")
            return Stream(kind, rows, columns, components, bits)
    return None


def mend_scan(stream: bytes) -> bytes:
    """A sequential JPEG stream whose scan covers all 64 coefficients, as it must.

    Some encoders of 12 bit JPEG write 0 to 0, which libjpeg of the IJG passes and others refuse
    (ITU-T T.81 B.2.3: in sequential modes the scan starts at 0 and ends at 63).
    """
    head = bytes(stream[:HEAD_BYTES])
    for marker, at, segment in _segments(head, 2):
        if marker == 0xDA and len(segment) >= 3:
            end = at + 4 + len(segment)
            return stream[: end - 3] + b"\x00\x3f\x00" + stream[end:]
    return stream


def close_stream(stream: bytes) -> bytes:
    """A JPEG-LS stream with an end: CharLS looks for that of a damaged one for many seconds."""
    return stream if stream.rstrip(b"\0").endswith(END) else stream + END


def _describe_j2k(head: bytes, at: int) -> Stream:
    """SIZ, and CAP after it where there is one (ISO/IEC 15444-1 A.5.1 and A.5.2)."""
    length = int.from_bytes(head[at + 4 : at + 6], "big")
    right, bottom, left, top = struct.unpack(">IIII", head[at + 8 : at + 24])
    grid = struct.unpack(">IIII", head[at + 24 : at + 40])
    components = int.from_bytes(head[at + 40 : at + 42], "big")
    depths = head[at + 42 : at + 42 + 3 * components : 3]
    behind = head[at + 4 + length : at + 12 + length]
    capabilities = int.from_bytes(behind[4:8], "big") if behind[:2] == b"\xff\x50" else 0
    kind = "HTJ2K" if capabilities & HTJ2K_CAPABILITY else "JPEG 2000"
    bits = max(((depth & 0x7F) + 1 for depth in depths), default=0)
    tiles = _count_tiles(right, bottom, *grid)
    return Stream(kind, bottom - top, right - left, components, bits, tiles)


def _count_tiles(right: int, bottom: int, width: int, height: int, left: int, top: int) -> int:
    """How many tiles of this size, the first at (left, top), reach to the image's far corner.

    A size of 0 is none: more tiles than any image has pixels (ISO/IEC 15444-1 B.3).
    """
    if not (width and height):
        return 1 << 32
    return -((left - right) // width) * -((top - bottom) // height)


def _segments(head: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """Each JPEG marker's second byte, its offset and its content, from offset `at` on."""
    while at + 4 <= len(head) and head[at] == 0xFF:
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        yield head[at + 1], at, head[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)
