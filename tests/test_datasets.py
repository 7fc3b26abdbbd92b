"""An index is whole or the earlier one stays; what it says can be read back."""

import hashlib
import json
import os
import shutil
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from dataset_trees import (
    TREES,
    write_class_folders,
    write_dicom,
    write_mini_mias,
    write_picture,
    write_sample,
    write_table,
)
from PIL import Image
from pydicom.uid import CTImageStorage

from mammo_core.datasets import LAYOUTS, index_dataset, list_datasets, load_dataset, storage
from mammo_core.datasets.rows import COLUMNS
from mammo_core.datasets.splits import Dealing
from mammo_core.errors import BadDataset, BadTable, Cancelled, MammoError, UnreadableFile
from mammo_core.paths import REPOSITORY

pytestmark = pytest.mark.usefixtures("home")


def content_of(folder):
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def films(tmp_path):
    return write_mini_mias(tmp_path / "films")


@pytest.fixture
def earlier(films, tmp_path):
    """A dataset that was indexed before."""
    index_dataset(films, tmp_path / "data")
    return tmp_path / "data"


# What an index holds


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_columns_of_the_same_types(name, tmp_path):
    answer = index_dataset(TREES[name](tmp_path / "root"), tmp_path / "data")
    index = pd.read_parquet(tmp_path / "data" / "index.parquet")
    types = {column: str(kind) for column, kind in index.dtypes.items() if column != "tag"}
    assert (answer["format"], types) == (name, COLUMNS)
    assert list(types) == list(COLUMNS)
    assert ("tag" in index) == (name == "sample")


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_answer_counts_what_the_index_holds(name, tmp_path):
    answer = index_dataset(TREES[name](tmp_path / "root"), tmp_path / "data")
    index = pd.read_parquet(tmp_path / "data" / "index.parquet")
    refused = pd.read_csv(tmp_path / "data" / "refused.csv")
    assert answer["images"] == len(index)
    assert answer["patients"] == index["patient_id"].nunique()
    assert answer["classes"] == Counter(index["label"].dropna())
    assert answer["splits"] == Counter(index["split"])
    assert answer["refused"] == len(refused) == sum(answer["reasons"].values())
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.parametrize("name", LAYOUTS)
def test_files_are_found_again_and_are_those_that_were_hashed(name, tmp_path):
    index_dataset(TREES[name](tmp_path / "root"), tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    for image_id, digest in zip(dataset.index["image_id"], dataset.index["digest"], strict=True):
        content = dataset.file_of(image_id).read_bytes()
        ends = content if len(content) <= 131_072 else content[:65_536] + content[-65_536:]
        assert hashlib.sha256(len(content).to_bytes(8, "big") + ends).hexdigest() == digest
    assert dataset.index["sha256"].isna().all()


def test_a_film_has_its_circles_as_a_mask_in_its_own_grid(films, tmp_path):
    index_dataset(films, tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    mask = dataset.read_mask("mdb001")
    assert mask.shape == (64, 64)
    rows, columns = np.nonzero(mask)
    k = 1024 / 64
    assert rows.mean() * k == pytest.approx(1024 - 425, abs=k)
    assert columns.mean() * k == pytest.approx(535, abs=k)
    assert mask.sum() * k * k == pytest.approx(np.pi * 197**2, rel=0.05)
    path = dataset.index.set_index("image_id").loc["mdb001", "mask_path"]
    assert not os.path.isabs(path)
    assert (tmp_path / "data" / path).is_file()


def test_an_image_without_a_lesion_has_no_mask(earlier):
    dataset = load_dataset(earlier)
    assert dataset.mask_of("mdb002") is None
    assert dataset.read_mask("mdb059") is None


def test_the_spacing_of_a_reduced_film_is_that_of_its_own_pixels(earlier):
    assert load_dataset(earlier).index["pixel_spacing_mm"].eq(0.2 * 1024 / 64).all()


def test_the_header_speaks_where_the_layout_is_silent(tmp_path):
    for n, label in enumerate("aabb"):
        write_dicom(
            tmp_path / "root" / label / f"{n}.dcm",
            Manufacturer="ACME",
            ImageLaterality="R",
            ViewPosition="CC",
            PatientAge="061Y",
            PixelSpacing=[0.1, 0.1],
            InstanceNumber=n,
        )
    index_dataset(tmp_path / "root", tmp_path / "data")
    first = load_dataset(tmp_path / "data").index.iloc[0]
    assert (first["manufacturer"], first["laterality"], first["view"]) == ("ACME", "R", "CC")
    assert (first["age"], first["pixel_spacing_mm"]) == (61, 0.1)


def test_files_that_are_no_mammogram_are_refused_and_the_rest_is_taken(tmp_path):
    root = write_class_folders(tmp_path / "root", {"a": 2, "b": 2})
    write_dicom(root / "a" / "ct.dcm", Modality="CT", SOPClassUID=CTImageStorage)
    (root / "b" / "broken.png").write_bytes(b"no picture")
    answer = index_dataset(root, tmp_path / "data")
    refused = pd.read_csv(tmp_path / "data" / "refused.csv").set_index("file")["reason"]
    assert (answer["images"], answer["refused"]) == (4, 2)
    assert "modality CT" in refused["a/ct.dcm"]
    assert "another kind" in refused["b/broken.png"]


def test_what_a_person_should_look_at_is_in_no_split(tmp_path):
    root = tmp_path / "root"
    for label in "ab":
        write_class_folders(root, {label: 4})
    write_dicom(root / "a" / "raw.dcm", PresentationIntentType="FOR PROCESSING")
    answer = index_dataset(root, tmp_path / "data")
    index = load_dataset(tmp_path / "data").index.set_index("image_id")
    assert index.loc["raw", "gate"] == "ask"
    assert pd.isna(index.loc["raw", "split"])
    assert index.drop("raw")["split"].notna().all()
    assert any("FOR PROCESSING" in warning for warning in answer["warnings"])


def test_a_mask_named_by_a_table_is_honored_only_where_it_fits(tmp_path):
    root = tmp_path / "root"
    rows = [
        {"path": f"{n}.png", "label": "benign" if n else "normal", "mask_path": mask}
        for n, mask in enumerate(["", "good_mask.png", "small_mask.png", "absent_mask.png"])
    ]
    write_table(root, rows)
    write_picture(root / "good_mask.png", 100)
    write_picture(root / "small_mask.png", 101, shape=(40, 40))
    answer = index_dataset(root, tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    assert answer["masks"] == 1
    assert dataset.read_mask("1").shape == (40, 32)
    assert [dataset.mask_of(name) for name in "023"] == [None] * 3
    told = " ".join(answer["warnings"])
    assert "another size" in told
    assert "absent" in told


def test_copies_are_told_with_how_they_differ(tmp_path):
    root = write_class_folders(tmp_path / "root", {"benign": 3, "malignant": 3})
    (root / "malignant" / "copy.png").write_bytes((root / "benign" / "benign0.png").read_bytes())
    warnings = " ".join(index_dataset(root, tmp_path / "data")["warnings"])
    assert "2 files are copies" in warnings
    assert "differ in their label" in warnings


def test_imbalance_few_patients_and_leaks_are_told(tmp_path):
    rows = [
        {"path": f"{n}.png", "label": "normal" if n else "malignant", "patient_id": f"p{n // 2}",
         "split": "train" if n % 2 else "test"}
        for n in range(12)
    ]  # fmt: skip
    told = " ".join(index_dataset(write_table(tmp_path / "r", rows), tmp_path / "d")["warnings"])
    assert "Imbalance: 11 images of normal against 1 of malignant" in told
    assert "Class malignant has too few patients" in told
    assert "Leak: 6 patients" in told


def test_a_layouts_own_split_is_kept(tmp_path):
    answer = index_dataset(write_sample(tmp_path / "r", split="test"), tmp_path / "data")
    assert answer["splits"] == {"test": 8}


def test_classes_come_mildest_first(tmp_path):
    counts = {"cancer": 2, "zebra": 2, "normal": 2, "Benign": 2, "apple": 2}
    index_dataset(write_class_folders(tmp_path / "root", counts), tmp_path / "data")
    expected = ("normal", "benign", "apple", "zebra", "cancer")
    assert load_dataset(tmp_path / "data").classes == expected


# Same input, same dataset


def test_the_fingerprint_depends_on_what_is_said_and_not_on_where_it_lies(films, tmp_path):
    one = index_dataset(films, tmp_path / "one")["fingerprint"]
    assert index_dataset(films, tmp_path / "two")["fingerprint"] == one
    moved = films.rename(tmp_path / "moved")
    assert index_dataset(moved, tmp_path / "three")["fingerprint"] == one
    assert index_dataset(moved, tmp_path / "four", dealing=Dealing(1))["fingerprint"] != one
    write_picture(moved / "mdb001.png", 999, (64, 64))
    assert index_dataset(moved, tmp_path / "five")["fingerprint"] != one


def test_indexing_again_changes_no_byte(films, earlier):
    before = content_of(earlier)
    index_dataset(films, earlier)
    assert content_of(earlier) == before


def test_masks_of_an_earlier_index_are_dropped(films, earlier):
    info = films / "Info.txt"
    info.write_text(info.read_text().replace("535 425 197", "535 425 100"))
    index_dataset(films, earlier)
    dataset = load_dataset(earlier)
    used = {dataset.mask_of(i) for i in dataset.index["image_id"]} - {None}
    assert set(earlier.rglob("*.png")) == used


# Where a dataset lies


def test_a_dataset_may_lie_beside_its_files_and_move_with_them(tmp_path):
    root = write_sample(tmp_path / "sample_data")
    raw = content_of(root)
    index_dataset(root, root)
    index_dataset(root, root)
    assert {name: content_of(root)[name] for name in raw} == raw
    index = pd.read_parquet(root / "index.parquet")
    assert not index["path"].map(os.path.isabs).any()
    assert str(tmp_path) not in (root / "dataset.json").read_text()
    dataset = load_dataset(root.rename(tmp_path / "moved"))
    assert dataset.file_of("S00001_RCC").is_file()
    assert dataset.read_mask("S00001_RCC").any()


def test_the_sample_in_the_home_comes_first_and_others_as_they_were_indexed(home, tmp_path, films):
    index_dataset(films, tmp_path / "elsewhere")
    index_dataset(films, home / ".mammo" / "datasets" / "inside")
    index_dataset(write_sample(home / "sample_data"), home / "sample_data")
    assert [dataset.name for dataset in list_datasets()] == ["sample_data", "inside", "elsewhere"]
    assert [dataset.synthetic for dataset in list_datasets()] == [True, False, False]
    noted = json.loads((home / ".mammo" / "datasets.json").read_text())
    assert noted == [str(tmp_path / "elsewhere")]
    assert load_dataset("elsewhere").path == tmp_path / "elsewhere"


def test_two_datasets_of_one_folder_name_have_names_of_their_own(films, tmp_path):
    first = index_dataset(films, tmp_path / "a" / "data")["name"]
    second = index_dataset(films, tmp_path / "b" / "data")["name"]
    again = index_dataset(films, tmp_path / "b" / "data")["name"]
    assert first != second == again
    assert load_dataset(second).path == tmp_path / "b" / "data"


def test_a_dataset_that_is_gone_is_not_listed(earlier, tmp_path):
    earlier.rename(tmp_path / "gone")
    assert list_datasets() == []


# What is asked of a dataset


def test_select_gives_the_rows_of_a_split(earlier):
    dataset = load_dataset(earlier)
    parts = [dataset.select(split) for split in ("train", "test")]
    assert all(part["split"].nunique() == 1 for part in parts)
    assert len(dataset.select("all")) == len(dataset.index)


def test_select_refuses_splits_that_are_unknown_or_empty(tmp_path):
    index_dataset(write_sample(tmp_path / "r", split="test"), tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    with pytest.raises(BadDataset, match="one of train, val, test"):
        dataset.select("dev")
    with pytest.raises(BadDataset, match="no image in split val; it has: test 8"):
        dataset.select("val")


def test_an_unknown_image_is_refused_with_an_example(earlier):
    with pytest.raises(BadDataset, match="no image 'nobody'; ids look like mdb001"):
        load_dataset(earlier).file_of("nobody")


@pytest.mark.parametrize("name", ["index.parquet", "dataset.json"])
def test_a_dataset_with_a_part_missing_is_refused(earlier, name):
    (earlier / name).unlink()
    with pytest.raises(BadDataset, match=name):
        load_dataset(earlier)


@pytest.mark.parametrize("name", ["index.parquet", "dataset.json"])
def test_a_damaged_dataset_is_refused(earlier, name):
    content = (earlier / name).read_bytes()
    (earlier / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(BadDataset, match=name):
        load_dataset(earlier)


def test_parts_of_two_indexes_are_not_taken_for_one(films, earlier, tmp_path):
    index_dataset(films, tmp_path / "other", dealing=Dealing(5))
    (tmp_path / "other" / "index.parquet").replace(earlier / "index.parquet")
    with pytest.raises(BadDataset, match="belong together"):
        load_dataset(earlier)


@pytest.mark.parametrize("what", ["nothing", "films"])
def test_what_is_no_dataset_is_refused_with_the_known_names(earlier, tmp_path, what):
    with pytest.raises(BadDataset, match="known names: data"):
        load_dataset(tmp_path / what)


# Bad input leaves the earlier dataset alone


def make_missing(root):
    return root / "missing"


def make_empty(root):
    root.mkdir()
    return root


def make_file(root):
    root.write_text("no folder")
    return root


def make_unlabeled(root):
    root.mkdir()
    (root / "t.csv").write_text("path,age\na.png,3\n")
    return root


def make_useless(root):
    write_class_folders(root, {"a": 1, "b": 1})
    for file in root.rglob("*.png"):
        file.write_text("no picture")
    return root


def make_repeated(root):
    rows = [{"path": f"{n}.png", "label": "x", "image_id": "same"} for n in range(2)]
    return write_table(root, rows)


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (make_missing, UnreadableFile, "found no "),
        (make_empty, BadDataset, "is empty"),
        (make_file, BadTable, "got file"),
        (make_unlabeled, BadDataset, "columns path, age"),
        (make_useless, BadDataset, "2 x Expected DICOM, PNG"),
        (make_repeated, BadTable, "'same' stands for several"),
    ],
)
def test_bad_input_is_told_in_a_line_and_the_earlier_dataset_stays(
    earlier, tmp_path, make, error, told
):
    before = content_of(earlier)
    with pytest.raises(error, match=told):
        index_dataset(make(tmp_path / "bad"), earlier, replacing=True)
    assert content_of(earlier) == before


def test_the_column_that_a_folders_one_table_lacks_is_named(tmp_path):
    with pytest.raises(BadDataset, match=r"t\.csv lacks a column of labels \(label,") as told:
        index_dataset(make_unlabeled(tmp_path / "root"), tmp_path / "data")
    assert len(str(told.value)) < 600


def test_a_disk_is_not_taken_for_class_folders(tmp_path, monkeypatch):
    monkeypatch.setattr("mammo_core.datasets.layouts.class_folders.MOST_OTHERS", 10)
    root = write_class_folders(tmp_path / "root", {"a": 11, "c": 1})
    (root / "b").mkdir()
    for n in range(22):
        (root / "b" / f"{n}.txt").touch()
    assert index_dataset(root, tmp_path / "data")["images"] == 12
    (root / "b" / "more.txt").touch()
    with pytest.raises(BadDataset, match="more than 10 files that are no images"):
        index_dataset(root, tmp_path / "data")


def test_how_plain_pictures_can_be_indexed_is_told(tmp_path):
    for n in range(3):
        write_picture(tmp_path / "root" / f"{n}.jpg", n)
    with pytest.raises(BadDataset, match="sub-folders called by their classes, or a table"):
        index_dataset(tmp_path / "root", tmp_path / "data")


def test_an_unknown_format_is_refused_with_the_known_ones(films, tmp_path):
    with pytest.raises(BadDataset, match="known are: sample, mini_mias"):
        index_dataset(films, tmp_path / "data", "dicomdir")


def test_a_folder_that_may_not_be_read_is_told(films, earlier, monkeypatch):
    before = content_of(earlier)

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.iterdir", refuse)
        with pytest.raises(UnreadableFile, match="Permission denied"):
            index_dataset(films, earlier)
    assert content_of(earlier) == before


def test_a_file_that_may_not_be_read_is_refused_and_the_rest_is_taken(films, tmp_path, monkeypatch):
    def refuse(path):
        if path.name == "mdb001.png":
            raise PermissionError(13, "Permission denied", str(path))
        return "0" * 64

    monkeypatch.setattr("mammo_core.datasets.inspection.digest_file", refuse)
    answer = index_dataset(films, tmp_path / "data")
    assert answer["reasons"]["Cannot be read: Permission denied"] == 1
    assert answer["images"] == 8


def fail_with_full_disk(*arguments, **options):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "place",
    [
        "mammo_core.datasets.inspection.write_mask",
        "pandas.DataFrame.to_parquet",
        "pandas.DataFrame.to_csv",
        "mammo_core.datasets.indexing.write_json",
    ],
)
def test_a_full_disk_is_told_and_leaves_the_earlier_dataset(earlier, films, monkeypatch, place):
    before = content_of(earlier)
    monkeypatch.setattr(place, fail_with_full_disk)
    with pytest.raises(MammoError, match="No space left on device"):
        index_dataset(films, earlier, dealing=Dealing(3))
    assert content_of(earlier) == before


@pytest.mark.parametrize("stop", [Cancelled("Stopped by the user"), KeyboardInterrupt()])
def test_an_interrupted_index_leaves_the_earlier_dataset(earlier, films, stop):
    before = content_of(earlier)

    def interrupt(done, total, doing):
        if done == 3:
            raise stop

    with pytest.raises(type(stop)):
        index_dataset(films, earlier, dealing=Dealing(3), progress=interrupt)
    assert content_of(earlier) == before


def test_a_failed_first_index_leaves_nothing(films, tmp_path):
    def interrupt(done, total, doing):
        raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        index_dataset(films, tmp_path / "data", progress=interrupt)
    assert not (tmp_path / "data").exists()


def test_what_a_killed_index_left_is_swept_away(films, earlier):
    left = earlier / ".index.999999999.tmp" / "masks"
    left.mkdir(parents=True)
    index_dataset(films, earlier)
    assert not left.exists()


def test_an_index_that_is_not_ours_is_never_overwritten(films, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "index.parquet").write_bytes(b"somebody's")
    with pytest.raises(BadDataset, match="no dataset's"):
        index_dataset(films, tmp_path / "data")
    assert (tmp_path / "data" / "index.parquet").read_bytes() == b"somebody's"


def test_a_file_cannot_be_the_datasets_folder(films, tmp_path):
    (tmp_path / "data").write_text("mine")
    with pytest.raises(BadDataset, match="Expected a folder"):
        index_dataset(films, tmp_path / "data")


def test_a_home_that_cannot_be_written_costs_the_name_only(films, tmp_path, home):
    home.write_text("a file where the home should be")
    answer = index_dataset(films, tmp_path / "data")
    assert "by its path only" in answer["warnings"][-1]
    assert len(load_dataset(tmp_path / "data").index) == answer["images"]


def test_progress_counts_every_image(films, tmp_path):
    seen = []
    index_dataset(films, tmp_path / "data", progress=lambda *report: seen.append(report))
    assert [done for done, _, _ in seen] == list(range(1, 10))
    assert {total for _, total, _ in seen} == {9}


def test_a_mask_picture_is_black_and_white(earlier):
    (mask,) = (file for file in earlier.rglob("mdb001.png"))
    assert set(np.unique(np.asarray(Image.open(mask)))) == {0, 255}


def test_files_are_put_in_place_by_the_index_first(earlier, films, monkeypatch):
    before = content_of(earlier)

    def lock(source, target):
        raise PermissionError(13, "The file is in use", str(target))

    monkeypatch.setattr(storage.os, "replace", lock)
    with pytest.raises(MammoError, match="in use"):
        index_dataset(films, earlier, dealing=Dealing(3))
    assert content_of(earlier) == before


@pytest.mark.real
def test_the_real_films_are_counted_as_published(real_data, tmp_path):
    answer = index_dataset(real_data / "mini_mias", tmp_path / "data")
    assert (answer["images"], answer["patients"], answer["refused"]) == (157, 80, 3)
    assert answer["classes"] == {"normal": 100, "benign": 33, "malignant": 24}
    assert answer["masks"] == 56
    index = load_dataset(tmp_path / "data").index
    assert index.groupby("patient_id")["split"].nunique().max() == 1


def test_a_collection_of_datasets_is_not_taken_for_classes(films, tmp_path, home):
    collection = tmp_path / "collection"
    (collection / "others").mkdir(parents=True)
    (collection / "others" / "cat.jpg").write_bytes(b"a cat")
    shutil.copytree(films, collection / "films")
    with pytest.raises(BadDataset, match="holds films, which is of the layout mini_mias"):
        index_dataset(collection, tmp_path / "out")


def test_the_shipped_index_is_that_of_the_shipped_files(tmp_path):
    shipped = load_dataset(REPOSITORY / "sample_data")
    index_dataset(shipped.path, tmp_path / "data")
    assert load_dataset(tmp_path / "data").fingerprint == shipped.fingerprint
    assert shipped.index["gate"].isna().all()
    for image_id, digest in zip(shipped.index["image_id"], shipped.index["sha256"], strict=True):
        assert hashlib.sha256(shipped.file_of(image_id).read_bytes()).hexdigest() == digest
