"""Reading DICOM: one known picture in every encoding must give the same pixels."""

import contextlib
import re
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
import pytest
from dicom_variants import (
    ENCODINGS,
    FULL_WINDOW,
    GRAYS,
    KNOWN,
    SHAPE,
    STORED,
    data_set,
    in_bits,
    lossless_stream,
    save,
    table,
    wrap,
)
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from mammo_core.dicom import read_header, read_mammogram, read_stored
from mammo_core.errors import UnreadableFile
from mammo_core.reading.transfer_syntaxes import SYNTAXES
from mammo_core.reading.windows import Window

VARIANTS = [pytest.param(variant, id=variant.name) for variant in (*GRAYS, *ENCODINGS)]


def read(tmp_path, ds, syntax=ExplicitVRLittleEndian):
    return read_mammogram(save(ds, tmp_path / "image.dcm", syntax))


def refusal(path):
    with pytest.raises(UnreadableFile) as caught:
        read_mammogram(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def step_named(mammogram, name):
    return next(step for step in mammogram.steps if step.name == name)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_gives_the_known_picture(tmp_path, variant):
    mammogram = read(tmp_path, variant.make(), variant.syntax)
    assert mammogram.pixels.dtype == np.float32
    np.testing.assert_allclose(mammogram.pixels, KNOWN, atol=variant.atol + 1e-6)


def test_every_transfer_syntax_that_is_read_has_a_variant(tmp_path):
    written = set()
    for variant in (*GRAYS, *ENCODINGS):
        path = save(variant.make(), tmp_path / "image.dcm", variant.syntax)
        written.add(str(pydicom.filereader.read_file_meta_info(path).TransferSyntaxUID))
    assert written == set(SYNTAXES)


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_lossless_compression_changes_no_bit(tmp_path, bits, syntax):
    plain = read(tmp_path, in_bits(bits))
    packed = read(tmp_path, in_bits(bits), syntax)
    np.testing.assert_array_equal(plain.pixels, packed.pixels)


def test_stored_values_come_as_they_are(tmp_path):
    ds = data_set(STORED - 2048, **FULL_WINDOW, PhotometricInterpretation="MONOCHROME1")
    stored, _ = read_stored(save(ds, tmp_path / "image.dcm"))
    np.testing.assert_array_equal(stored, STORED - 2048)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_agree_with_pydicom(tmp_path, function):
    ds = data_set(WindowCenter=1500, WindowWidth=1000, VOILUTFunction=function)
    reference = pydicom.pixels.apply_windowing(STORED.astype(np.uint16), ds) / 4095
    np.testing.assert_allclose(read(tmp_path, ds).pixels, reference, atol=1e-6)


def test_tables_agree_with_pydicom(tmp_path):
    modality = table(np.arange(4096) * 3 // 4 + 50, bits=16)
    voi = table(np.arange(3000) ** 2 // 2250, first=100)
    ds = data_set(ModalityLUTSequence=[modality], VOILUTSequence=[voi])
    path = save(ds, tmp_path / "image.dcm")
    known = pydicom.dcmread(path)
    rescaled = pydicom.pixels.apply_modality_lut(STORED.astype(np.uint16), known)
    reference = pydicom.pixels.apply_voi_lut(rescaled, known) / 4095
    np.testing.assert_allclose(read_mammogram(path).pixels, reference, atol=1e-6)


def test_a_window_of_width_one_is_a_step():
    np.testing.assert_array_equal(Window(10, 1).apply(np.array([9.0, 9.6, 11])), [0, 1, 1])


def test_the_order_of_the_steps_is_dicoms(tmp_path):
    ds = data_set(
        PixelPaddingValue=0,
        RescaleSlope=2,
        RescaleIntercept=0,
        PhotometricInterpretation="MONOCHROME1",
        PresentationLUTShape="INVERSE",
        **FULL_WINDOW,
    )
    names = [step.name for step in read(tmp_path, ds).steps]
    assert names == ["Decode", "Mask the padding", "Rescale", "Window", "Invert"]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({}, "window 1 of 2, the first that is usable"),
        (
            {"WindowCenterWidthExplanation": ["SOFTER", "NORMAL"]},
            "window 2 of 2, explained as NORMAL",
        ),
        ({"WindowCenterWidthExplanation": ["HARDER"]}, "window 1 of 2, explained as HARDER"),
        ({"WindowCenterWidthExplanation": ["Miller, Ann"]}, "window 1 of 2, the first"),
    ],
)
def test_the_window_that_was_chosen_is_told_with_its_reason(tmp_path, tags, told):
    ds = data_set(WindowCenter=[1500, 3000], WindowWidth=[1000, 50], **tags)
    detail = step_named(read(tmp_path, ds), "Window").detail
    assert told in detail
    assert "Miller" not in detail


@pytest.mark.parametrize(
    ("centers", "widths", "name", "told"),
    [
        ([-50_000, 2048], [10, 4096], "Window", "window 2 of 2"),
        ([90_000, 2048], [10, 4096], "Window", "1 would show one gray"),
        ([-50_000], [10], "Stretch", "no window is usable"),
        ([2048], [4_000_000], "Stretch", "no window is usable"),
    ],
)
def test_a_window_that_shows_one_gray_is_passed_over(tmp_path, centers, widths, name, told):
    mammogram = read(tmp_path, data_set(WindowCenter=centers, WindowWidth=widths))
    np.testing.assert_allclose(mammogram.pixels, KNOWN, atol=0.5 / 4095 + 1e-6)
    assert told in step_named(mammogram, name).detail


def test_padding_does_not_spoil_the_range(tmp_path):
    stored = np.clip(STORED, 1000, 2000)
    stored[:10] = 4095
    pixels = read(tmp_path, data_set(stored, PixelPaddingValue=4095)).pixels
    assert (pixels[:10] == 0).all()
    np.testing.assert_allclose(pixels[10:], (stored[10:] - 1000) / 1000, atol=1e-6)


def test_padding_is_background_in_inverted_images_too(tmp_path):
    ds = data_set(STORED, PixelPaddingValue=0, PhotometricInterpretation="MONOCHROME1")
    assert (read(tmp_path, ds).pixels[:8] == 0).all()


def test_an_odd_number_of_bytes_is_read(tmp_path):
    gray = np.rint(255 * KNOWN).astype(np.uint8)[:63, :47]
    ds = data_set(gray, bits=8)
    ds.PixelData = gray.tobytes() + b"\0"
    np.testing.assert_allclose(read(tmp_path, ds).pixels, gray / gray.max(), atol=1e-6)


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"NumberOfFrames": 1_000_000}, "one frame"),
        ({"SamplesPerPixel": 4}, "one gray channel"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette"),
        ({"Rows": 65_535}, "65535 x 48"),
        ({"Rows": 1, "Columns": 1}, "1 x 1"),
        ({"Rows": 0}, "no Rows"),
        ({"BitsStored": 32, "BitsAllocated": 32}, "8 or 16 bits"),
        ({"BitsStored": 13, "BitsAllocated": 8}, "8 or 16 bits"),
        ({"VOILUTSequence": [table([])]}, "look-up table"),
    ],
)
def test_what_no_mammogram_declares_is_refused_in_one_line(tmp_path, tags, told):
    assert told in refusal(save(data_set(**tags), tmp_path / "image.dcm"))


def test_a_large_volume_is_refused_by_its_header_alone(tmp_path):
    path = save(data_set(NumberOfFrames=20_000), tmp_path / "volume.dcm")
    with path.open("r+b") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    assert "one frame" in refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_color_picture_is_refused(tmp_path):
    ds = data_set(STORED // 16, bits=8, SamplesPerPixel=3, PhotometricInterpretation="RGB")
    gray = (STORED // 16).astype(np.uint8)
    ds.PlanarConfiguration = 0
    ds.PixelData = np.stack([gray, gray, gray // 2], -1).tobytes()
    assert "in color" in refusal(save(ds, tmp_path / "image.dcm"))


def test_an_unknown_transfer_syntax_is_named(tmp_path):
    mpeg = pydicom.uid.UID("1.2.840.10008.1.2.4.102")
    told = refusal(save(wrap(data_set(), mpeg, b"\0" * 100), tmp_path / "image.dcm"))
    assert mpeg in told
    assert mpeg.name in told


def test_what_stands_in_place_of_a_transfer_syntax_is_not_repeated(tmp_path):
    path = save(data_set(), tmp_path / "image.dcm")
    uid = str(ExplicitVRLittleEndian).encode()
    path.write_bytes(path.read_bytes().replace(uid, b"Secret^Name".ljust(len(uid)), 1))
    assert "Secret" not in refusal(path)
    assert "Secret" not in str(read_header(path))


def test_a_stream_of_another_kind_than_its_syntax_is_refused_by_name(tmp_path):
    ds = wrap(data_set(), JPEGLosslessSV1, lossless_stream())
    told = refusal(save(ds, tmp_path / "image.dcm"))
    assert "JPEG lossless" in told
    assert "found JPEG 2000" in told


def test_a_stream_that_cannot_be_decoded_is_damaged(tmp_path):
    stream = lossless_stream()
    ds = wrap(data_set(), JPEG2000Lossless, stream[:150] + b"\0" * 40)
    assert "damaged" in refusal(save(ds, tmp_path / "image.dcm"))


@pytest.mark.parametrize(
    ("at", "value", "told"),
    [
        (8, (60_000).to_bytes(4, "big") * 2, "60000 x 60000"),
        (40, b"\x40\x00", "16384 channels"),
        (42, b"\x25", "38 bits"),
    ],
)
def test_a_stream_that_declares_more_is_refused_before_decoding(tmp_path, at, value, told):
    path = save(data_set(), tmp_path / "image.dcm", JPEG2000Lossless)
    data = bytearray(path.read_bytes())
    at += data.index(b"\xff\x4f\xff\x51")
    data[at : at + len(value)] = value
    path.write_bytes(data)
    assert told in refusal(path)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGLSLossless, RLELossless])
def test_a_file_that_was_cut_off_is_called_damaged(tmp_path, syntax):
    path = save(data_set(), tmp_path / "image.dcm", syntax)
    data = path.read_bytes()
    for length in (len(data) - 20, data.rindex(b"\xe0\x7f\x10\x00") + 12):
        path.write_bytes(data[:length])
        assert re.search("damaged: it ends within its pixel|damaged: of 6,144", refusal(path))
        assert read_header(path)["has_pixels"]


def test_a_deflated_file_that_was_cut_off_is_called_damaged(tmp_path):
    path = save(data_set(), tmp_path / "image.dcm", DeflatedExplicitVRLittleEndian)
    path.write_bytes(path.read_bytes()[:-40])
    assert "damaged" in refusal(path)
    with pytest.raises(UnreadableFile, match="damaged"):
        read_header(path)


def test_an_object_without_an_image_is_no_damage(tmp_path):
    ds = data_set()
    for tag in ("PixelData", "Rows", "Columns"):
        delattr(ds, tag)
    path = save(ds, tmp_path / "image.dcm")
    assert "holds no pixels" in refusal(path)
    assert not read_header(path)["has_pixels"]


@pytest.mark.parametrize(
    "syntax", [DeflatedExplicitVRLittleEndian, pydicom.uid.ExplicitVRBigEndian]
)
def test_a_header_tells_truly_whether_pixels_follow(tmp_path, syntax):
    assert read_header(save(data_set(), tmp_path / "with.dcm", syntax))["has_pixels"]
    ds = data_set()
    del ds.PixelData
    ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(tmp_path / "without.dcm", enforce_file_format=True)
    assert not read_header(tmp_path / "without.dcm")["has_pixels"]


def test_the_header_is_read_without_pixels_and_without_names(tmp_path):
    header = read_header(save(data_set(), tmp_path / "image.dcm"))
    assert (header["rows"], header["columns"], header["modality"]) == (*SHAPE, "MG")
    assert "Secret" not in str(header)


def test_faults_of_the_header_never_quote_it(tmp_path, recwarn, caplog):
    path = save(data_set(), tmp_path / "image.dcm")
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


def test_a_jpeg_ls_stream_without_its_end_is_refused_at_once(tmp_path):
    """CharLS searches for it for ten seconds, where the data before it are damaged too."""
    ds = in_bits(16)
    ds.compress(JPEGLSLossless, generate_instance_uid=False)
    stream = bytearray(pydicom.encaps.get_frame(ds.PixelData, 0, number_of_frames=1))
    stream[-140::7] = b"\x60" * len(stream[-140::7])
    stream[-2:] = b"\xff\x60"
    path = save(wrap(in_bits(16), JPEGLSLossless, bytes(stream)), tmp_path / "image.dcm")
    start = time.monotonic()
    assert "damaged" in refusal(path)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("variant", VARIANTS)
def test_damaged_files_are_refused_and_never_crash(tmp_path, variant):
    data = save(variant.make(), tmp_path / "image.dcm", variant.syntax).read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "damaged.dcm"
    for start in np.repeat((132, len(data) // 4, len(data) - len(data) // 8), 4):
        damaged = np.frombuffer(data, np.uint8).copy()
        damaged[rng.integers(start, len(data), size=rng.choice([1, 4, 32]))] = rng.integers(256)
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


@pytest.mark.parametrize(
    "name",
    [
        *("MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm"),
        *("MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "CT_small.dcm"),
        *("JPGExtended.dcm", "J2K_pixelrep_mismatch.dcm"),
        *("693_J2KI.dcm", "examples_overlay.dcm", "image_dfl.dcm"),
    ],
)
def test_values_agree_with_pydicom_on_its_own_samples(name):
    path = pydicom.data.get_testdata_file(name, download=False)
    stored, _ = read_stored(Path(path))
    np.testing.assert_array_equal(stored, pydicom.dcmread(path).pixel_array)


@pytest.mark.real
def test_a_real_film_is_bright_where_it_is_dense(real_data):
    mammogram = read_mammogram(real_data / "dicom_mg" / "MG1_J2KI.dcm")
    assert mammogram.pixels.shape == (4664, 3064)
    assert mammogram.view == "MLO"
    assert mammogram.pixels[2000, 1000] > mammogram.pixels[2000, 2600]


@pytest.mark.real
def test_a_real_film_is_the_same_in_two_lossy_compressions(real_data):
    films = [
        read_mammogram(real_data / "dicom_mg" / name).pixels
        for name in ("MG1_J2KI.dcm", "MG1_JPLY.dcm")
    ]
    assert np.abs(films[0] - films[1]).mean() < 0.005


def test_the_table_of_transfer_syntaxes_in_the_docs_is_the_programs():
    page = Path(__file__).parents[1] / "docs" / "dicom.md"
    rows = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| `1.2.840")]
    assert rows == [
        f"| `{syntax.uid}` | {pydicom.uid.UID(syntax.uid).name} | {syntax.package} |"
        for syntax in SYNTAXES.values()
    ]
