"""Files made to fill the memory or to take minutes are refused, or read, within a moment."""

import struct
import time
import zlib

import pytest
from dicom_variants import SHAPE, data_set, lossless_stream, save, wrap
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless

from mammo_core.dicom import read_header, read_mammogram
from mammo_core.errors import UnreadableFile
from mammo_core.reading.streams import describe_stream

EMPTY_ITEM = struct.pack("<HHL", 0xFFFE, 0xE000, 0)
GROUPS = 0x5200, 0x9229
CHARACTER_SET = 0x0008, 0x0005
QUICK_S = 5
"""What each of these took many times over."""


@pytest.fixture
def in_time():
    """Fails where a test takes longer than anybody should wait for one file."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < QUICK_S


def insert(path, element):
    """Put an element's bytes before the pixels of a file."""
    data = path.read_bytes()
    at = data.rindex(b"\xe0\x7f\x10\x00")
    path.write_bytes(data[:at] + element + data[at:])
    return path


def sequence_of(n_items, *, is_bounded):
    """The shared functional groups of so many empty items."""
    length = 8 * n_items if is_bounded else 0xFFFFFFFF
    end = b"" if is_bounded else struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    return struct.pack("<HH2sHL", *GROUPS, b"SQ", 0, length) + EMPTY_ITEM * n_items + end


def refuse(path, told):
    """Both readers refuse the file, with this said."""
    for read in (read_header, read_mammogram):
        with pytest.raises(UnreadableFile, match=told):
            read(path)


def test_what_follows_a_deflated_data_set_is_not_read(tmp_path, in_time):
    path = save(data_set(), tmp_path / "image.dcm", DeflatedExplicitVRLittleEndian)
    with path.open("ab") as file:
        file.write(bytes(40_000_000))
    refuse(path, "does not end where the file does")


@pytest.mark.parametrize("padding", [b"", b"\0", b"\0" * 4])
def test_padding_behind_a_deflated_data_set_is_no_fault(tmp_path, padding):
    path = save(data_set(), tmp_path / "image.dcm", DeflatedExplicitVRLittleEndian)
    with path.open("ab") as file:
        file.write(padding)
    assert read_mammogram(path).pixels.shape == SHAPE
    assert read_header(path)["transfer_syntax"] == DeflatedExplicitVRLittleEndian


def test_elements_that_deflate_well_are_counted_too(tmp_path, in_time):
    path = save(data_set(), tmp_path / "image.dcm", DeflatedExplicitVRLittleEndian)
    data = path.read_bytes()
    at = 144 + int.from_bytes(data[140:144], "little")
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    elements = sequence_of(2_000_000, is_bounded=False)
    path.write_bytes(data[:at] + deflater.compress(elements) + deflater.flush())
    refuse(path, "Expected a header of")


def test_a_million_items_are_not_made_objects_of(tmp_path, in_time):
    path = insert(save(data_set(), tmp_path / "a.dcm"), sequence_of(1_000_000, is_bounded=True))
    assert read_header(path)["rows"] == SHAPE[0]
    assert read_mammogram(path).pixels.shape == SHAPE


def test_a_million_items_of_unknown_number_are_refused(tmp_path, in_time):
    path = insert(save(data_set(), tmp_path / "a.dcm"), sequence_of(1_000_000, is_bounded=False))
    refuse(path, "Expected a header of some hundred elements")


@pytest.mark.parametrize(("n_bytes", "is_read"), [(4_000_000, True), (20_000_000, False)])
def test_private_blobs_are_read_up_to_the_size_that_vendors_write(tmp_path, n_bytes, is_read):
    blob = struct.pack("<HH2sHL", 0x7FDF, 0x1010, b"OB", 0, n_bytes) + bytes(n_bytes)
    path = insert(save(data_set(), tmp_path / "a.dcm"), blob)
    if is_read:
        assert read_header(path)["has_pixels"]
        assert read_mammogram(path).pixels.shape == SHAPE
    else:
        refuse(path, "at most 16,000,000 bytes")


@pytest.mark.parametrize("tag", [(0x0008, 0x0008), (0x0028, 0x1050), CHARACTER_SET])
def test_a_text_of_millions_of_values_is_not_split(tmp_path, in_time, tag):
    path = save(data_set(), tmp_path / "a.dcm", ImplicitVRLittleEndian)
    insert(path, struct.pack("<HHL", *tag, 12_000_000) + b"1\\" * 6_000_000)
    if tag == CHARACTER_SET:
        refuse(path, "character set")
    else:
        assert read_header(path)["acquisition"] == "standard"
        assert read_mammogram(path).pixels.shape == SHAPE


def tiled(side):
    """A JPEG 2000 stream that calls its tiles squares of so many pixels."""
    stream = bytearray(lossless_stream())
    at = stream.index(b"\xff\x4f\xff\x51") + 24
    stream[at : at + 8] = struct.pack(">II", side, side)
    return bytes(stream)


@pytest.mark.parametrize(("side", "tiles"), [(64, 1), (48, 2), (32, 4), (15, 20), (1, 3072)])
def test_tiles_are_counted_by_their_size(side, tiles):
    assert describe_stream(tiled(side)).tiles == tiles


def test_a_stream_of_very_many_tiles_is_refused_before_decoding(tmp_path):
    stream = bytearray(tiled(1))
    at = stream.index(b"\xff\x4f\xff\x51") + 8
    stream[at : at + 8] = struct.pack(">II", 128, 128)
    ds = wrap(data_set(), JPEG2000Lossless, bytes(stream))
    ds.Rows = ds.Columns = 128
    path = save(ds, tmp_path / "image.dcm")
    with pytest.raises(UnreadableFile, match="16,384 tiles"):
        read_mammogram(path)


def test_the_deepest_channel_counts():
    stream = bytearray(lossless_stream())
    at = stream.index(b"\xff\x4f\xff\x51")
    stream[at + 40 : at + 42] = b"\0\3"
    assert describe_stream(bytes(stream[: at + 43]) + b"\7\7\x25\7\7\7\7\7").bits == 38
