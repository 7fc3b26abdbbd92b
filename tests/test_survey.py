"""Archives, hidden ids, unlabeled images and dry runs of an index."""

import json
import zipfile

import pandas as pd
import pytest
from dataset_trees import write_class_folders, write_dicom, write_mini_mias, write_table
from made_films import draw_film

from mammo_core.cli import main
from mammo_core.datasets import index_dataset, inspection, load_dataset
from mammo_core.datasets.labeling import Labeling
from mammo_core.datasets.survey import survey_dataset
from mammo_core.errors import BadDataset, Cancelled, MammoError, UnreadableFile
from mammo_core.preparation import prepare_dataset
from mammo_core.preprocess import Preprocess

pytestmark = pytest.mark.usefixtures("home")
UNLABELED = Labeling("none")


def pack(folder, archive, **extra):
    """A zip of a folder, the files below its name, and further members by name."""
    with zipfile.ZipFile(archive, "w") as target:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            target.write(file, f"{folder.name}/{file.relative_to(folder).as_posix()}")
        for name, content in extra.items():
            target.writestr(name, content)
    return archive


# Surveys


def test_a_survey_says_what_the_index_will(tmp_path):
    root = write_mini_mias(tmp_path / "films")
    survey, answer = survey_dataset(root), index_dataset(root, tmp_path / "data")
    same = ["format", "images", "patients", "classes", "splits", "refused", "reasons"]
    assert {key: survey[key] for key in same} == {key: answer[key] for key in same}
    assert json.loads(json.dumps(survey, allow_nan=False)) == survey


def test_a_survey_opens_no_image(tmp_path, monkeypatch):
    root = write_class_folders(tmp_path / "root", {"a": 3, "b": 3})
    for file in root.rglob("*.png"):
        file.write_bytes(b"no picture")
    monkeypatch.setattr("mammo_core.datasets.headers.read_header", None)
    assert survey_dataset(root)["images"] == 6
    with pytest.raises(BadDataset, match="none of use"):
        index_dataset(root, tmp_path / "data")


def test_a_dry_run_writes_nothing(tmp_path, capsys):
    root = write_mini_mias(tmp_path / "films")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as left:
        main(["index", str(root), "--dry-run", "--json"])
    assert not left.value.code
    assert json.loads(capsys.readouterr().out)["title"] == "mini-MIAS"
    assert sorted(tmp_path.rglob("*")) == before


def test_an_index_needs_a_place(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["index", str(write_mini_mias(tmp_path / "films"))])
    assert left.value.code == 2
    assert "--out" in capsys.readouterr().err


# Unlabeled images


def test_without_labels_all_images_are_a_test_set(tmp_path):
    rows = [{"path": f"{n}.png", "label": "a", "split": "train"} for n in range(4)]
    root = write_table(tmp_path / "root", rows)
    answer = index_dataset(root, tmp_path / "data", labeling=UNLABELED)
    dataset = load_dataset(tmp_path / "data")
    assert (answer["classes"], answer["splits"]) == ({}, {"test": 4})
    assert dataset.classes == ()
    assert dataset.index["label"].isna().all()
    assert survey_dataset(root, labeling=UNLABELED)["splits"] == {"test": 4}


def test_an_unlabeled_dataset_can_be_prepared(tmp_path):
    for n in range(3):
        (tmp_path / "root" / "ab"[n % 2]).mkdir(parents=True, exist_ok=True)
        draw_film(tmp_path / "root" / "ab"[n % 2] / f"{n}.png", n)
    index_dataset(tmp_path / "root", tmp_path / "data", labeling=UNLABELED)
    settled, cache = prepare_dataset(load_dataset(tmp_path / "data"), Preprocess(size=(64, 48)))
    assert len(settled.select("test")) == len(cache.image_ids) == 3


# Archives


def test_an_archive_is_indexed_as_the_folder_in_it(tmp_path):
    root = write_mini_mias(tmp_path / "films")
    archive = pack(root, tmp_path / "films.zip")
    packed = index_dataset(archive, tmp_path / "packed")
    plain = index_dataset(root, tmp_path / "plain")
    same = ["format", "images", "classes", "splits", "reasons", "masks"]
    assert {key: packed[key] for key in same} == {key: plain[key] for key in same}
    dataset = load_dataset(tmp_path / "packed")
    assert dataset.fingerprint == load_dataset(tmp_path / "plain").fingerprint
    assert dataset.file_of("mdb001").read_bytes() == (root / "mdb001.png").read_bytes()
    assert dataset.file_of("mdb001").is_relative_to(tmp_path / "packed")


def test_what_an_archive_may_not_hold_is_refused_and_the_rest_is_taken(tmp_path):
    root = write_class_folders(tmp_path / "root", {"a": 2, "b": 2})
    archive = pack(root, tmp_path / "root.zip", **{"../evil.png": b"x", "root/a/in.zip": b"PK"})
    answer = index_dataset(archive, tmp_path / "out" / "data")
    refused = pd.read_csv(tmp_path / "out" / "data" / "refused.csv")["file"]
    assert answer["images"] == 4
    assert {"../evil.png", "root/a/in.zip"} <= set(refused)
    assert not (tmp_path / "out" / "evil.png").exists()
    assert not (tmp_path / "evil.png").exists()


def test_an_archive_may_be_indexed_again(tmp_path):
    archive = pack(write_mini_mias(tmp_path / "films"), tmp_path / "films.zip")
    index_dataset(archive, tmp_path / "data")
    before = load_dataset(tmp_path / "data")
    index_dataset(archive, tmp_path / "data")
    after = load_dataset(tmp_path / "data")
    assert after.fingerprint == before.fingerprint
    assert after.file_of("mdb001").is_file()
    assert len(list((tmp_path / "data").glob("files*"))) == 1


@pytest.mark.parametrize("make", [lambda root: root, lambda root: pack(root, f"{root}.zip")])
def test_a_dataset_of_another_source_is_replaced_only_when_told_so(tmp_path, make):
    first = make(write_class_folders(tmp_path / "first", {"a": 2, "b": 2}))
    other = make(write_class_folders(tmp_path / "other", {"a": 3, "b": 3}))
    index_dataset(first, tmp_path / "data")
    with pytest.raises(BadDataset, match=r"holds the dataset of .*first.*--replace"):
        index_dataset(other, tmp_path / "data")
    assert index_dataset(first, tmp_path / "data")["images"] == 4
    assert index_dataset(other, tmp_path / "data", replacing=True)["images"] == 6
    assert index_dataset(other, tmp_path / "data")["images"] == 6


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_a_bad_archive_leaves_nothing_behind(tmp_path, content):
    (tmp_path / "bad.zip").write_bytes(content)
    with pytest.raises(UnreadableFile):
        index_dataset(tmp_path / "bad.zip", tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Cancelled])
def test_an_archive_whose_indexing_is_stopped_leaves_the_earlier_one_alone(tmp_path, stop):
    archive = pack(write_mini_mias(tmp_path / "films"), tmp_path / "films.zip")
    index_dataset(archive, tmp_path / "data")
    before = sorted(tmp_path.rglob("*"))

    def break_off(done, total, doing):
        if doing != "Unpacking":
            raise stop

    with pytest.raises(stop):
        index_dataset(archive, tmp_path / "data", progress=break_off)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_without_images_leaves_nothing_behind(tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("a text")
    archive = pack(tmp_path / "texts", tmp_path / "texts.zip")
    with pytest.raises(MammoError):
        index_dataset(archive, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_files_of_the_users_own_are_never_swept_away(tmp_path):
    mine = write_class_folders(tmp_path / "root", {"a": 2, "b": 2}) / "files"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    for _ in range(2):
        index_dataset(tmp_path / "root", tmp_path / "root")
    assert (mine / "thesis.txt").read_text() == "mine"


# Hidden ids


def test_hidden_ids_tell_nothing_and_keep_images_of_a_patient_together(tmp_path):
    rows = [
        {"path": f"{n}.png", "label": "a", "patient_id": f"DOE{n // 2}", "image_id": f"JANE{n}"}
        for n in range(6)
    ]
    root = write_table(tmp_path / "root", rows)
    index_dataset(root, tmp_path / "data", hide_ids=True)
    index = load_dataset(tmp_path / "data").index
    told = index[["image_id", "patient_id", "exam_id"]].to_csv()
    assert "DOE" not in told
    assert "JANE" not in told
    assert index["patient_id"].nunique() == 3
    assert index["image_id"].nunique() == 6


# All cores


def test_processes_say_what_one_process_says(tmp_path, monkeypatch):
    root = write_class_folders(tmp_path / "root", {"a": 5, "b": 5})
    write_dicom(root / "a" / "ct.dcm", Modality="CT")
    alone = index_dataset(root, tmp_path / "alone")
    monkeypatch.setattr(inspection, "SMALL_JOB", 2)
    monkeypatch.setattr(inspection, "CHUNK", 3)
    monkeypatch.setattr(inspection, "count_workers", lambda: 2)
    together = index_dataset(root, tmp_path / "together")
    same = ["images", "classes", "splits", "reasons", "fingerprint"]
    assert {key: alone[key] for key in same} == {key: together[key] for key in same}
    assert load_dataset(tmp_path / "alone").index.equals(load_dataset(tmp_path / "together").index)


# What a table or a layout says against an image


@pytest.mark.parametrize("fact", [{"implant": True}, {"acquisition": "synthetic"}])
def test_what_only_the_source_knows_is_asked_about(tmp_path, fact, monkeypatch):
    from mammo_core.datasets.layouts import LAYOUTS
    from mammo_core.datasets.rows import ImageRow, Reading

    files = [write_dicom(tmp_path / "root" / f"{n}.dcm", InstanceNumber=n) for n in range(3)]
    rows = [
        ImageRow(file=file, image_id=file.stem, patient_id=file.stem, label="a", **told)
        for file, told in zip(files, [fact, {}, {}], strict=True)
    ]
    layout = LAYOUTS["class_folders"]
    monkeypatch.setattr(type(layout), "read", lambda self, root: Reading(rows=rows))
    index_dataset(tmp_path / "root", tmp_path / "data", "class_folders")
    index = load_dataset(tmp_path / "data").index.set_index("image_id")
    assert index["gate"].to_dict() == {
        "0": "ask",
        "1": pytest.approx(float("nan"), nan_ok=True),
        "2": pytest.approx(float("nan"), nan_ok=True),
    }
    assert pd.isna(index.loc["0", "split"])


def test_an_archive_is_surveyed_as_the_folder_in_it_and_nothing_stays(tmp_path, monkeypatch):
    root = write_mini_mias(tmp_path / "films")
    archive = pack(root, tmp_path / "films.zip")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert survey_dataset(archive) == survey_dataset(root)
    assert not list((tmp_path / "temporary").iterdir())
