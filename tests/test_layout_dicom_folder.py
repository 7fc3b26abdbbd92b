"""A hospital's disc is read by its headers, and nothing else on it is trusted."""

import os
import sys

import pandas as pd
import pytest
from dataset_trees import write_class_folders, write_sample, write_table
from layout_trees.dicom_folder import write_dicom_folder as write
from made_files import write_dicom, write_picture
from pydicom import dcmread

from mammo_core.datasets import index_dataset, load_dataset, medium
from mammo_core.datasets.detection import choose_layout
from mammo_core.datasets.indexing import COPY
from mammo_core.datasets.inspection import NAMELESS
from mammo_core.datasets.layouts.dicom_folder import DicomFolder
from mammo_core.errors import BadDataset
from mammo_core.privacy import hide_id

pytestmark = pytest.mark.usefixtures("home")
needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")


def read(root):
    reading = DicomFolder().read(root)
    files = {row.file.relative_to(root).as_posix() for row in reading.rows}
    return files, {refusal.file: refusal.reason for refusal in reading.refusals}


def test_images_are_found_by_what_they_are_and_a_viewer_is_passed_over(tmp_path):
    files, refused = read(write(tmp_path))
    assert sorted(file.rsplit("/", 1)[1] for file in files) == [f"IM{n:05d}" for n in range(4)]
    assert refused == {}


def test_an_index_hides_who_it_is_and_knows_what_the_headers_tell(tmp_path):
    answer = index_dataset(write(tmp_path / "disc"), tmp_path / "data")
    index = load_dataset(tmp_path / "data").index
    assert (answer["format"], answer["images"], answer["patients"]) == ("dicom_folder", 4, 2)
    assert (answer["classes"], answer["splits"]) == ({}, {"test": 4})
    assert sorted(index["laterality"]) == ["L", "L", "R", "R"]
    uids = [dcmread(path).SOPInstanceUID for path in index["path"]]
    assert list(index["image_id"]) == [hide_id(uid, "image") for uid in uids]
    assert set(index["patient_id"]) == {hide_id("1000"), hide_id("1001")}
    assert set(index["exam_id"]) == {hide_id(f"1.2.826.0.1.{n}", "exam") for n in (1000, 1001)}


def test_ids_stay_when_files_move(tmp_path):
    index_dataset(write(tmp_path / "disc"), tmp_path / "data")
    before = set(load_dataset(tmp_path / "data").index["image_id"])
    (tmp_path / "disc" / "DICOM").rename(tmp_path / "disc" / "other")
    index_dataset(tmp_path / "disc", tmp_path / "data")
    assert set(load_dataset(tmp_path / "data").index["image_id"]) == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among its files")
def test_a_pipe_among_the_files_is_never_opened(tmp_path):
    root = write(tmp_path / "disc")
    os.mkfifo(root / "AAA")
    assert not medium.has_prefix(root / "AAA")
    assert choose_layout(root).name == "dicom_folder"
    assert read(root)[1] == {"AAA": medium.SPECIAL}


def test_pictures_that_are_left_out_are_counted(tmp_path):
    root = write(tmp_path / "disc")
    for n in range(3):
        write_picture(root / f"{n}.jpg", n)
    answer = index_dataset(root, tmp_path / "data")
    assert any("3 pictures without a DICOM header" in text for text in answer["warnings"])


@pytest.mark.parametrize("name", ["A-torn", "Z-torn"])
def test_of_copies_the_whole_file_is_taken_whatever_its_name(tmp_path, name):
    root = write(tmp_path / "disc")
    whole = min((root / "DICOM").rglob("IM*"))
    content = whole.read_bytes()
    (whole.parent / name).write_bytes(content[:-20])
    index_dataset(root, tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    assert str(whole) in set(dataset.index["path"])
    refused = pd.read_csv(dataset.path / "refused.csv").set_index("file")["reason"]
    assert refused.to_dict() == {(whole.parent / name).relative_to(root).as_posix(): COPY}


def test_a_copy_and_what_is_no_image_are_refused_each_with_its_reason(tmp_path):
    root = write(tmp_path / "disc")
    images = sorted((root / "DICOM").rglob("IM*"))
    (root / "DICOM" / "again").write_bytes(images[0].read_bytes())
    (root / "DICOM" / "noise").write_bytes(bytes(1000))
    answer = index_dataset(root, tmp_path / "data")
    assert answer["images"] == 4
    assert answer["reasons"] == {
        COPY: 1,
        "Expected DICOM, PNG, JPEG, PGM or TIFF, got a file of another kind": 1,
    }


def test_a_picture_without_a_suffix_has_no_id_and_is_refused(tmp_path):
    root = write(tmp_path / "disc")
    write_picture(root / "film.png", 1).rename(root / "film")
    assert index_dataset(root, tmp_path / "data")["reasons"] == {NAMELESS: 1}


def test_age_follows_from_dates_that_are_not_kept(tmp_path):
    dates = {"PatientBirthDate": "19600302", "StudyDate": "20200301"}
    write_dicom(tmp_path / "disc" / "a", PatientID="1", **dates)
    index_dataset(tmp_path / "disc", tmp_path / "data")
    assert list(load_dataset(tmp_path / "data").index["age"]) == [59]


def test_a_collection_of_archives_is_no_disc(tmp_path):
    write_dicom(tmp_path / "more" / "a.dcm", PatientID="1")
    write_sample(tmp_path / "made")
    with pytest.raises(BadDataset, match="made, which is of the layout sample"):
        choose_layout(tmp_path)


@pytest.mark.parametrize("name", ["1.2.840.113619.2.5", "a.dcm", "A.IMA", "x.mg", "0000"])
def test_files_of_any_name_may_be_images(tmp_path, name):
    write_dicom(tmp_path / name, PatientID="1")
    assert read(tmp_path) == ({name}, {})


def test_a_picture_is_refused_because_it_tells_no_patient(tmp_path):
    write_picture(write(tmp_path) / "DICOM" / "film.png", 1)
    assert read(tmp_path)[1] == {"DICOM/film.png": medium.PICTURE}


def test_a_disc_is_detected(tmp_path):
    assert DicomFolder().detects(write(tmp_path))


@pytest.mark.parametrize("tags", [{"PatientID": "1"}, {"StudyInstanceUID": "1.2"}])
def test_headers_that_name_patient_or_exam_are_enough(tmp_path, tags):
    write_dicom(tmp_path / "a" / "a.dcm", **tags)
    assert DicomFolder().detects(tmp_path)


def test_folders_that_are_called_as_classes_are_left_to_their_layout(tmp_path):
    for folder in ("Benign", "x"):
        write_dicom(tmp_path / folder / "a.dcm", PatientID="1")
    assert not DicomFolder().detects(tmp_path)
    (tmp_path / "Benign").rename(tmp_path / "test")
    (tmp_path / "test" / "malignant").mkdir()
    assert not DicomFolder().detects(tmp_path)


def test_what_holds_no_patient_is_no_disc(tmp_path):
    assert not DicomFolder().detects(write_class_folders(tmp_path / "pictures", {"a": 2, "b": 2}))
    assert not DicomFolder().detects(write_table(tmp_path / "t", [{"path": "a.png", "label": "x"}]))
    write_dicom(tmp_path / "d" / "a.dcm")
    assert not DicomFolder().detects(tmp_path / "d")
    assert not DicomFolder().detects(tmp_path / "d" / "a.dcm")


def test_a_look_into_a_folder_opens_few_files(tmp_path, monkeypatch):
    for n in range(30):
        (tmp_path / f"{n}.bin").write_bytes(bytes(200))
    write_dicom(tmp_path / "z.dcm", PatientID="1")
    monkeypatch.setattr(medium, "MOST_OPENED", 10)
    assert not DicomFolder().detects(tmp_path)


def test_a_table_that_could_not_be_used_is_told(tmp_path):
    write_table(write(tmp_path), [{"path": "absent.dcm", "birads": "2"}], "list.csv")
    assert any("list.csv" in warning for warning in DicomFolder().read(tmp_path).warnings)


def test_sub_folders_that_may_be_classes_are_told_without_their_names(tmp_path):
    for folder in ("DOE_JANE", "ROE_ANN"):
        write_dicom(tmp_path / folder / "a.dcm", PatientID="1")
    (warning,) = DicomFolder().read(tmp_path).warnings
    assert "class_folders" in warning
    assert "DOE" not in warning


@needs_links
def test_links_to_folders_are_not_followed(tmp_path):
    root = write(tmp_path / "disc")
    write_dicom(tmp_path / "elsewhere" / "IM1", PatientID="1")
    (root / "DICOM" / "out").symlink_to(tmp_path / "elsewhere")
    (root / "DICOM" / "loop").symlink_to(root)
    files, refused = read(root)
    assert len(files) == 4
    assert refused == {"DICOM/out": medium.LINKED, "DICOM/loop": medium.LINKED}


def test_a_circle_of_folders_ends(tmp_path, monkeypatch):
    root = write(tmp_path)
    place = root.stat()
    real = type(root).stat

    def stat(path, **options):  # every PA1 is the root again, as a junction of Windows can be
        return place if path.name == "PA1" else real(path, **options)

    monkeypatch.setattr(type(root), "stat", stat)
    files, refused = read(root)
    assert len(files) == 2
    assert refused == {"DICOM/PA1": medium.CIRCLE}


def test_a_folder_that_cannot_be_opened_is_a_line_and_the_rest_goes_on(tmp_path, monkeypatch):
    root = write(tmp_path)
    real = os.scandir

    def scandir(path):
        if str(path).endswith("PA0"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    files, refused = read(root)
    assert len(files) == 2
    assert refused == {"DICOM/PA0": medium.CLOSED}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep names as Unicode")
def test_a_name_in_another_encoding_is_a_line_that_can_be_written(tmp_path):
    write_dicom(tmp_path / "a", PatientID="1")
    os.rename(tmp_path / "a", os.fsencode(tmp_path / "f") + b"\xff")
    files, refused = read(tmp_path)
    assert files == set()
    assert refused == {"f\\udcff": medium.NOT_UTF8}
