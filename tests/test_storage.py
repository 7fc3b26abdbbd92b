"""A publication that is stopped at any moment leaves the old dataset or the new one, whole."""

import itertools
import os
import threading

import pytest
from dataset_trees import write_dicom

from mammo_core.datasets import index_dataset, load_dataset, set_aside, storage
from mammo_core.datasets.set_aside import decide, read_set_aside
from mammo_core.datasets.splits import Dealing
from mammo_core.errors import BadDataset, MammoError
from mammo_core.locks import holding

pytestmark = pytest.mark.usefixtures("home")

OLD, NEW = Dealing(0), Dealing(1)


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Twelve films, four of which stand apart by their headers."""
    root = tmp_path_factory.mktemp("films")
    for n in range(12):
        file = root / ("normal" if n % 2 else "malignant") / f"{n}.dcm"
        file.parent.mkdir(exist_ok=True)
        implant = "YES" if n < 4 else "NO"
        write_dicom(
            file, PatientID=f"P{n}", SOPInstanceUID=f"1.2.{n}", BreastImplantPresent=implant
        )
    return root


def state_of(folder):
    """What a dataset says: its fingerprint, splits, and the images that stand apart."""
    dataset = load_dataset(folder)
    splits = tuple(dataset.index["split"].fillna("apart"))
    return dataset.fingerprint, splits, tuple(read_set_aside(dataset)["image_id"])


@pytest.fixture(scope="module")
def states(films, tmp_path_factory):
    """The old dataset's state and the new one's."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAMMO_HOME", str(tmp_path_factory.mktemp("home")))
        for dealing in (OLD, NEW):
            folder = tmp_path_factory.mktemp("state") / "data"
            index_dataset(films, folder, dealing=dealing)
            told.append(state_of(folder))
    return told


def stop_at(patch, number):
    """Let the process end at this replacement of a file, counted from 0."""
    count, replace = itertools.count(), os.replace

    def act(source, target):
        if next(count) == number:
            raise Killed
        replace(source, target)

    patch.setattr(storage.os, "replace", act)
    # a killed process cleans nothing up
    patch.setattr(storage.shutil, "rmtree", lambda *_, **__: None)


def index_until(films, out, number, monkeypatch):
    """Whether indexing ended before its replacement of this number."""
    with monkeypatch.context() as patch:
        stop_at(patch, number)
        try:
            index_dataset(films, out, dealing=NEW)
        except Killed:
            return False
    return True


def test_stopped_at_any_replacement_the_dataset_is_the_old_or_the_new_one(
    films, states, tmp_path, monkeypatch
):
    assert len(states[0][2]) == 4
    met = []
    for number in itertools.count():
        out = tmp_path / str(number) / "data"
        index_dataset(films, out, dealing=OLD)
        is_done = index_until(films, out, number, monkeypatch)
        met.append(states.index(state_of(out)))
        assert states.index(state_of(out)) == met[-1]
        if is_done:
            break
    assert met == sorted(met)
    assert met.count(0) >= 1
    assert met.count(1) >= 4


def test_a_first_index_that_was_stopped_can_be_indexed_again(films, states, tmp_path, monkeypatch):
    for number in itertools.count():
        out = tmp_path / str(number) / "data"
        is_done = index_until(films, out, number, monkeypatch)
        index_dataset(films, out, dealing=OLD)
        assert state_of(out) == states[0]
        assert not (out / storage.PENDING).exists()
        if is_done:
            break


def test_a_decision_and_an_index_at_once_never_mix(films, states, tmp_path, monkeypatch):
    out = tmp_path / "data"
    index_dataset(films, out, dealing=OLD)
    indexing = threading.Thread(target=index_dataset, args=(films, out), kwargs={"dealing": NEW})
    read = set_aside._digests_of

    def read_while_indexing(*arguments):
        indexing.start()
        indexing.join(1.0)
        return read(*arguments)

    monkeypatch.setattr(set_aside, "_digests_of", read_while_indexing)
    decide(load_dataset(out), [states[0][2][0]], take=True)
    indexing.join()
    fingerprint, _, apart = state_of(out)
    assert (fingerprint, apart) == (states[1][0], states[1][2])


def test_a_decision_is_not_written_over_an_index_from_another_home(
    films, states, tmp_path, monkeypatch
):
    out = tmp_path / "data"
    index_dataset(films, out, dealing=OLD)
    read = set_aside._digests_of

    def index_elsewhere(*arguments):
        index_dataset(films, out, dealing=NEW)  # this thread holds the lock, as if it had none
        return read(*arguments)

    monkeypatch.setattr(set_aside, "_digests_of", index_elsewhere)
    with pytest.raises(BadDataset, match="indexed anew"):
        decide(load_dataset(out), [states[0][2][0]], take=True)
    assert state_of(out)[0] == states[1][0]


def test_a_second_index_into_the_same_folder_at_once_is_told(films, states, tmp_path):
    out = tmp_path / "data"
    met = []

    def index_second():
        try:
            index_dataset(films, out, dealing=NEW)
        except MammoError as error:
            met.append(str(error))

    def start_second(done, total, doing):
        if done == 1:
            thread = threading.Thread(target=index_second)
            thread.start()
            thread.join()

    index_dataset(films, out, dealing=OLD, progress=start_second)
    assert "Another process is indexing" in met[0]
    assert state_of(out) == states[0]


def test_an_index_waits_for_whoever_changes_the_dataset(films, states, tmp_path):
    out = tmp_path / "data"
    index_dataset(films, out, dealing=OLD)
    indexing = threading.Thread(target=index_dataset, args=(films, out), kwargs={"dealing": NEW})
    with holding(out):
        indexing.start()
        indexing.join(1.0)
        assert state_of(out) == states[0]
    indexing.join()
    assert state_of(out) == states[1]
