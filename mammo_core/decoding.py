"""From encoded pixel data to the bit patterns that were stored: which decoder reads what."""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder
from pydicom.uid import UID

from mammo_core.elements import DAMAGED, Elements, read_value
from mammo_core.errors import UnreadableFile
from mammo_core.limits import check_size
from mammo_core.run_lengths import decode_runs
from mammo_core.streams import describe_stream, join_fragments, mend_scan
from mammo_core.types import Step

Patterns = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class Syntax:
    """A transfer syntax that is read.

    Attributes:
        uid: As the file names it.
        plugin: pydicom's name of the decoder; empty where the values are taken here.
        package: The package that decodes.
        kinds: Which streams may stand under this name, of `streams.Stream.kind`; empty for others.
    """

    uid: str
    plugin: str
    package: str
    kinds: tuple[str, ...] = ()


LIBJPEG, OPENJPEG = ("pylibjpeg", "pylibjpeg-libjpeg"), ("pylibjpeg", "pylibjpeg-openjpeg")
CHARLS, RUN_LENGTHS = ("pyjpegls", "pyjpegls"), ("", "Pillow")
DCT = ("JPEG baseline", "JPEG extended")

SYNTAXES = {
    syntax.uid: syntax
    for syntax in (
        Syntax("1.2.840.10008.1.2", "", "NumPy"),
        Syntax("1.2.840.10008.1.2.1", "", "NumPy"),
        Syntax("1.2.840.10008.1.2.1.99", "", "NumPy"),
        Syntax("1.2.840.10008.1.2.2", "", "NumPy"),
        Syntax("1.2.840.10008.1.2.5", *RUN_LENGTHS),
        Syntax("1.2.840.10008.1.2.4.50", *LIBJPEG, DCT),
        Syntax("1.2.840.10008.1.2.4.51", *LIBJPEG, DCT),
        Syntax("1.2.840.10008.1.2.4.57", *LIBJPEG, ("JPEG lossless",)),
        Syntax("1.2.840.10008.1.2.4.70", *LIBJPEG, ("JPEG lossless",)),
        Syntax("1.2.840.10008.1.2.4.80", *CHARLS, ("JPEG-LS",)),
        Syntax("1.2.840.10008.1.2.4.81", *CHARLS, ("JPEG-LS",)),
        Syntax("1.2.840.10008.1.2.4.90", *OPENJPEG, ("JPEG 2000",)),
        Syntax("1.2.840.10008.1.2.4.91", *OPENJPEG, ("JPEG 2000",)),
        Syntax("1.2.840.10008.1.2.4.201", *OPENJPEG, ("HTJ2K",)),
        Syntax("1.2.840.10008.1.2.4.202", *OPENJPEG, ("HTJ2K",)),
        Syntax("1.2.840.10008.1.2.4.203", *OPENJPEG, ("HTJ2K",)),
    )
}
"""What is read and by whom; the faster where several installed packages can."""

BIG_ENDIAN = "1.2.840.10008.1.2.2"
GRAY_WITHIN = 3
"""Channels of one gray picture differ by at most this after lossy compression, of 255."""
CHROMA_ZERO = 128


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


@dataclass(frozen=True)
class _Layout:
    """How the header says that pixels are stored."""

    rows: int
    columns: int
    samples: int
    allocated: int
    bits: int
    high_bit: int
    is_signed: bool
    is_planar: bool

    @property
    def shape(self) -> tuple[int, ...]:
        if self.samples == 1:
            return self.rows, self.columns
        if self.is_planar:
            return self.samples, self.rows, self.columns
        return self.rows, self.columns, self.samples


def decode(ds: Dataset) -> StoredPixels:
    """The one gray image in a data set.

    Raises:
        UnreadableFile: Where it is damaged, in color, of several frames, of a size that no
            mammogram has, or of a transfer syntax that no installed decoder reads.
    """
    header = Elements(ds)
    syntax = _find_syntax(ds)
    layout = _read_layout(header)
    photometric = _photometric(header)
    if syntax.plugin:
        decoded, photometric = _decode_stream(ds, syntax, layout, photometric)
    elif syntax.package == "NumPy":
        decoded = _read_native(ds, syntax, layout)
    else:
        decoded = _read_runs(ds, layout)
    patterns, steps = _take_gray(decoded, photometric)
    has_shift = not syntax.kinds and layout.bits - 1 <= layout.high_bit < layout.allocated
    shift = layout.high_bit - layout.bits + 1 if has_shift else 0
    return StoredPixels(patterns, layout.bits, shift, layout.is_signed, steps)


def name_syntax(uid: str) -> str:
    """A transfer syntax by UID and name."""
    name = UID(uid).name
    return f"{uid}, {name}" if name != uid else f"{uid}, unknown to DICOM"


def _find_syntax(ds: Dataset) -> Syntax:
    uid = str(getattr(ds, "file_meta", {}).get("TransferSyntaxUID") or "")
    if not uid:
        raise UnreadableFile("The file is damaged: it names no transfer syntax")
    if uid not in SYNTAXES:
        raise UnreadableFile(
            f"No installed decoder reads the transfer syntax {name_syntax(uid)}: convert the file "
            "to an uncompressed one first, for instance with dcmconv or gdcmconv --raw"
        )
    return SYNTAXES[uid]


def _read_layout(header: Elements) -> _Layout:
    rows, columns = header.integer("Rows", 0), header.integer("Columns", 0)
    if not (rows and columns):
        raise UnreadableFile("The header is damaged: it tells no Rows or no Columns")
    check_size(rows, columns)
    frames, samples = header.integer("NumberOfFrames", 1), header.integer("SamplesPerPixel", 1)
    if frames > 1:
        raise UnreadableFile(f"Expected one frame, the header declares {frames:,}")
    if _photometric(header) == "PALETTE COLOR":
        raise UnreadableFile("Expected gray values, the pixels are indices of a color palette")
    if samples not in (1, 3):
        raise UnreadableFile(f"Expected one gray channel, the header declares {samples}")
    allocated = header.integer("BitsAllocated", 16)
    if samples == 3 and allocated != 8:
        raise UnreadableFile(f"Expected one gray channel, got 3 of {allocated} bits")
    bits = header.integer("BitsStored", 0) or allocated
    if allocated not in (8, 16) or not 1 <= bits <= allocated:
        raise UnreadableFile(
            f"Expected 8 or 16 bits allocated and up to as many stored, the header declares "
            f"{allocated} and {bits}"
        )
    return _Layout(
        *(rows, columns, samples, allocated, bits),
        high_bit=header.integer("HighBit", bits - 1),
        is_signed=header.integer("PixelRepresentation", 0) == 1,
        is_planar=header.integer("PlanarConfiguration", 0) == 1,
    )


def _photometric(header: Elements) -> str:
    return header.word("PhotometricInterpretation")


def _read_native(ds: Dataset, syntax: Syntax, layout: _Layout) -> Patterns:
    data = read_value(ds, "PixelData") or b""
    count = int(np.prod(layout.shape))
    needed = count * layout.allocated // 8
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


def _read_runs(ds: Dataset, layout: _Layout) -> Patterns:
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


def _decode_stream(
    ds: Dataset, syntax: Syntax, layout: _Layout, photometric: str
) -> tuple[Patterns, str]:
    """(pixels, their photometric interpretation as decoded)."""
    stream = _join(ds)
    _check_stream(stream, syntax, layout)
    if syntax.kinds == DCT:
        stream = mend_scan(stream)
    photometric = photometric if layout.samples > 1 else "MONOCHROME2"
    try:
        decoded, told = _run(stream, syntax, layout, photometric)
        pixels = np.frombuffer(decoded, f"<u{len(decoded) // int(np.prod(layout.shape))}")
    except DAMAGED as error:
        raise UnreadableFile(
            f"The file is damaged: {syntax.package} cannot decode its pixels "
            f"(transfer syntax {name_syntax(syntax.uid)})"
        ) from error
    is_planar = layout.samples > 1 and told.get("planar_configuration") == 1
    shape = (layout.samples, layout.rows, layout.columns) if is_planar else layout.shape
    return pixels.reshape(shape), str(told.get("photometric_interpretation", photometric))


def _run(
    stream: bytes, syntax: Syntax, layout: _Layout, photometric: str
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


def _check_stream(stream: bytes, syntax: Syntax, layout: _Layout) -> None:
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


def _take_gray(decoded: Patterns, photometric: str) -> tuple[Patterns, tuple[Step, ...]]:
    """The only channel, or the first of three that show the same."""
    if decoded.ndim == 2:
        return decoded, ()
    channels = decoded if decoded.shape[0] == 3 else np.moveaxis(decoded, -1, 0)
    first, *others = (channel.astype(np.int32) for channel in channels)
    is_ybr = photometric.startswith("YBR_FULL")
    aim = CHROMA_ZERO if is_ybr else first
    if any(np.abs(other - aim).max() > GRAY_WITHIN for other in others):
        raise UnreadableFile("Expected gray values, the image is in color")
    told = Step("Take one channel", f"{photometric}: all three channels show the same gray")
    return np.ascontiguousarray(channels[0]), (told,)
