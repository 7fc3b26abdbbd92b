"""Whatever ends a training, what was finished before is whole and the next one goes on from it."""

import logging
import os

import numpy as np
import pytest

from mammo_core.errors import BadConfiguration, BadModel, MammoError
from mammo_core.training.checkpoint import (
    CHECKPOINTS,
    RunState,
    delete_state,
    load_state,
    remove_leftovers,
    save_state,
)
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.obstacles import check_memory, check_writable

GIB = 2**30


def make_state(epoch):
    rows = [{"epoch": n + 1, "stage": "images", "loss": 1.0 / (n + 1)} for n in range(epoch)]
    weights = [np.full((50, 40), float(epoch)), np.arange(7.0)]
    return RunState(epoch=epoch, rows=rows, variables=weights, weights=weights, best=weights)


@pytest.fixture
def folder(tmp_path):
    """A training's folder after its third epoch."""
    for epoch in (1, 2, 3):
        save_state(tmp_path, make_state(epoch))
    return tmp_path


def test_the_newest_checkpoint_is_gone_on_from(folder):
    assert load_state(folder).epoch == 3


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.999])
def test_after_a_checkpoint_that_was_cut_off_the_one_before_serves(folder, share, caplog):
    newest = folder / CHECKPOINTS[0]
    content = newest.read_bytes()
    newest.write_bytes(content[: int(share * len(content))])
    assert load_state(folder).epoch == 2
    assert "Going on from the epoch before it, 2" in caplog.text


def test_one_changed_byte_of_the_weights_is_noticed(folder):
    newest = folder / CHECKPOINTS[0]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 0xFF
    newest.write_bytes(content)
    assert load_state(folder).epoch == 2


def test_a_training_that_was_killed_between_two_moves_goes_on_from_the_one_before(folder):
    (folder / CHECKPOINTS[0]).unlink()
    assert load_state(folder).epoch == 2


def test_two_damaged_checkpoints_are_told_of_and_nothing_begins_anew(folder):
    for name in CHECKPOINTS:
        (folder / name).write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(BadModel, match="is damaged"):
        load_state(folder)


def test_a_disk_that_fills_up_leaves_the_checkpoint_before(folder, monkeypatch):
    def fill_up(stream, **arrays):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", fill_up)
    with pytest.raises(MammoError, match=r"checkpoint\.npz: No space left"):
        save_state(folder, make_state(4))
    monkeypatch.undo()
    assert load_state(folder).epoch == 3
    assert sorted(path.name for path in folder.iterdir()) == sorted((*CHECKPOINTS, "history.csv"))


def test_a_finished_training_leaves_no_checkpoint(folder):
    delete_state(folder)
    assert [path.name for path in folder.iterdir()] == ["history.csv"]
    assert load_state(folder).epoch == 0


def test_what_a_kill_left_half_written_goes_and_all_else_stays(folder):
    before = sorted(path.name for path in folder.iterdir())
    for name in (".checkpoint.npz.71.ab12.tmp", ".model.keras.71.ab12.keras"):
        (folder / name).write_bytes(b"half")
    remove_leftovers(folder)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_folder_that_is_not_there_has_no_leftovers(tmp_path):
    remove_leftovers(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_whole_checkpoint_says_nothing(folder, caplog):
    caplog.set_level(logging.INFO)
    load_state(folder)
    assert not caplog.records


def test_batches_that_no_memory_holds_are_refused_with_what_would_fit():
    config = TrainingConfiguration(batch_size=512, image_size=(2048, 1024))
    with pytest.raises(BadConfiguration, match="'batch_size' must be at most") as refused:
        check_memory(config, 16 * GIB)
    allowed = int(str(refused.value).split("at most ")[1].split()[0])
    fitting = TrainingConfiguration(batch_size=allowed, image_size=(2048, 1024))
    check_memory(fitting, 16 * GIB)


def test_only_the_recipe_with_patches_counts_them():
    settings = {"patch_batch_size": 100_000, "image_size": (128, 128), "patch_size": 128}
    with pytest.raises(BadConfiguration, match="patch_batch_size"):
        check_memory(TrainingConfiguration(**settings), 16 * GIB)
    check_memory(TrainingConfiguration(recipe="whole_image", **settings), 16 * GIB)


def test_two_views_need_twice_the_memory_of_one():
    allowed = []
    for architecture in ("compact_cnn", "two_view"):
        known = {"recipe": "whole_image", "image_size": (2048, 1024), "batch_size": 99_999}
        with pytest.raises(BadConfiguration) as refused:
            check_memory(TrainingConfiguration(architecture=architecture, **known), 16 * GIB)
        allowed.append(int(str(refused.value).split("at most ")[1].split()[0]))
    assert allowed[1] == allowed[0] // 2


def test_usual_settings_fit_a_small_machine():
    check_memory(TrainingConfiguration(), 4 * GIB)


def test_a_folder_that_allows_nothing_is_named_before_anything_is_prepared(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)
    with pytest.raises(MammoError, match="choose another --out"):
        check_writable(tmp_path / "models" / "new")
    (tmp_path / "mine").mkdir()
    check_writable(tmp_path / "mine" / "new")
