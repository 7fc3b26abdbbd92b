"""Small valid files of every kind that is read, and the lies that a hostile one may tell."""

import hashlib
import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

SHAPE = (64, 48)
N_ROWS = 12
"""Of a prediction table."""
NATIVE = (
    *(ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian),
    DeflatedExplicitVRLittleEndian,
)
PICTURES = ("PNG", "JPEG", "TIFF", "PPM")
COMPRESSED = (RLELossless, JPEGLSLossless, JPEG2000Lossless)

LIES = {
    "Rows": [0, 1, 31, 65_535],
    "Columns": [0, 1, 33, 65_535],
    "BitsAllocated": [0, 1, 8, 12, 32, 64, 65_535],
    "BitsStored": [0, 1, 7, 17, 65_535],
    "HighBit": [0, 15, 65_535],
    "PixelRepresentation": [1, 2],
    "SamplesPerPixel": [0, 3, 65_535],
    "NumberOfFrames": ["0", "-1", "2", "2147483647", "99999999999999", "x", ""],
    "PhotometricInterpretation": ["", "RGB", "MONOCHROME1", "PALETTE COLOR", "YBR_FULL", "X" * 99],
    "WindowCenter": ["nan", "1e400", "-1e308", "x", "1\\2\\3"],
    "WindowWidth": ["0", "-1", "nan", "1e-300", "inf", ""],
    "VOILUTFunction": ["SIGMOID", "LINEAR_EXACT", "NONSENSE"],
    "RescaleSlope": ["0", "nan", "1e308", "-1e308", "x"],
    "RescaleIntercept": ["nan", "1e308", "x"],
    "PixelPaddingValue": [0, 1, 65_535],
    "PresentationLUTShape": ["INVERSE", "NONSENSE"],
    "PixelSpacing": ["0\\0", "nan\\1", "-1", "x\\y", "1e-320\\1"],
    "ImagerPixelSpacing": ["0", "inf\\inf"],
    "EstimatedRadiographicMagnificationFactor": ["0", "nan", "1e-320"],
    "PatientAge": ["999Y", "xxxY", "-1Y"],
    "Modality": ["CT", "", "\x00\x01", "M" * 2000],
    "ImageLaterality": ["X", "LR", "\\"],
    "ViewPosition": ["NONSENSE", "\\\\\\"],
    "SpecificCharacterSet": ["ISO_IR 192", "NONSENSE", "\\ISO 2022 IR 87", "\\" * 50],
}
"""Values that contradict the pixels, the standard or reason, by keyword."""


def make_pixels():
    """(64, 48) uint16, a breast of sorts."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    distance = np.hypot((y - 32) / 26, x / 30)
    grain = np.random.default_rng(0).integers(0, 300, SHAPE)
    return np.where(distance < 1, 3000 - 1800 * distance + grain, 0).astype("<u2")


def make_dicom(syntax, lies=(), depth=0):
    """The bytes of a DICOM file in a syntax, with lies, and sequences nested so deep."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.2", "1.2.3"
    ds.Modality, ds.ImageLaterality, ds.ViewPosition = "MG", "L", "CC"
    ds.Rows, ds.Columns = SHAPE
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.WindowCenter, ds.WindowWidth = "2000", "3500"
    ds.PixelData = make_pixels().tobytes()
    ds["PixelData"].VR = "OW"
    if syntax in COMPRESSED:
        ds.compress(syntax, generate_instance_uid=False)
    ds.file_meta.TransferSyntaxUID = syntax
    nested = Dataset()
    for _ in range(depth):
        nested, inner = Dataset(), nested
        nested.ViewCodeSequence = Sequence([inner])
    if depth:
        ds.ViewCodeSequence = Sequence([nested])
    for keyword, value in lies:
        _tell(ds, keyword, value)
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, ds, enforce_file_format=True)
    return stream.getvalue()


def _tell(ds, keyword, value):
    """Set an element; texts go to the file as they are, whatever pydicom thinks of them."""
    if isinstance(value, int):
        setattr(ds, keyword, value)
        return
    tag, vr = Tag(keyword), pydicom.datadict.dictionary_VR(keyword)
    content = value.encode("latin-1") + b" " * (len(value) % 2)
    ds[tag] = RawDataElement(tag, vr, len(content), content, 0, False, True)


def make_picture(kind):
    """The bytes of a picture file."""
    pixels = make_pixels()
    stream = io.BytesIO()
    picture = Image.fromarray(pixels if kind == "PNG" else (pixels >> 4).astype(np.uint8))
    picture.save(stream, kind)
    return stream.getvalue()


def make_archive(names):
    """The bytes of a zip of small members with these names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"content " * 20)
    return stream.getvalue()


def make_table(separator=","):
    """The bytes of a table of paths and labels."""
    rows = [("path", "label", "patient_id", "laterality", "view", "split", "age")]
    rows += [(f"{n}.png", "ab"[n % 2], f"P{n // 2}", "L", "CC", "", str(50 + n)) for n in range(8)]
    return "\n".join(separator.join(row) for row in rows).encode()


def make_predictions(kind, cells=()):
    """The bytes of a prediction table with some values replaced.

    Args:
        kind: "parquet", or the encoding of a CSV.
        cells: (row, column, value).
    """
    frame = pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in range(N_ROWS)],
            "patient_id": [f"p{n // 2}" for n in range(N_ROWS)],
            "laterality": ["L", "R"] * (N_ROWS // 2),
            "label": ["a", "b", "b"] * (N_ROWS // 3),
            "p_a": [0.1 + n / 16 for n in range(N_ROWS)],
            "p_b": [0.9 - n / 16 for n in range(N_ROWS)],
            "density": [*"abcd"] * (N_ROWS // 4),
        },
        dtype=object,
    )
    for row, column, value in cells:
        frame.loc[row, column] = value
    if kind != "parquet":
        return frame.to_csv(index=False).encode(kind, "replace")
    stream = io.BytesIO()
    frame.astype(str).to_parquet(stream, index=False)
    return stream.getvalue()


lies = st.lists(
    st.sampled_from(sorted(LIES)).flatmap(
        lambda keyword: st.tuples(st.just(keyword), st.sampled_from(LIES[keyword]))
    ),
    max_size=3,
)
dicom_files = st.builds(
    make_dicom,
    st.sampled_from([*NATIVE, *COMPRESSED]),
    lies,
    st.sampled_from([0, 0, 0, 1, 30]),
)
pictures = st.sampled_from(PICTURES).map(make_picture)
names = st.sampled_from(
    [
        *("a.png", "b/c.dcm", "../evil", "/etc/evil", "C:\\evil", "a/../../evil", "CON", "a\0b"),
        *("x" * 300, "a/b/c/d/e.png", "inner.zip", "..", ".", "a.png", "A.PNG", "ü.png", "a:b"),
    ]
)
archives = st.lists(names, min_size=1, max_size=5).map(make_archive)
odd_values = st.sampled_from(
    [
        *("", " ", "nan", "inf", "-0", "1", "0", "1e-320", "0,5", "50%", "a", "b", "A", "\0", '"'),
        *("x" * 5000, "true", "\n", "i0", "p0", "ü\u202e", "0.30000000000000004", "1.0000001"),
    ]
)
columns = st.sampled_from(["image_id", "patient_id", "laterality", "label", "p_a", "p_b"])
cells = st.lists(st.tuples(st.integers(0, N_ROWS - 1), columns, odd_values), max_size=4)
prediction_tables = st.builds(
    make_predictions, st.sampled_from(["parquet", "utf-8", "utf-16", "latin-1"]), cells
)
tables = st.sampled_from([",", ";", "\t", "|"]).map(make_table)


class Content(bytes):
    """A file's bytes, which a failure doesn't print but keeps."""

    def __repr__(self):
        place = Path(tempfile.gettempdir()) / f"fuzz-{hashlib.sha256(self).hexdigest()[:8]}"
        place.write_bytes(self)
        return f"<{len(self)} bytes, kept in {place}>"


@st.composite
def damaged(draw, files):
    """A file's bytes with up to six changes: bits, bytes, lengths, ends and order."""
    content = bytearray(draw(files))
    for change in draw(st.lists(st.sampled_from(CHANGES), max_size=6)):
        if content:
            change(draw, content)
    return Content(content)


def _flip_bit(draw, content):
    content[_place(draw, content)] ^= 1 << draw(st.integers(0, 7))


def _overwrite(draw, content):
    at, new = _place(draw, content), draw(st.binary(min_size=1, max_size=8))
    content[at : at + len(new)] = new


def _lie_about_length(draw, content):
    at = _place(draw, content)
    size = draw(st.sampled_from([2, 4]))
    length = draw(st.sampled_from([0, 1, 0x7FFF, 0xFFFE, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF]))
    order = draw(st.sampled_from(["little", "big"]))
    content[at : at + size] = (length % 256**size).to_bytes(size, order)


def _truncate(draw, content):
    del content[_place(draw, content) :]


def _swap(draw, content):
    a, b, n = _place(draw, content), _place(draw, content), draw(st.integers(1, 40))
    first, second = bytes(content[a : a + n]), bytes(content[b : b + n])
    content[a : a + len(second)] = second
    content[b : b + len(first)] = first


def _repeat(draw, content):
    at, n = _place(draw, content), draw(st.integers(1, 200))
    content[at:at] = content[at : at + n] * draw(st.integers(1, 50))


def _place(draw, content):
    """More often in the first kilobyte, where headers are."""
    end = len(content) - 1
    return draw(st.one_of(st.integers(0, min(end, 1024)), st.integers(0, end)))


CHANGES = (_flip_bit, _overwrite, _lie_about_length, _truncate, _swap, _repeat)
