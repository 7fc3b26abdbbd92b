"""Reading DICOM: one known picture in many encodings must give the same pixels."""

import contextlib

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from mammo_core.dicom import read_header, read_mammogram
from mammo_core.errors import UnreadableFile
from mammo_core.voi import apply_window

SHAPE = (64, 48)


def picture(bits=12):
    """A ramp over all stored values."""
    return np.linspace(0, 2**bits - 1, SHAPE[0] * SHAPE[1]).round().reshape(SHAPE)


def data_set(stored, *, bits=12, **tags):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    ds.SOPInstanceUID = "1.2.3"
    ds.Modality, ds.PatientName = "MG", "Secret^Name"
    ds.Rows, ds.Columns = stored.shape
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
    if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
        ds.compress(syntax, generate_instance_uid=False)
        ds.save_as(path, enforce_file_format=True)
        return path
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


def refusal(path):
    with pytest.raises(UnreadableFile) as caught:
        read_mammogram(path)
    return str(caught.value)


def read(tmp_path, ds, syntax=ExplicitVRLittleEndian):
    return read_mammogram(save(ds, tmp_path / "image.dcm", syntax))


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
        JPEG2000Lossless,
    ],
)
def test_every_lossless_syntax_gives_the_same_pixels(tmp_path, syntax):
    mammogram = read(tmp_path, data_set(picture()), syntax)
    np.testing.assert_allclose(mammogram.pixels, picture() / 4095, atol=1e-6)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_every_depth_spans_zero_to_one(tmp_path, bits):
    mammogram = read(tmp_path, data_set(picture(bits), bits=bits))
    np.testing.assert_allclose(mammogram.pixels, picture(bits) / (2**bits - 1), atol=1e-6)
    assert mammogram.pixels.dtype == np.float32


def test_inverted_storage_is_inverted_once(tmp_path):
    ds = data_set(
        4095 - picture(), PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE"
    )
    mammogram = read(tmp_path, ds)
    np.testing.assert_allclose(mammogram.pixels, picture() / 4095, atol=1e-6)
    assert [step.name for step in mammogram.steps].count("Invert") == 1


def test_signed_values_and_rescale_follow_the_header(tmp_path):
    ds = data_set(picture() - 2048, RescaleSlope=2, RescaleIntercept=100)
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = 100 - 1, 8190, "LINEAR_EXACT"
    values = (picture() - 2048) * 2 + 100
    expected = np.clip((values - 99) / 8190 + 0.5, 0, 1)
    np.testing.assert_allclose(read(tmp_path, ds).pixels, expected, atol=1e-6)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_agree_with_pydicom(tmp_path, function):
    ds = data_set(picture(), WindowCenter=1500, WindowWidth=1000, VOILUTFunction=function)
    reference = pydicom.pixels.apply_windowing(picture().astype(np.uint16), ds) / 4095
    np.testing.assert_allclose(read(tmp_path, ds).pixels, reference, atol=1e-6)


def test_the_first_of_several_windows_is_taken_and_told(tmp_path):
    ds = data_set(picture(), WindowCenter=[1500, 3000], WindowWidth=[1000, 50])
    step = next(step for step in read(tmp_path, ds).steps if step.name == "Window")
    assert "center 1500, width 1000; window 1 of 2" in step.detail


def test_a_center_without_a_width_counts_as_no_window(tmp_path):
    mammogram = read(tmp_path, data_set(picture(), WindowCenter=1500))
    assert mammogram.steps[-1].name == "Stretch"


def test_a_voi_table_is_looked_up(tmp_path):
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 16])
    table.add_new("LUTData", "US", (np.arange(4096) ** 2 // 256).tolist())
    ds = data_set(picture(), VOILUTSequence=[table], WindowCenter=1, WindowWidth=2)
    entries = np.arange(4096) ** 2 // 256
    expected = entries[picture().astype(int)] / entries.max()
    np.testing.assert_allclose(read(tmp_path, ds).pixels, expected, atol=1e-6)


def test_padding_becomes_background_and_does_not_spoil_the_range(tmp_path):
    stored = np.clip(picture(), 1000, 2000)
    stored[:10] = 4095
    ds = data_set(stored, PixelPaddingValue=4095, PhotometricInterpretation="MONOCHROME1")
    pixels = read(tmp_path, ds).pixels
    assert (pixels[:10] == 0).all()
    np.testing.assert_allclose(pixels[10:], 1 - (stored[10:] - 1000) / 1000, atol=1e-6)


def test_bits_above_the_stored_ones_are_ignored(tmp_path):
    clean = read(tmp_path, data_set(picture()))
    dirty = read(tmp_path, data_set(picture().astype(int) | 0x8000))
    np.testing.assert_array_equal(clean.pixels, dirty.pixels)


def test_a_window_of_width_one_is_a_step():
    np.testing.assert_array_equal(
        apply_window(np.array([9.0, 9.6, 11]), 10, 1, "LINEAR"), [0, 1, 1]
    )


def test_the_view_code_wins_over_the_view_position(tmp_path):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "399368009", "SCT"
    ds = data_set(picture(), ViewCodeSequence=[code], ViewPosition="CC", ImageLaterality="R")
    mammogram = read(tmp_path, ds)
    assert (mammogram.view, mammogram.laterality) == ("MLO", "R")


def test_spacing_at_the_detector_is_brought_into_the_breast(tmp_path):
    ds = data_set(picture(), ImagerPixelSpacing=[0.07, 0.07])
    ds.EstimatedRadiographicMagnificationFactor = "1.75"
    assert read(tmp_path, ds).pixel_spacing_mm == pytest.approx(0.04)


def test_the_header_is_read_without_pixels_and_without_names(tmp_path):
    path = save(data_set(picture()), tmp_path / "image.dcm")
    header = read_header(path)
    assert (header["rows"], header["columns"], header["modality"]) == (*SHAPE, "MG")
    assert "Secret" not in str(header)


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"NumberOfFrames": 1_000_000}, "one frame"),
        ({"SamplesPerPixel": 3}, "color"),
        ({"Rows": 65_535}, "65535 x 48"),
        ({"Rows": 1, "Columns": 1}, "1 x 1"),
        ({"BitsStored": 32, "BitsAllocated": 32}, "No installed decoder"),
    ],
)
def test_what_no_mammogram_declares_is_refused_in_one_line(tmp_path, tags, told):
    with pytest.raises(UnreadableFile, match=told) as caught:
        read(tmp_path, data_set(picture(), **tags))
    assert "\n" not in str(caught.value)


def test_an_object_without_pixels_is_refused(tmp_path):
    ds = data_set(picture())
    del ds.PixelData
    with pytest.raises(UnreadableFile, match="holds no pixels"):
        read(tmp_path, ds)


def test_a_stream_that_declares_another_size_is_refused_before_decoding(tmp_path):
    path = save(data_set(picture()), tmp_path / "image.dcm", JPEG2000Lossless)
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\x4f\xff\x51") + 8
    data[at : at + 8] = (60_000).to_bytes(4, "big") * 2
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match="60000 x 60000"):
        read_mammogram(path)


def test_faults_of_the_header_never_quote_it(tmp_path, recwarn, caplog):
    path = save(data_set(picture()), tmp_path / "image.dcm")
    data = path.read_bytes()
    told = []
    for end in range(140, len(data), 97):
        path.write_bytes(data[:end])
        with contextlib.suppress(UnreadableFile):
            read_mammogram(path)
            continue
        told.append(refusal(path))
    assert told
    assert "Secret" not in "".join(told) + caplog.text + str([w.message for w in recwarn.list])


def test_damaged_files_are_refused_and_never_crash(tmp_path):
    data = save(data_set(picture()), tmp_path / "image.dcm").read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "damaged.dcm"
    for _ in range(150):
        damaged = np.frombuffer(data, np.uint8).copy()
        damaged[rng.integers(132, 700, size=rng.choice([1, 4, 32]))] = rng.integers(256)
        path.write_bytes(damaged.tobytes())
        try:
            pixels = read_mammogram(path).pixels
        except UnreadableFile:
            continue
        assert np.isfinite(pixels).all()
        assert pixels.min() >= 0
        assert pixels.max() <= 1


def test_missing_empty_and_forbidden_files_are_told_apart(tmp_path):
    with pytest.raises(UnreadableFile, match="found none"):
        read_mammogram(tmp_path / "absent.dcm")
    (tmp_path / "empty.dcm").touch()
    with pytest.raises(UnreadableFile, match="empty"):
        read_mammogram(tmp_path / "empty.dcm")
    with pytest.raises(UnreadableFile, match="Cannot be opened"):
        read_mammogram(tmp_path)


@pytest.mark.real
def test_a_real_film_is_bright_where_it_is_dense(real_data):
    mammogram = read_mammogram(real_data / "dicom_mg" / "MG1_J2KI.dcm")
    assert mammogram.pixels.shape == (4664, 3064)
    assert mammogram.view == "MLO"
    assert mammogram.pixels[2000, 1000] > mammogram.pixels[2000, 2600]
