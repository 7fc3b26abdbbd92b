"""From encoded pixel data to the bit patterns that were stored: which decoder reads what."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder

from mammo_core.errors import UnreadableFile
from mammo_core.reading.elements import DAMAGED, Elements, read_value
from mammo_core.reading.pixel_layout import PixelLayout, read_layout
from mammo_core.reading.run_lengths import decode_runs
from mammo_core.reading.streams import close_stream, describe_stream, join_fragments, mend_scan
from mammo_core.reading.transfer_syntaxes import DCT, JPEG_LS, Syntax, find_syntax, name_syntax
from mammo_core.types import Step

Patterns = NDArray[np.unsignedinteger]


BIG_ENDIAN = "1.2.840.10008.1.2.2"
GRAY_WITHIN = 3
"""Channels of one gray picture differ by at most this after lossy compression, of 255."""
CHROMA_ZERO = 128
MENDERS = {DCT: mend_scan, JPEG_LS: close_stream}
"""What is put right in a stream before it is decoded, by the kinds that it may be of."""
MAX_TILES = 4096
"""Of JPEG 2000; OpenJPEG holds 13 kB a tile beside its pixels. Tiles of 256 x 256, the smallest in
use, cut 64 million pixels into 1000."""
COLOR = "Expected gray values, the image is in color"


@dataclass(frozen=True, eq=False)
class StoredPixels:
    """Stored values as bit patterns, which stand for numbers by the header's word.

    Attributes:
        patterns: (H, W) uint8 or uint16.
        bits: How many bits make a value, 1 to 16.
        shift: How far they lie above the lowest bit; what is above and below them is ignored.
        is_signed: Whether they are two's complement.
        steps: What was done beyond plain decoding.
    """

    patterns: Patterns
    bits: int
    shift: int = 0
    is_signed: bool = False
    steps: tuple[Step, ...] = ()

    @cached_property
    def levels(self) -> NDArray[np.float64]:
        """(2**bits,) the number that each pattern of `bits` bits stands for."""
        levels = np.arange(1 << self.bits, dtype=np.float64)
        if self.is_signed:
            levels[1 << (self.bits - 1) :] -= 1 << self.bits
        return levels

    def values(self) -> NDArray[np.int32]:
        """(H, W) the numbers themselves."""
        known = (self.patterns >> np.uint8(self.shift)) & ((1 << self.bits) - 1)
        return self.levels.astype(np.int32)[known]


def decode(ds: Dataset) -> StoredPixels:
    """The one gray image in a data set.

    Raises:
        UnreadableFile: Where it is damaged, in color, of several frames, of a size that no
            mammogram has, or of a transfer syntax that no installed decoder reads.
    """
    syntax, layout = find_syntax(ds), read_layout(Elements(ds))
    photometric, shift = layout.photometric, layout.shift
    if syntax.plugin:
        (decoded, photometric), shift = _decode_stream(ds, syntax, layout), 0
    elif syntax.package == "NumPy":
        decoded = _read_native(ds, syntax, layout)
    else:
        decoded = _read_runs(ds, layout)
    patterns, steps = _take_gray(decoded, photometric)
    return StoredPixels(patterns, layout.bits, shift, layout.is_signed, steps)


def _read_native(ds: Dataset, syntax: Syntax, layout: PixelLayout) -> Patterns:
    data = read_value(ds, "PixelData") or b""
    if layout.samples > 1 and layout.photometric.endswith(("_422", "_420")):
        raise UnreadableFile(COLOR)
    count, needed = layout.count, layout.count * layout.allocated // 8
    if len(data) < needed:
        raise UnreadableFile(
            f"The file is damaged: of {needed:,} bytes of pixels it holds {len(data):,}"
        )
    order = ">" if syntax.uid == BIG_ENDIAN else "<"
    if layout.allocated == 16:
        pixels = np.frombuffer(data, f"{order}u2", count)
        return np.ascontiguousarray(pixels, np.uint16).reshape(layout.shape)
    if order == ">" and ds["PixelData"].VR == "OW":  # bytes lie in swapped pairs (PS3.5 A.3)
        data = np.frombuffer(data, ">u2", len(data) // 2).astype("<u2").tobytes()
    return np.frombuffer(data, np.uint8, count).reshape(layout.shape)


def _read_runs(ds: Dataset, layout: PixelLayout) -> Patterns:
    size, width = layout.rows * layout.columns, layout.allocated // 8
    planes = decode_runs(_join(ds), width * layout.samples, size)
    if layout.samples > 1:
        return planes.reshape(-1, layout.rows, layout.columns)
    pixels = planes[0] if width == 1 else cv2.merge([planes[1], planes[0]]).view("<u2")
    return pixels.reshape(layout.rows, layout.columns)


def _join(ds: Dataset) -> bytes:
    stream = join_fragments(read_value(ds, "PixelData") or b"")
    if not stream:
        raise UnreadableFile("The file is damaged: its compressed pixels are cut off")
    return stream


def _decode_stream(ds: Dataset, syntax: Syntax, layout: PixelLayout) -> tuple[Patterns, str]:
    """(pixels, their photometric interpretation as decoded)."""
    stream = _join(ds)
    _check_stream(stream, syntax, layout)
    mend = MENDERS.get(syntax.kinds)
    stream = mend(stream) if mend else stream
    photometric = layout.photometric if layout.samples > 1 else "MONOCHROME2"
    try:
        decoded, told = _run(stream, syntax, layout, photometric)
        pixels = np.frombuffer(decoded, f"<u{len(decoded) // layout.count}", layout.count)
    except DAMAGED as error:
        raise UnreadableFile(
            f"The file is damaged: {syntax.package} cannot decode its pixels "
            f"(transfer syntax {name_syntax(syntax.uid)})"
        ) from error
    is_planar = layout.samples > 1 and told.get("planar_configuration") == 1
    shape = replace(layout, is_planar=is_planar).shape
    return pixels.reshape(shape), str(told.get("photometric_interpretation", photometric))


def _run(
    stream: bytes, syntax: Syntax, layout: PixelLayout, photometric: str
) -> tuple[bytes, dict[str, str | int]]:
    """What the decoder gives for a stream, by a header made right beforehand."""
    decoded, told = get_decoder(syntax.uid).as_buffer(
        encapsulate([stream], has_bot=False),
        decoding_plugin=syntax.plugin,
        index=0,
        pixel_keyword="PixelData",
        number_of_frames=1,
        rows=layout.rows,
        columns=layout.columns,
        samples_per_pixel=layout.samples,
        bits_allocated=layout.allocated,
        bits_stored=layout.bits,
        pixel_representation=int(layout.is_signed),
        planar_configuration=int(layout.is_planar),
        photometric_interpretation=photometric,
    )
    return cast(bytes, decoded), told


def _check_stream(stream: bytes, syntax: Syntax, layout: PixelLayout) -> None:
    """Refuse a stream that contradicts the header, before anything is allocated for it."""
    told = describe_stream(stream)
    if told is None or told.kind not in syntax.kinds:
        found = told.kind if told else "none that is known"
        raise UnreadableFile(
            f"The file is damaged: expected a stream of {' or '.join(syntax.kinds)} "
            f"(transfer syntax {name_syntax(syntax.uid)}), found {found}"
        )
    if (told.rows, told.columns) != (layout.rows, layout.columns):
        raise UnreadableFile(
            f"The compressed stream declares {told.rows} x {told.columns} pixels, "
            f"the header {layout.rows} x {layout.columns}"
        )
    if told.components != layout.samples:
        raise UnreadableFile(
            f"The compressed stream declares {told.components} channels, "
            f"the header {layout.samples}"
        )
    if not 2 <= told.bits <= layout.allocated:
        raise UnreadableFile(
            f"The compressed stream declares {told.bits} bits a value, "
            f"the header allocates {layout.allocated}"
        )
    if told.tiles > MAX_TILES:
        raise UnreadableFile(
            f"The compressed stream declares {told.tiles:,} tiles, expected at most {MAX_TILES:,}"
        )


def _take_gray(decoded: Patterns, photometric: str) -> tuple[Patterns, tuple[Step, ...]]:
    """The only channel, or the first of three that show the same."""
    if decoded.ndim == 2:
        return decoded, ()
    channels = decoded if decoded.shape[0] == 3 else np.moveaxis(decoded, -1, 0)
    first, *others = (channel.astype(np.int32) for channel in channels)
    is_ybr = photometric.startswith("YBR_FULL")
    aim = CHROMA_ZERO if is_ybr else first
    if any(np.abs(other - aim).max() > GRAY_WITHIN for other in others):
        raise UnreadableFile(COLOR)
    told = Step("Take one channel", "all three channels show the same gray")
    return np.ascontiguousarray(channels[0]), (told,)
