"""One known picture in every way that DICOM has to store it: reading must undo each of them."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import jpeg_streams
import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

SHAPE = (64, 48)
KNOWN = np.zeros(SHAPE)
KNOWN[8:] = np.linspace(0, 1, 56 * 48).reshape(56, 48)
"""Air above a ramp over all grays; what reading each variant must give."""
STORED = np.rint(4095 * KNOWN).astype(int)
"""As 12 bit values, bright = dense."""
FULL_WINDOW = {"WindowCenter": 2048, "WindowWidth": 4096}


def data_set(stored=STORED, *, bits=12, **tags):
    """A mammogram of these values, (H, W), uncompressed."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    ds.SOPInstanceUID = "1.2.3"
    ds.Modality, ds.PatientName = "MG", "Secret^Name"
    ds.Rows, ds.Columns = stored.shape[:2]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = 8 if bits <= 8 else 16
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PixelRepresentation = int(stored.min() < 0)
    kind = f"{'i' if ds.PixelRepresentation else 'u'}{ds.BitsAllocated // 8}"
    ds.PixelData = stored.astype(f"<{kind}").tobytes()
    ds["PixelData"].VR = "OW"
    for name, value in tags.items():
        setattr(ds, name, value)
    return ds


def save(ds, path, syntax=ExplicitVRLittleEndian):
    """The file, its pixels encoded by pydicom where the syntax asks for that."""
    if ds.file_meta.TransferSyntaxUID.is_encapsulated:
        ds.save_as(path, enforce_file_format=True)
    elif syntax.is_encapsulated:
        ds.compress(syntax, generate_instance_uid=False)
        ds.save_as(path, enforce_file_format=True)
    else:
        ds.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
        pydicom.dcmwrite(
            path,
            ds,
            implicit_vr=syntax.is_implicit_VR,
            little_endian=syntax.is_little_endian,
            enforce_file_format=True,
        )
    return path


def wrap(ds, syntax, stream, fragments=1, offsets=None):
    """The data set around a compressed stream, cut into fragments, with any offset table."""
    size = -(-len(stream) // fragments) // 2 * 2 + 2
    parts = [stream[at : at + size] for at in range(0, len(stream), size)]
    table = b"" if offsets is None else np.array(offsets, "<u4").tobytes()
    items = [table, *(part + b"\0" * (len(part) % 2) for part in parts)]
    heads = (b"\xfe\xff\x00\xe0" + len(item).to_bytes(4, "little") for item in items)
    ds.PixelData = b"".join(head + item for head, item in zip(heads, items, strict=True))
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


def table(entries, first=0, bits=12, **tags):
    """The item of a look-up table sequence."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries) % 65_536, first, bits])
    item.add_new("LUTData", "US", [int(entry) for entry in entries])
    for name, value in tags.items():
        setattr(item, name, value)
    return item


def packed_table(kind, bits):
    """A table whose entries are bytes (OW), as pydicom and others write them."""
    item = table(range(1 << bits), bits=bits)
    item["LUTData"].VR = "OW"
    item["LUTData"].value = np.arange(1 << bits).astype(kind).tobytes()
    return item


def sequence(**tags):
    """A sequence of one item."""
    item = Dataset()
    for name, value in tags.items():
        setattr(item, name, value)
    return [item]


def jpeg8():
    buffer = io.BytesIO()
    Image.fromarray(np.rint(255 * KNOWN).astype(np.uint8)).save(buffer, "JPEG", quality=100)
    return buffer.getvalue()


def color_jpeg():
    buffer = io.BytesIO()
    gray = Image.fromarray(np.rint(255 * KNOWN).astype(np.uint8))
    gray.convert("RGB").save(buffer, "JPEG", quality=100)
    return buffer.getvalue()


def in_bits(bits):
    return data_set(np.rint((2**bits - 1) * KNOWN), bits=bits)


def colored(*, planar):
    gray = np.rint(255 * KNOWN).astype(np.uint8)
    ds = data_set(gray, bits=8, SamplesPerPixel=3, PhotometricInterpretation="RGB")
    ds.PlanarConfiguration = int(planar)
    ds.PixelData = np.stack([gray] * 3, 0 if planar else -1).tobytes()
    return ds


def sigmoid():
    """The inverse of the sigmoid, stored in 16 bits."""
    logits = np.log(np.clip(KNOWN, 2e-4, 1 - 2e-4) / (1 - np.clip(KNOWN, 2e-4, 1 - 2e-4)))
    tags = {"WindowCenter": 32_768, "WindowWidth": 14_000, "VOILUTFunction": "SIGMOID"}
    return data_set(np.rint(32_768 + 14_000 / 4 * logits), bits=16, **tags)


def padded(**tags):
    """Air stored as bright as can be, and called padding."""
    stored = np.rint(4000 * KNOWN)
    stored[:8] = np.arange(4050, 4050 + 8)[:, None] if "PixelPaddingRangeLimit" in tags else 4095
    return data_set(stored, WindowCenter=2000.5, WindowWidth=4001, **tags)


def by_groups():
    """Rescale and window in the functional groups, as objects of one frame in many may have it."""
    group = Dataset()
    group.PixelValueTransformationSequence = sequence(RescaleSlope=2, RescaleIntercept=-100)
    group.FrameVOILUTSequence = sequence(
        WindowCenter=4095 - 100, WindowWidth=8190, VOILUTFunction="LINEAR_EXACT"
    )
    below = np.where(KNOWN > 0, STORED, -500)
    return data_set(below, bits=16, SharedFunctionalGroupsSequence=[group])


def signed_padding():
    """Signed values where low is bright, the lowest being padding, its tag written unsigned."""
    ds = data_set(
        np.where(KNOWN > 0, np.maximum(2047 - STORED, -2047), -2048),
        PhotometricInterpretation="MONOCHROME1",
        WindowCenter=0,
        WindowWidth=4096,
    )
    ds.add_new("PixelPaddingValue", "US", 65_536 - 2048)
    return ds


def near_lossless():
    ds = data_set()
    ds.compress(JPEGLSNearLossless, jls_error=2, generate_instance_uid=False)
    return ds


def lossy_j2k():
    ds = data_set()
    ds.compress(JPEG2000, j2k_psnr=[70], generate_instance_uid=False)
    return ds


def broken_scan():
    """The scan header that some 12 bit encoders write: coefficients 0 to 0."""
    stream = bytearray(jpeg_streams.JPEG_EXTENDED)
    at = stream.index(b"\xff\xda\x00\x08")
    stream[at + 7 : at + 10] = bytes(3)
    return bytes(stream)


def lossless_stream():
    ds = data_set()
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    return pydicom.encaps.get_frame(ds.PixelData, 0, number_of_frames=1)


@dataclass(frozen=True)
class Variant:
    """One way to store the known picture.

    Attributes:
        name: What is special about it.
        make: Its data set.
        syntax: What `save` encodes it in.
        atol: How far pixels may lie from the known picture: half a stored level where the encoding
            is exact.
    """

    name: str
    make: Callable[[], Dataset]
    syntax: pydicom.uid.UID = ExplicitVRLittleEndian
    atol: float = 0.5 / 4095


def half_level(bits):
    return 0.5 / (2**bits - 1)


REVERSED = 4095 - STORED
BACKWARDS = range(4095, -1, -1)

GRAYS = (
    *(Variant(f"{b} bits", lambda b=b: in_bits(b), atol=half_level(b)) for b in (8, 10, 12, 14)),
    Variant("16 bits", lambda: in_bits(16), atol=half_level(16)),
    Variant("signed", lambda: data_set(STORED - 2048)),
    Variant("MONOCHROME1", lambda: data_set(REVERSED, PhotometricInterpretation="MONOCHROME1")),
    Variant(
        "MONOCHROME1 and INVERSE",
        lambda: data_set(
            REVERSED, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE"
        ),
    ),
    Variant("INVERSE alone", lambda: data_set(REVERSED, PresentationLUTShape="INVERSE")),
    Variant("IDENTITY", lambda: data_set(PresentationLUTShape="IDENTITY")),
    Variant(
        "presentation table",
        lambda: data_set(REVERSED, PresentationLUTSequence=[table(BACKWARDS)]),
    ),
    Variant("LINEAR", lambda: data_set(**FULL_WINDOW)),
    Variant("unknown function", lambda: data_set(**FULL_WINDOW, VOILUTFunction="CUBIC")),
    Variant(
        "LINEAR_EXACT",
        lambda: data_set(WindowCenter=2047.5, WindowWidth=4095, VOILUTFunction="LINEAR_EXACT"),
    ),
    Variant("SIGMOID", sigmoid, atol=5e-4),
    Variant(
        "signed, rescaled, windowed",
        lambda: data_set(
            STORED - 2048,
            RescaleSlope=2,
            RescaleIntercept=100,
            WindowCenter=99,
            WindowWidth=8190,
            VOILUTFunction="LINEAR_EXACT",
        ),
    ),
    Variant("negative slope", lambda: data_set(REVERSED, RescaleSlope=-1, RescaleIntercept=4095)),
    Variant("by functional groups", by_groups),
    Variant("modality table", lambda: data_set(REVERSED, ModalityLUTSequence=[table(BACKWARDS)])),
    Variant("VOI table", lambda: data_set(REVERSED, VOILUTSequence=[table(BACKWARDS)])),
    Variant(
        "VOI table of 8 bits",
        lambda: data_set(np.rint(255 * KNOWN), bits=8, VOILUTSequence=[table(range(256), bits=8)]),
        atol=half_level(8),
    ),
    Variant("VOI table of words", lambda: data_set(VOILUTSequence=[packed_table("<u2", 12)])),
    Variant(
        "VOI table of bytes",
        lambda: data_set(np.rint(255 * KNOWN), bits=8, VOILUTSequence=[packed_table("u1", 8)]),
        atol=half_level(8),
    ),
    Variant(
        "VOI table before a window",
        lambda: data_set(REVERSED, VOILUTSequence=[table(BACKWARDS)], **FULL_WINDOW),
    ),
    Variant(
        "VOI table that starts late",
        lambda: data_set(STORED // 2 + 1000, VOILUTSequence=[table(range(2048), 1000, 11)]),
        atol=1 / 2047,
    ),
    Variant(
        "VOI table of signed values",
        lambda: data_set(STORED - 2048, VOILUTSequence=[table(range(4096), 65_536 - 2048)]),
    ),
    Variant(
        "VOI table of 12 bits called 16",
        lambda: data_set(VOILUTSequence=[table(range(4096), 0, 16)]),
    ),
    Variant(
        "normal table of three",
        lambda: data_set(
            VOILUTSequence=[
                table([0] * 4095 + [4095], LUTExplanation="HARDER"),
                table(range(4096), LUTExplanation="Normal"),
                table([4095] * 4096, LUTExplanation="SOFTER"),
            ]
        ),
    ),
    Variant(
        "normal window of three",
        lambda: data_set(
            WindowCenter=[1, 2048, 9],
            WindowWidth=[2, 4096, 9],
            WindowCenterWidthExplanation=["HARDER", "NORMAL", "SOFTER"],
        ),
    ),
    Variant(
        "first usable window",
        lambda: data_set(WindowCenter=[5, 2048, 9], WindowWidth=[0, 4096, 9]),
    ),
    Variant("center without width", lambda: data_set(WindowCenter=5)),
    Variant("padding", lambda: padded(PixelPaddingValue=4095), atol=half_level(11)),
    Variant(
        "range of padding",
        lambda: padded(PixelPaddingValue=4095, PixelPaddingRangeLimit=4050),
        atol=half_level(11),
    ),
    Variant("signed padding", signed_padding, atol=1.5 / 4095),
    Variant("padding that no value has", lambda: data_set(PixelPaddingValue=9000)),
    Variant("overlay in unused bits", lambda: data_set(STORED | 0xA000)),
    Variant("high bits", lambda: data_set(STORED << 4 | 5, HighBit=15)),
    Variant("no photometric interpretation", lambda: data_set(PhotometricInterpretation="")),
    Variant("YBR for one channel", lambda: data_set(PhotometricInterpretation="YBR_FULL")),
    Variant("gray in RGB", lambda: colored(planar=False), atol=half_level(8)),
    Variant("gray in planes", lambda: colored(planar=True), atol=half_level(8)),
)
"""By gray values, uncompressed."""

ENCODINGS = (
    *(
        Variant(syntax.name, data_set, syntax)
        for syntax in (
            *(ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian),
            *(DeflatedExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless),
        )
    ),
    Variant("8 bit big endian", lambda: in_bits(8), ExplicitVRBigEndian, half_level(8)),
    Variant(
        "VOI table of big endian words",
        lambda: data_set(VOILUTSequence=[packed_table(">u2", 12)]),
        ExplicitVRBigEndian,
    ),
    Variant("8 bit RLE", lambda: in_bits(8), RLELossless, half_level(8)),
    Variant("8 bit JPEG-LS", lambda: in_bits(8), JPEGLSLossless, half_level(8)),
    Variant("8 bit JPEG 2000", lambda: in_bits(8), JPEG2000Lossless, half_level(8)),
    Variant("16 bit RLE", lambda: in_bits(16), RLELossless, half_level(16)),
    Variant("16 bit JPEG-LS", lambda: in_bits(16), JPEGLSLossless, half_level(16)),
    Variant("16 bit JPEG 2000", lambda: in_bits(16), JPEG2000Lossless, half_level(16)),
    Variant("signed RLE", lambda: data_set(STORED - 2048), RLELossless),
    Variant("signed JPEG 2000", lambda: data_set(STORED - 2048), JPEG2000Lossless),
    Variant("high bits in RLE", lambda: data_set(STORED << 4 | 5, HighBit=15), RLELossless),
    Variant("RGB in RLE", lambda: colored(planar=False), RLELossless, half_level(8)),
    Variant("RGB in JPEG 2000", lambda: colored(planar=False), JPEG2000Lossless, half_level(8)),
    Variant("JPEG-LS near-lossless", near_lossless, atol=2.6 / 4095),
    Variant("JPEG 2000 lossy", lossy_j2k, atol=12 / 4095),
    *(
        Variant(syntax.name, lambda s=syntax, b=stream: wrap(data_set(), s, b), atol=atol)
        for syntax, stream, atol in (
            (JPEGExtended12Bit, jpeg_streams.JPEG_EXTENDED, 2.6 / 4095),
            (JPEGLossless, jpeg_streams.JPEG_LOSSLESS, half_level(12)),
            (JPEGLosslessSV1, jpeg_streams.JPEG_LOSSLESS_SV1, half_level(12)),
            (HTJ2KLossless, jpeg_streams.HTJ2K, half_level(12)),
            (HTJ2KLosslessRPCL, jpeg_streams.HTJ2K, half_level(12)),
            (HTJ2K, jpeg_streams.HTJ2K, half_level(12)),
        )
    ),
    Variant(
        "JPEG extended with a wrong scan",
        lambda: wrap(data_set(), JPEGExtended12Bit, broken_scan()),
        atol=2.6 / 4095,
    ),
    Variant("JPEG baseline", lambda: wrap(in_bits(8), JPEGBaseline8Bit, jpeg8()), atol=2.6 / 255),
    Variant(
        "JPEG baseline called extended",
        lambda: wrap(in_bits(8), JPEGExtended12Bit, jpeg8()),
        atol=2.6 / 255,
    ),
    Variant(
        "gray JPEG called YBR",
        lambda: wrap(
            data_set(STORED // 16, bits=8, PhotometricInterpretation="YBR_FULL_422"),
            JPEGBaseline8Bit,
            jpeg8(),
        ),
        atol=2.6 / 255,
    ),
    Variant(
        "gray in a color JPEG",
        lambda: wrap(
            data_set(
                STORED // 16, bits=8, PhotometricInterpretation="YBR_FULL_422", SamplesPerPixel=3
            ),
            JPEGBaseline8Bit,
            color_jpeg(),
        ),
        atol=2.6 / 255,
    ),
    Variant("no offset table", lambda: wrap(data_set(), JPEG2000Lossless, lossless_stream())),
    Variant(
        "wrong offset table",
        lambda: wrap(data_set(), JPEG2000Lossless, lossless_stream(), 1, [0, 77, 9_999]),
    ),
    Variant("several fragments", lambda: wrap(data_set(), JPEG2000Lossless, lossless_stream(), 5)),
    Variant(
        "several fragments, wrong table",
        lambda: wrap(data_set(), JPEG2000Lossless, lossless_stream(), 5, [0, 30, 60, 90]),
    ),
)
"""By transfer syntax and by the way that streams are packed."""
