"""The scan of a header says what pydicom says, or leaves the word to pydicom."""

import io

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from mammo_core.reading.header import describe_header
from mammo_core.reading.header_scan import scan_header
from mammo_core.reading.header_tags import TAGS

LITTLE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)


def code(value, modifiers=()):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", "meaning"
    item.ViewModifierCodeSequence = [code(modifier) for modifier in modifiers]
    return item


def make_header():
    """A mammogram's header with nested sequences, private elements and letters beyond ASCII."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.2", "1.2.3"
    ds.Modality, ds.Manufacturer, ds.ImageLaterality = "MG", "Müller Röntgen", "R"
    ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
    ds.ImagerPixelSpacing, ds.PixelSpacing = [0.1, 0.1], [0.07, 0.07]
    ds.ViewCodeSequence = [code("399162004", ["399163009"])]
    ds.AnatomicRegionSequence = [code("76752008")]
    block = ds.private_block(0x0019, "MADE VENDOR", create=True)
    block.add_new(1, "LO", "private")
    block.add_new(2, "SQ", [code("1")])
    block.add_new(3, "OB", bytes(1000))
    ds.Rows, ds.Columns, ds.BitsStored, ds.SamplesPerPixel = 40, 32, 12, 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    return ds


def set_undefined_lengths(ds):
    for element in ds.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True


def write(ds, syntax=ExplicitVRLittleEndian, *, undefined=False, pixels=True):
    """The bytes of a file."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.2"
    ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    if pixels:
        ds.BitsAllocated, ds.HighBit, ds.PixelRepresentation = 16, 11, 0
        ds.PixelData = bytes(2 * 40 * 32)
        ds["PixelData"].VR = "OW"
        if syntax == JPEG2000Lossless:
            ds.PixelData = pydicom.encaps.encapsulate([bytes(100)])
    if undefined:
        set_undefined_lengths(ds)
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, ds, enforce_file_format=True)
    return stream.getvalue()


def read(content):
    return pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=list(TAGS))


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("syntax", [*LITTLE, JPEG2000Lossless])
def test_a_scan_finds_what_pydicom_reads(syntax, undefined):
    content = write(make_header(), syntax, undefined=undefined)
    scanned = scan_header(content, TAGS)
    theirs = read(content)
    assert scanned.has_pixels
    assert describe_header(scanned.dataset) == describe_header(theirs)
    for keyword in TAGS:
        assert scanned.dataset.get(keyword) == theirs.get(keyword)
    assert scanned.dataset.file_meta.TransferSyntaxUID == syntax


def test_pixels_that_are_not_there_are_told(tmp_path):
    ds = make_header()
    ds.add_new(0x7FE00008, "OF", bytes(8))
    assert not scan_header(write(ds, pixels=False), TAGS).has_pixels


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_other_syntaxes_are_left_to_pydicom(syntax):
    assert scan_header(write(make_header(), syntax), TAGS) is None


def test_a_header_that_is_longer_than_the_bytes_is_left_to_pydicom():
    content = write(make_header())
    end = content.index(b"\xe0\x7f\x10\x00")
    for length in range(0, end + 8, 5):
        assert scan_header(content[:length], TAGS) is None


def test_endless_nesting_is_left_to_pydicom():
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    sequence = b"\x08\x00\x15\x22SQ\0\0\xff\xff\xff\xff"
    content = write(make_header())
    start = content.index(b"\x08\x00\x05\x00CS")
    assert scan_header(content[:start] + (sequence + item) * 3000, TAGS) is None


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_header_is_scanned_as_pydicom_reads_it_or_not_at_all(data):
    content = bytearray(write(make_header(), data.draw(st.sampled_from(LITTLE))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 2600))
        content[at] = data.draw(st.integers(0, 255))
    scanned = scan_header(bytes(content), TAGS)
    if scanned:
        assert set(scanned.dataset.keys()) == set(read(bytes(content)).keys())
