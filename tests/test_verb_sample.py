"""The verb `sample`: what it writes, what it refuses, and that the files are valid DICOM."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest

from mammo_core.errors import BadConfiguration, BadDataset, Cancelled, MammoError
from mammo_core.phantom.patient import draw_patient
from mammo_core.phantom.render import render_view
from mammo_core.phantom.sample import COLUMNS, SampleSettings, has_tag, write_patient, write_sample
from mammo_core.verbs.sample import sample

ROOT = Path(__file__).resolve().parents[1]
SMALL = SampleSettings(seed=1, size=(160, 128))


def run(*words):
    command = [sys.executable, "-m", "mammo_core", "sample", *map(str, words), "--json"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The verb's answer and folder for four small patients."""
    out = tmp_path_factory.mktemp("sample") / "set"
    done = run(out, "--patients", 4, "--seed", 1, "--size", "160x128", "--split", "test")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), out


def rows_of(out):
    with open(out / "labels.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files_of(out):
    return {p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def test_the_answer_counts_what_was_written(written):
    answer, out = written
    rows = rows_of(out)
    assert (answer["images"], answer["patients"]) == (16, 4)
    assert answer["classes"] == {"normal": 12, "benign": 2, "malignant": 2}
    assert len(rows) == len(list(out.glob("dicom/*/*.dcm"))) == 16
    assert Path(answer["folder"]) == out.resolve()
    assert answer["seconds"] > 0


def test_the_table_and_the_headers_agree(written):
    _, out = written
    for row in rows_of(out):
        assert tuple(row) == COLUMNS
        header = pydicom.dcmread(out / row["path"], stop_before_pixels=True)
        assert header.PatientID == row["patient_id"]
        assert header.ImageLaterality == row["laterality"]
        assert header.ViewPosition == row["view"]
        assert (header.Rows, header.Columns) == (int(row["rows"]), int(row["columns"]))
        assert float(header.PixelSpacing[0]) == pytest.approx(float(row["pixel_spacing_mm"]))
        assert header.PatientAge == f"{int(row['age']):03d}Y"
        assert header.Manufacturer == row["manufacturer"]
        assert row["split"] == "test"


def test_each_lesion_has_its_mask_in_both_views(written):
    _, out = written
    rows = rows_of(out)
    for row in rows:
        assert bool(row["lesion"]) == bool(row["mask_path"]) == (row["label"] != "normal")
        if row["mask_path"]:
            mask = cv2.imread(str(out / row["mask_path"]), cv2.IMREAD_UNCHANGED)
            assert mask.shape == (int(row["rows"]), int(row["columns"]))
            assert set(np.unique(mask)) == {0, 255}
    assert len(list((out / "masks").iterdir())) == sum(bool(row["mask_path"]) for row in rows) == 4


def test_the_same_command_gives_the_same_bytes_and_more_patients_only_add(written, tmp_path):
    _, out = written
    settings = SampleSettings(seed=1, size=(160, 128), split="test")
    write_sample(tmp_path / "more", 5, settings, workers=1)
    first, more = files_of(out), files_of(tmp_path / "more")
    images = [path for path in first if path.suffix in (".dcm", ".png")]
    assert all(more[path] == first[path] for path in images)
    assert len([path for path in more if path.suffix == ".dcm"]) == 20


def test_nothing_in_a_header_looks_like_a_person(written):
    _, out = written
    for path in out.glob("dicom/*/*.dcm"):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        assert str(header.PatientName).startswith("Synthetic^")
        assert "ynthetic" in header.InstitutionName
        assert header.PatientIdentityRemoved == "YES"
        assert header.BurnedInAnnotation == "YES"
        assert not header.PatientBirthDate


def test_pixels_come_back_without_loss_from_each_scanner_and_compression(tmp_path):
    patients = [draw_patient(1, number) for number in range(30)]
    chosen = {patient.scanner: patient for patient in patients} | {"rle": patients[7]}
    images = []
    for patient in chosen.values():
        write_patient(tmp_path, patient, SMALL)
        path = tmp_path / "dicom" / patient.patient_id / f"{patient.patient_id}_RCC.dcm"
        images.append(pydicom.dcmread(path))
        drawn = render_view(patient, "R", "CC", SMALL.size)
        assert np.array_equal(images[-1].pixel_array, drawn.pixels)
    syntaxes = {image.file_meta.TransferSyntaxUID.name for image in images}
    assert syntaxes == {"JPEG-LS Lossless Image Compression", "RLE Lossless"}
    looks = {image.PhotometricInterpretation for image in images}
    assert looks == {"MONOCHROME1", "MONOCHROME2"}


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="dciodvfy (dicom3tools) isn't installed")
def test_an_independent_validator_finds_no_error(tmp_path):
    for number in (0, 1, 7, 9):
        write_patient(tmp_path, draw_patient(1, number), SMALL)
    for path in tmp_path.glob("dicom/*/*.dcm"):
        done = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        report = done.stdout + done.stderr
        assert "MammographyImageForPresentation" in report
        assert "Error" not in report, report


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"patients": 0}, "1 patient"),
        ({"size": "10x10"}, "160x128"),
        ({"size": "wide"}, "ROWSxCOLUMNS"),
        ({"difficulty": 2.0}, "[0, 1]"),
        ({"seed": -1}, "Seed"),
        ({"split": "exam"}, "train, val or test"),
    ],
)
def test_bad_input_is_explained_and_leaves_nothing(tmp_path, options, told):
    with pytest.raises(MammoError, match=re.escape(told)):
        sample(tmp_path / "out", **{"patients": 1, **options})
    assert not (tmp_path / "out").exists()


def test_the_command_line_tells_bad_input_in_one_line(tmp_path):
    done = run(tmp_path / "out", "--patients", 1, "--size", "10x10")
    assert done.returncode == 2
    assert "160x128" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BadDataset, match=r"thesis\.txt"):
        write_sample(tmp_path, 1, SMALL)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_sample_of_another_program_is_left_alone(tmp_path):
    (tmp_path / "sample.json").write_text('{"made_by": "someone else"}')
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom" / "precious.dcm").write_bytes(b"pixels")
    with pytest.raises(BadDataset, match="another folder"):
        write_sample(tmp_path, 1, SMALL)
    assert (tmp_path / "dicom" / "precious.dcm").read_bytes() == b"pixels"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(MammoError, match="taken"):
        write_sample(tmp_path / "taken", 1, SMALL)


def test_a_stopped_set_has_no_table_and_goes_on_where_it_ended(tmp_path):
    def stop(done, total, doing):
        if done == 1:
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        write_sample(tmp_path, 6, SMALL, stop, workers=1)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("dicom/*/*.dcm")}
    assert kept
    assert not (tmp_path / "labels.csv").exists()
    (next(iter(kept)).parent / ".unfinished.dcm.123.tmp").write_bytes(b"half")
    write_sample(tmp_path, 6, SMALL, workers=1)
    assert len(rows_of(tmp_path)) == 24
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items())
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
def test_a_full_disk_is_told_in_one_line(tmp_path):
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))

    command = [sys.executable, "-m", "mammo_core", "sample", tmp_path / "out", "--patients", "1"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, preexec_fn=limit
    )
    assert done.returncode == 2
    assert "too large" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.rglob("*.dcm")) + list(tmp_path.rglob("*.tmp"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a group")
def test_an_interrupt_ends_all_processes_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "mammo_core", "sample", tmp_path / "out", "--patients", "400"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    try:
        while not list(tmp_path.glob("out/dicom/*/*.dcm")):
            assert process.poll() is None
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        told = process.communicate(timeout=30)[1].decode()
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in told
    assert not (tmp_path / "out" / "labels.csv").exists()


def test_another_seed_replaces_an_earlier_sample(tmp_path):
    write_sample(tmp_path, 2, SMALL, workers=1)
    before = files_of(tmp_path)
    write_sample(tmp_path, 1, SampleSettings(seed=2, size=(160, 128)))
    after = files_of(tmp_path)
    assert len([path for path in after if path.suffix == ".dcm"]) == 4
    assert all(after[path] != before.get(path) for path in after)


def test_the_tag_goes_with_the_label_only_in_a_rigged_set():
    rigged, honest = SampleSettings(shortcut=True), SampleSettings()
    tags = {"malignant": [], "others": []}
    for number in range(1500):
        patient = draw_patient(0, number)
        for laterality in "LR":
            for view in ("CC", "MLO"):
                is_malignant = patient.label_of(laterality) == "malignant"
                tags["malignant" if is_malignant else "others"].append(
                    has_tag(patient, laterality, view, rigged)
                )
                assert not has_tag(patient, laterality, view, honest)
    assert np.mean(tags["malignant"]) == pytest.approx(0.95, abs=0.03)
    assert np.mean(tags["others"]) == pytest.approx(0.05, abs=0.01)


def test_settings_refuse_a_size_that_no_breast_fits_in():
    with pytest.raises(BadConfiguration, match="160x128"):
        SampleSettings(size=(159, 128))
