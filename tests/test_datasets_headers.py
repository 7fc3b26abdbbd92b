"""Headers alone tell size, spacing and scanner, and what is no mammogram."""

import hashlib

import numpy as np
import pytest
from dataset_trees import write_dicom, write_picture
from PIL import Image
from pydicom.uid import CTImageStorage, MRImageStorage

from mammo_core.datasets.headers import TAGS, hash_file, read_header
from mammo_core.errors import UnreadableFile
from mammo_core.reading import header_tags


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".pgm", ".tif"])
def test_a_picture_tells_its_size(tmp_path, suffix):
    header = read_header(write_picture(tmp_path / f"a{suffix}", 1, shape=(50, 40)))
    assert (header.rows, header.columns) == (50, 40)


def test_a_sixteen_bit_picture_tells_its_size(tmp_path):
    Image.fromarray(np.zeros((50, 40), np.uint16)).save(tmp_path / "a.png")
    assert read_header(tmp_path / "a.png").rows == 50


def test_a_dicom_file_tells_who_took_it_of_what(tmp_path):
    file = write_dicom(
        tmp_path / "nameless",
        Manufacturer="ACME ",
        ImageLaterality="R",
        ViewPosition="MLO",
        PatientAge="061Y",
        BreastImplantPresent="YES",
        ImagerPixelSpacing=[0.1, 0.1],
        EstimatedRadiographicMagnificationFactor=1.25,
    )
    header = read_header(file)
    assert (header.rows, header.columns) == (40, 32)
    assert (header.manufacturer, header.laterality, header.view) == ("ACME", "R", "MLO")
    assert (header.age, header.implant) == (61, True)
    assert header.pixel_spacing_mm == pytest.approx(0.08)


def test_calibrated_spacing_comes_first(tmp_path):
    file = write_dicom(tmp_path / "a.dcm", PixelSpacing=[0.07, 0.07], ImagerPixelSpacing=[0.1, 0.1])
    assert read_header(file).pixel_spacing_mm == 0.07


def test_what_a_header_does_not_tell_is_unknown(tmp_path):
    header = read_header(write_dicom(tmp_path / "a.dcm", ViewPosition="PA", PatientAge=""))
    assert (header.view, header.age, header.laterality, header.pixel_spacing_mm) == (None,) * 4


@pytest.mark.parametrize(
    ("modality", "sop_class"), [("CT", CTImageStorage), ("MR", MRImageStorage)]
)
def test_other_modalities_are_refused_by_two_tags_that_agree(tmp_path, modality, sop_class):
    with pytest.raises(UnreadableFile, match=f"modality {modality}"):
        read_header(write_dicom(tmp_path / "a.dcm", Modality=modality, SOPClassUID=sop_class))


@pytest.mark.parametrize(
    ("tag", "told"),
    [({"Modality": "CT"}, "modality CT"), ({"BodyPartExamined": "CHEST"}, "body part CHEST")],
)
def test_one_tag_alone_only_asks(tmp_path, tag, told):
    doubts = read_header(write_dicom(tmp_path / "a.dcm", **tag)).doubts
    assert len(doubts) == 1
    assert told in doubts[0]


@pytest.mark.parametrize("modality", ["", "MG", "DX", "CR", "RG", "OT"])
def test_what_real_mammograms_say_is_let_through(tmp_path, modality):
    assert read_header(write_dicom(tmp_path / "a.dcm", Modality=modality)).rows == 40


def test_a_file_without_pixels_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="no pixels"):
        read_header(write_dicom(tmp_path / "a.dcm", pixels=False))


def test_a_dicom_file_cut_before_its_pixels_is_refused(tmp_path):
    file = write_dicom(tmp_path / "a.dcm")
    file.write_bytes(file.read_bytes()[: -40 * 32 - 12])
    with pytest.raises(UnreadableFile, match="no pixels"):
        read_header(file)


@pytest.mark.parametrize("content", [b"", b"a text", b"\0" * 128 + b"DICM", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UnreadableFile):
        read_header(tmp_path / "a.png")


def test_every_tag_that_describes_a_mammogram_is_read():
    assert set(header_tags.TAGS) <= set(TAGS)


def test_views_that_need_a_person_are_asked_about(tmp_path):
    file = write_dicom(tmp_path / "a.dcm", PresentationIntentType="FOR PROCESSING")
    assert "FOR PROCESSING" in read_header(file).doubts[0]
    assert read_header(write_dicom(tmp_path / "b.dcm")).doubts == ()


@pytest.mark.filterwarnings("ignore:Invalid value for VR")
def test_a_dicom_file_cut_anywhere_before_its_pixels_is_refused(tmp_path):
    file = write_dicom(tmp_path / "a.dcm", Manufacturer="ACME", ViewPosition="CC")
    whole = file.read_bytes()
    for length in range(0, len(whole) - 40 * 32, 7):
        file.write_bytes(whole[:length])
        with pytest.raises(UnreadableFile):
            read_header(file)


def test_a_picture_that_declares_billions_of_pixels_is_refused(tmp_path):
    file = write_picture(tmp_path / "a.pgm", 1)
    file.write_bytes(b"P5 60000 60000 255\n" + bytes(100))
    with pytest.raises(UnreadableFile, match="pixels"):
        read_header(file)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="found none"):
        read_header(tmp_path / "none.dcm")


def test_the_hash_is_the_files_sha_256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc" * 1000)
    assert hash_file(tmp_path / "a") == hashlib.sha256(b"abc" * 1000).hexdigest()


@pytest.mark.real
def test_real_mammograms_pass_and_real_others_do_not(real_data):
    for name in ("MG1_J2KI.dcm", "MG1_JPLY.dcm"):
        assert read_header(real_data / "dicom_mg" / name).rows == 4664
    assert read_header(real_data / "not_mammograms" / "chest_xray.dcm").doubts
    for name in ("ct.dcm", "mr.dcm", "no_pixels.dcm", "ultrasound.dcm"):
        with pytest.raises(UnreadableFile):
            read_header(real_data / "not_mammograms" / name)


def test_a_file_of_several_pictures_is_refused_before_it_is_indexed(tmp_path):
    pages = [Image.new("L", (64, 64)) for _ in range(2)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(UnreadableFile, match="the file holds several"):
        read_header(tmp_path / "a.tif")
