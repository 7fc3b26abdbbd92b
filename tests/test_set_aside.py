"""What the gate says of pixels reaches the dataset, and the user has the last word."""

import json
import shutil
import threading

import pandas as pd
import pytest
from dataset_trees import write_dicom
from made_films import draw_film, draw_noise

from mammo_core.datasets import index_dataset, load_dataset, set_aside
from mammo_core.datasets.set_aside import choose_set_aside, decide, gather_all, read_set_aside
from mammo_core.errors import BadConfiguration, BadDataset
from mammo_core.pixels import cache_folder
from mammo_core.preparation import describe_preparation, prepare_dataset
from mammo_core.preprocess import Preprocess
from mammo_core.verbs.decide import decide as decide_verb

SETTINGS = Preprocess(size=(64, 48))
pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def root(tmp_path):
    """Six films, of which the gate refuses n1 with its pixels, and a file that isn't one."""
    for place in ("n0", "n2", "m0", "m1", "m2"):
        folder = tmp_path / "films" / {"n": "normal", "m": "malignant"}[place[0]]
        folder.mkdir(parents=True, exist_ok=True)
        draw_film(folder / f"{place}.png", sum(map(ord, place)))
    draw_noise(tmp_path / "films" / "normal" / "n1.png", 1)
    (tmp_path / "films" / "normal" / "n9.png").write_bytes(b"no picture")
    return tmp_path / "films"


@pytest.fixture
def dataset(root, tmp_path):
    index_dataset(root, tmp_path / "data")
    return load_dataset(tmp_path / "data")


def refused(dataset):
    return pd.read_csv(dataset.path / "refused.csv").set_index("file")["reason"]


def files_of(dataset):
    return {file.name: file.read_bytes() for file in dataset.path.iterdir() if file.is_file()}


def test_what_the_gate_refuses_leaves_the_index_for_the_refused(dataset):
    settled, cache = prepare_dataset(dataset, SETTINGS)
    assert set(dataset.index["image_id"]) - set(settled.index["image_id"]) == {"n1"}
    assert "noise" in refused(settled)["normal/n1.png"]
    assert "another kind" in refused(settled)["normal/n9.png"]
    assert load_dataset(dataset.path).index.equals(settled.index)
    assert describe_preparation(settled, cache)["n_refused"] == 1


def test_prepared_files_have_their_hash(dataset):
    settled, cache = prepare_dataset(dataset, SETTINGS)
    hashes = settled.index.set_index("image_id")["sha256"]
    assert {name: hashes[name] for name in hashes.index} == {
        name: cache.hashes[name] for name in hashes.index
    }


def test_a_second_preparation_changes_nothing(dataset):
    settled, cache = prepare_dataset(dataset, SETTINGS)
    before = files_of(settled)
    again, same = prepare_dataset(load_dataset(dataset.path), SETTINGS)
    assert files_of(again) == before
    assert same.folder == cache.folder


def test_the_fingerprint_stays_and_the_pixels_with_it(dataset, monkeypatch):
    settled, cache = prepare_dataset(dataset, SETTINGS)
    taken = decide(settled, ["n1"], take=True)
    assert settled.fingerprint == taken.fingerprint == dataset.fingerprint
    monkeypatch.setattr("mammo_core.pixels.fill", None)
    again, same = prepare_dataset(taken, SETTINGS)
    assert "n1" in same.image_ids
    assert same.folder == cache.folder == cache_folder(dataset.fingerprint, SETTINGS)
    assert "n1" in set(again.index["image_id"])


def test_a_taken_image_comes_back_as_it_was(dataset):
    row = dataset.index.set_index("image_id").loc["n1"]
    settled, _ = prepare_dataset(dataset, SETTINGS)
    taken = decide(settled, ["n1"], take=True)
    assert list(taken.index["image_id"]) == list(dataset.index["image_id"])
    now = taken.index.set_index("image_id").loc["n1"]
    assert (now["split"], now["label"], now["gate"]) == (row["split"], row["label"], "taken")
    assert "normal/n1.png" not in refused(taken).index


def test_a_decision_can_be_taken_back(dataset):
    settled, _ = prepare_dataset(dataset, SETTINGS)
    before = settled.index
    decide(settled, ["n1"], take=True)
    left = decide(settled, ["n1"], take=False)
    assert left.index.equals(before)
    assert "noise" in refused(left)["normal/n1.png"]


def test_a_decision_is_told_by_the_version(dataset):
    settled, _ = prepare_dataset(dataset, SETTINGS)
    assert settled.version == settled.fingerprint
    taken = decide(settled, ["n1"], take=True)
    assert taken.version != settled.version
    assert load_dataset(dataset.path).version == taken.version
    assert decide(taken, ["n1"], take=False).version not in (taken.version, settled.version)


@pytest.mark.parametrize("take", [True, False])
def test_a_decision_survives_a_new_index_and_preparation(root, dataset, take):
    settled, _ = prepare_dataset(dataset, SETTINGS)
    decided = decide(settled, ["n1"], take=take)
    index_dataset(root, dataset.path)
    again, _ = prepare_dataset(load_dataset(dataset.path), SETTINGS)
    assert again.index.equals(decided.index)
    assert again.version == decided.version


# Images that their headers make doubtful


@pytest.fixture
def raw(tmp_path):
    """A dataset of four DICOM files, of which `a0` is FOR PROCESSING."""
    for n, label in enumerate("aabb"):
        intent = {"PresentationIntentType": "FOR PROCESSING"} if n == 0 else {}
        file = tmp_path / "raw" / label / f"{label}{n}.dcm"
        write_dicom(file, InstanceNumber=n, **intent)
    index_dataset(tmp_path / "raw", tmp_path / "data")
    return load_dataset(tmp_path / "data")


def test_a_doubtful_image_is_in_no_split_until_it_is_taken(raw):
    asked = raw.index.set_index("image_id").loc["a0"]
    assert (asked["gate"], pd.isna(asked["split"])) == ("ask", True)
    dealt = gather_all(raw).index.set_index("image_id").loc["a0", "split"]
    taken = decide(raw, ["a0"], take=True).index.set_index("image_id").loc["a0"]
    assert (taken["gate"], taken["split"]) == ("taken", dealt)


def test_a_doubtful_image_that_is_left_out_is_refused_with_its_doubt(raw):
    left = decide(raw, ["a0"], take=False)
    assert "a0" not in set(left.index["image_id"])
    assert "FOR PROCESSING" in refused(left)["a/a0.dcm"]


def test_a_decision_on_a_doubt_holds_at_the_next_index(raw, tmp_path):
    taken = decide(raw, ["a0"], take=True)
    answer = index_dataset(tmp_path / "raw", raw.path)
    assert load_dataset(raw.path).index.equals(taken.index)
    assert answer["splits"] == taken.index["split"].value_counts().to_dict()
    assert not any("for a decision" in warning for warning in answer["warnings"])


def test_what_stands_apart_is_listed_with_its_reason(raw):
    apart = read_set_aside(raw)
    assert list(apart["image_id"]) == ["a0"]
    assert apart.loc[0, "verdict"] == "ask"
    assert "FOR PROCESSING" in apart.loc[0, "reason"]
    decide(raw, ["a0"], take=True)
    assert list(read_set_aside(load_dataset(raw.path))["decision"]) == ["take"]


# What cannot be decided, and what goes wrong


def test_an_image_that_stands_nowhere_apart_cannot_be_decided_on(raw):
    with pytest.raises(BadDataset, match="'b3' was not set aside"):
        decide(raw, ["b3"], take=True)


def test_where_all_is_refused_all_can_be_decided_on(dataset, root):
    for seed, file in enumerate(sorted(root.rglob("*.png"))):
        draw_noise(file, seed)
    index_dataset(root, dataset.path)
    with pytest.raises(BadDataset, match=r"None of 7 images.*decide"):
        prepare_dataset(load_dataset(dataset.path), SETTINGS)
    settled = load_dataset(dataset.path)
    assert len(read_set_aside(settled)) == len(refused(settled)) == 7
    taken = decide(settled, ["n1"], take=True)
    assert list(prepare_dataset(taken, SETTINGS)[0].index["image_id"]) == ["n1"]


def test_where_none_can_be_read_all_are_listed(dataset, root):
    for file in root.rglob("*.png"):
        file.write_bytes(file.read_bytes()[:900])
    with pytest.raises(BadDataset, match="None of 6 images"):
        prepare_dataset(dataset, SETTINGS)
    assert not read_set_aside(load_dataset(dataset.path))["has_pixels"].any()


def test_what_cannot_be_read_cannot_be_taken(root, dataset):
    (root / "malignant" / "m1.png").write_bytes((root / "malignant" / "m1.png").read_bytes()[:900])
    settled, _ = prepare_dataset(dataset, SETTINGS)
    assert "m1" not in set(settled.index["image_id"])
    with pytest.raises(BadDataset, match="'m1' cannot be taken"):
        decide(settled, ["m1"], take=True)


def test_a_process_that_dies_while_writing_loses_nothing(dataset, monkeypatch):
    class Death(BaseException):
        """Nothing catches it, as nothing catches a power cut."""

    def die(*arguments):
        raise Death

    with monkeypatch.context() as patch:
        patch.setattr(set_aside, "_write_refused", die)
        with pytest.raises(Death):
            prepare_dataset(dataset, SETTINGS)
    mended, _ = prepare_dataset(load_dataset(dataset.path), SETTINGS)
    assert "noise" in refused(mended)["normal/n1.png"]
    assert set(gather_all(mended).index["image_id"]) == set(dataset.index["image_id"])


def test_a_dataset_that_was_indexed_anew_meanwhile_is_left_alone(root, dataset):
    (root / "normal" / "n2.png").unlink()
    index_dataset(root, dataset.path)
    with pytest.raises(BadDataset, match="indexed anew"):
        prepare_dataset(dataset, SETTINGS)


def test_a_folder_that_cannot_be_written_serves_all_the_same(dataset, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError(30, "Read-only file system")

    before = files_of(dataset)
    monkeypatch.setattr("pandas.DataFrame.to_parquet", refuse)
    settled, _ = prepare_dataset(dataset, SETTINGS)
    assert "n1" not in set(settled.index["image_id"])
    assert files_of(dataset) == before


def test_decisions_at_the_same_time_are_all_kept(dataset, root):
    for seed, name in enumerate(("n0", "n2")):
        draw_noise(root / "normal" / f"{name}.png", seed)
    index_dataset(root, dataset.path)
    settled, _ = prepare_dataset(load_dataset(dataset.path), SETTINGS)
    ids = ["n0", "n1", "n2"]
    threads = [
        threading.Thread(target=decide, args=(settled, [name]), kwargs={"take": True})
        for name in ids
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = load_dataset(dataset.path)
    assert set(ids) <= set(kept.index["image_id"])
    assert set(json.loads((dataset.path / "decisions.json").read_text()).values()) == {"take"}


def test_copies_of_a_file_share_its_decision(root, tmp_path):
    shutil.copy(root / "normal" / "n1.png", root / "normal" / "n5.png")
    index_dataset(root, tmp_path / "twins")
    settled, _ = prepare_dataset(load_dataset(tmp_path / "twins"), SETTINGS)
    taken = decide(settled, ["n1"], take=True)
    assert {"n1", "n5"} <= set(taken.index["image_id"])


# The verb


def test_the_verb_lists_takes_by_reason_and_leaves_by_id(dataset):
    prepare_dataset(dataset, SETTINGS)
    listed = decide_verb(str(dataset.path))
    assert (listed["set_aside"], listed["undecided"]) == (1, 1)
    assert json.loads(json.dumps(listed, allow_nan=False)) == listed
    answer = decide_verb(str(dataset.path), reason="NOISE", take=True)
    assert (answer["decision"], answer["decided"], answer["images"]) == ("take", 1, 6)
    assert decide_verb(str(dataset.path), ["n1"], leave=True)["images"] == 5


def test_the_verb_wants_either_ids_or_a_reason(dataset):
    with pytest.raises(BadConfiguration, match="either ids"):
        decide_verb(str(dataset.path), take=True)
    with pytest.raises(BadDataset, match="nothing was set aside"):
        choose_set_aside(dataset, [], "implant")


def test_the_verb_takes_or_leaves_but_not_both(dataset):
    prepare_dataset(dataset, SETTINGS)
    for choice, told in (({"take": True, "leave": True}, "both"), ({}, "neither")):
        with pytest.raises(BadConfiguration, match=f"--take or --leave.*{told}"):
            decide_verb(str(dataset.path), ["n1"], **choice)
    assert read_set_aside(load_dataset(dataset.path))["decision"].isna().all()
