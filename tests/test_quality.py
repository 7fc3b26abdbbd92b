"""The quality report: what a dataset is made of, what it leaks, and how it is kept."""

import json

import pandas as pd
import pytest
from dataset_trees import write_sample, write_table

from mammo_core.cli import main
from mammo_core.datasets import Dataset, index_dataset, load_dataset
from mammo_core.datasets.composition import MAX_VALUES, count_composition, count_splits
from mammo_core.datasets.leakage import (
    count_shared_labels,
    find_copies,
    find_patients_in_two_splits,
)
from mammo_core.datasets.quality import assess_quality, read_quality
from mammo_core.datasets.rows import build_frame

pytestmark = pytest.mark.usefixtures("home")


def make_index(**columns):
    """An index of images named i0, i1, ...; what is not given is missing, or 64 pixels."""
    n = len(next(iter(columns.values())))
    base = {"image_id": [f"i{k}" for k in range(n)], "rows": [64] * n, "columns": [64] * n}
    return build_frame(base | columns)


def make_dataset(folder, index, classes=("normal", "malignant")):
    card = {"name": "made", "classes": list(classes), "fingerprint": "0123456789ab"}
    return Dataset(folder, index, card)


def index_sample(tmp_path):
    write_sample(tmp_path / "raw")
    index_dataset(tmp_path / "raw", tmp_path / "data")
    return load_dataset(tmp_path / "data")


def test_every_table_of_the_composition_counts_every_image():
    index = make_index(
        label=["normal", "malignant", None],
        split=["train", None, "test"],
        age=[49.0, 50.0, None],
        density=["a", "a", "d"],
    )
    tables = count_composition(index, ("normal", "malignant"))
    assert set(tables) == {"split", "age", "density", "size"}
    for table in tables.values():
        assert sum(n for counts in table.values() for n in counts.values()) == 3
    assert list(tables["age"]) == ["40-49", "50-59", "missing"]
    assert tables["density"]["a"] == {"normal": 1, "malignant": 1, "unlabeled": 0}


def test_values_beyond_the_commonest_are_counted_together():
    values = [f"v{k:03d}" for k in range(100) for _ in range(2 if k < MAX_VALUES else 1)]
    table = count_composition(
        make_index(manufacturer=values, label=["normal"] * len(values)), ("normal",)
    )["manufacturer"]
    assert len(table) == MAX_VALUES + 1
    assert table["other"] == {"normal": 100 - MAX_VALUES}
    assert list(table)[-1] == "other"


def test_splits_tell_images_patients_and_classes():
    index = make_index(
        patient_id=["p", "p", "q"], split=["train", "train", None], label=["normal"] * 3
    )
    assert count_splits(index, ("normal", "malignant")) == {
        "missing": {"images": 1, "patients": 1, "classes": {"normal": 1, "malignant": 0}},
        "train": {"images": 2, "patients": 1, "classes": {"normal": 2, "malignant": 0}},
    }


def test_only_patients_in_two_real_splits_leak():
    index = make_index(
        patient_id=["a", "a", "b", "b", "c", "c"],
        split=["train", "test", "train", "train", "test", None],
    )
    assert find_patients_in_two_splits(index) == ["a"]


def test_equal_ends_are_no_copy_until_the_whole_files_agree(tmp_path):
    for name, middle in (("a", b"x"), ("b", b"x"), ("c", b"y")):
        (tmp_path / name).write_bytes(b"head" + middle + b"tail")
    index = make_index(path=["a", "b", "c", "absent"], digest=["same"] * 4, patient_id=[*"abcd"])
    assert find_copies(make_dataset(tmp_path, index)) == [["i0", "i1"]]


def test_known_hashes_of_whole_files_are_not_read_again(tmp_path):
    index = make_index(path=["gone", "lost"], digest=["d", "d"], sha256=["s", "s"])
    assert find_copies(make_dataset(tmp_path, index)) == [["i0", "i1"]]


@pytest.mark.parametrize(("left", "per_patient"), [("normal", False), ("malignant", True)])
def test_labels_given_per_patient_are_noticed(left, per_patient):
    n = 6
    index = make_index(
        patient_id=[f"p{k}" for k in range(n) for _ in "LR"] + ["healthy"] * 2,
        laterality=[*"LR"] * (n + 1),
        label=[left, "malignant"] * n + ["normal"] * 2,
    )
    shared = count_shared_labels(index, "normal")
    assert (shared.patients, shared.same) == (n, n * per_patient)
    assert shared.look_per_patient == per_patient


def test_the_report_holds_what_it_promises_and_is_read_back_as_it_was(tmp_path):
    dataset = index_sample(tmp_path)
    assert read_quality(dataset) is None
    report = assess_quality(dataset, pixels=False)
    assert set(report) >= {
        *("composition", "splits", "leaks", "near_duplicates", "copies", "metadata_auroc"),
        *("markers", "warnings", "seconds"),
    }
    assert read_quality(dataset) == json.loads(json.dumps(report, allow_nan=False))


def test_another_index_has_no_report_yet(tmp_path):
    dataset = index_sample(tmp_path)
    assess_quality(dataset, pixels=False)
    other = Dataset(dataset.path, dataset.index, dataset.card | {"fingerprint": "another"})
    assert read_quality(other) is None


def test_a_report_is_of_the_images_in_use(tmp_path):
    dataset = index_sample(tmp_path)
    assess_quality(dataset, pixels=False)
    decided = Dataset(dataset.path, dataset.index, dataset.card | {"decisions": "0123456789ab"})
    assert read_quality(decided) is None
    judged = Dataset(dataset.path, dataset.index.iloc[1:], dataset.card)
    assert read_quality(judged) is None
    assert read_quality(dataset) is not None


def test_a_dataset_without_labels_gets_its_report(tmp_path):
    index = make_index(patient_id=[*"aabb"], laterality=[*"LRLR"], path=["absent"] * 4)
    report = assess_quality(make_dataset(tmp_path, index, classes=()), pixels=False)
    assert report["metadata_auroc"]["value"] is None
    assert report["composition"]["laterality"]["L"] == {"unlabeled": 2}


def test_a_patient_in_two_splits_is_warned_of(tmp_path):
    rows = [
        {"path": f"{k}.png", "label": "benign" if k % 2 else "normal", "patient_id": f"p{k // 2}"}
        | {"split": "train" if k < 3 else "test"}
        for k in range(8)
    ]
    index_dataset(write_table(tmp_path / "raw", rows), tmp_path / "data")
    report = assess_quality(load_dataset(tmp_path / "data"), pixels=False)
    assert report["leaks"]["patients_in_two_splits"] == ["p1"]
    assert any("more than one split" in warning for warning in report["warnings"])


def test_the_verb_prints_one_object_and_keeps_progress_apart(tmp_path, capsys):
    dataset = index_sample(tmp_path)
    with pytest.raises(SystemExit) as leaving:
        main(["quality", str(dataset.path), "--no-pixels", "--json"])
    out, _ = capsys.readouterr()
    assert not leaving.value.code
    assert json.loads(out) == read_quality(dataset)


def test_no_dataset_is_exit_2_and_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as leaving:
        main(["quality", str(tmp_path / "absent")])
    out, err = capsys.readouterr()
    assert (leaving.value.code, out, len(err.splitlines())) == (2, "", 1)


def test_the_index_is_left_as_it_was(tmp_path):
    dataset = index_sample(tmp_path)
    before = dataset.index.copy()
    assess_quality(dataset, pixels=False)
    pd.testing.assert_frame_equal(dataset.index, before)
