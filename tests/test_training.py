"""A training learns, repeats itself, obeys its settings and goes on where it was stopped."""

import csv
import weakref

import numpy as np
import pytest

from mammo_core.augmentation.motion import STILL, Motion
from mammo_core.errors import BadConfiguration, BadModel, Cancelled, MammoError
from mammo_core.history import read_history
from mammo_core.training.batches import ImageBatches, make_patch_batches
from mammo_core.training.checkpoint import RunState, load_state, save_state, write_history
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import TrainingData, prefetch
from mammo_core.training.patches import (
    Spot,
    cut_mask,
    find_lesion_spots,
    frame_mask,
    label_positions,
    place_patch,
    weigh_classes,
)
from mammo_core.types import no_progress

CLASSES = ("normal", "malignant")
UNBROKEN = {"epochs": 4, "learning_rate": 4e-3, "recipe": "whole_image", "dropout": 0.3}
SMALL = {
    "recipe": "whole_image",
    "image_size": (64, 48),
    "batch_size": 8,
    "augmentation": "none",
    "patience": 99,
}


PATCHES = SMALL | {
    "recipe": "patch_to_image",
    "patch_size": 32,
    "patch_batch_size": 8,
    "patches_a_lesion": (1, 2),
}


@pytest.fixture(scope="module")
def data():
    """48 noisy images; the malignant ones hold a bright spot, known by its mask."""
    rng = np.random.default_rng(0)
    pixels = rng.uniform(12_000, 20_000, (48, 64, 48)).astype(np.uint16)
    labels = np.arange(48) % 2
    for image in np.flatnonzero(labels):
        row, column = rng.integers(12, 52), rng.integers(12, 36)
        pixels[image, row - 4 : row + 5, column - 4 : column + 5] = 60_000
    return make_data(pixels, labels, np.arange(32), np.arange(32, 48))


def make_data(pixels, labels, train, val):
    with_lesion = frozenset(int(position) for position in train if labels[position])
    read_mask = {p: (pixels[p] > 40_000).astype(np.float32) for p in with_lesion}.__getitem__
    return TrainingData(pixels, labels, train, val, CLASSES, with_lesion, read_mask)


def history(folder):
    return list(csv.DictReader((folder / "history.csv").open()))


def losses(folder):
    return np.array([float(row["loss"]) for row in history(folder)])


def run(folder, data, progress=no_progress, **settings):
    from mammo_core.training.loop import run_stages

    config = TrainingConfiguration(**SMALL | settings)
    return run_stages(folder, data, config, load_state(folder), progress)


class TestConfiguration:
    @pytest.mark.parametrize(
        "bad",
        [
            {"epochs": 0},
            {"epochs": -1},
            {"epochs": 10**9},
            {"batch_size": 0},
            {"batch_size": 10**9},
            {"patience": 0},
            {"image_size": (0, 0)},
            {"image_size": (320, 8)},
            {"learning_rate": float("nan")},
            {"weight_decay": float("nan")},
            {"focal_gamma": float("inf")},
            {"learning_rate": 0.0},
            {"weight_decay": -0.1},
            {"dropout": 1.0},
            {"patch_learning_rate": 2.0},
            {"patch_size": 400},
            {"patches_a_lesion": (1, 0)},
            {"patches_a_lesion": (10**6, 1)},
            {"seed": -1},
            {"seed": 2**32},
            {"augmentation": "mirror"},
        ],
    )
    def test_a_value_that_cannot_work_is_refused_by_its_key(self, bad):
        with pytest.raises(BadConfiguration, match=next(iter(bad))):
            TrainingConfiguration(**bad)


class TestBatches:
    def test_an_epoch_holds_every_training_image_once(self, data):
        batches = ImageBatches(data, TrainingConfiguration(**SMALL))
        epoch = list(batches.epoch(0))
        assert len(epoch) == len(batches)
        assert sum(len(labels) for _, labels, _ in epoch) == len(data.train)
        assert all(images.dtype == np.float32 and images.max() <= 1 for images, _, _ in epoch)

    def test_order_depends_on_seed_and_epoch_alone(self, data):
        def order(seed, epoch):
            batches = ImageBatches(data, TrainingConfiguration(**SMALL, seed=seed))
            return np.concatenate([batch[0].sum(axis=(1, 2, 3)) for batch in batches.epoch(epoch)])

        np.testing.assert_array_equal(order(1, 2), order(1, 2))
        assert not np.array_equal(order(1, 2), order(1, 3))
        assert not np.array_equal(order(1, 2), order(2, 2))

    def test_class_weights_balance_the_classes(self, data):
        few = make_data(data.pixels, data.labels, np.array([0, 2, 4, 1]), data.val)
        (_, labels, weights), *_ = ImageBatches(few, TrainingConfiguration(**SMALL)).epoch(0)
        np.testing.assert_allclose(np.bincount(labels, weights), [2.0, 2.0])

    def test_prefetching_changes_nothing(self):
        assert list(prefetch(iter(range(1, 50)))) == list(range(1, 50))

    def test_a_fault_while_prefetching_is_raised_where_the_batch_is_used(self):
        def faulty():
            yield 1
            raise OSError("disk gone")

        with pytest.raises(OSError, match="disk gone"):
            list(prefetch(faulty()))


class TestPatches:
    def test_a_position_has_the_class_of_what_lies_at_its_center(self):
        mask = np.zeros((64, 48), np.uint8)
        mask[16:24, 8:24] = 255
        labels, is_sure = label_positions(mask, (8, 6), label=2)
        expected = np.zeros((8, 6), int)
        expected[2, 1:3] = 2
        np.testing.assert_array_equal(labels.reshape(8, 6), expected)
        assert is_sure.all()

    def test_the_edge_of_a_lesion_is_neither(self):
        mask = np.zeros((64, 48), np.uint8)
        mask[16:25, 8:16] = 255
        labels, is_sure = label_positions(mask, (8, 6), label=1)
        assert labels.reshape(8, 6)[2, 1] == 1
        assert np.flatnonzero(~is_sure).tolist() == [3 * 6 + 1]

    def test_the_smallest_lesion_has_a_position(self):
        mask = np.zeros((64, 48), np.uint8)
        mask[33, 17] = 255
        labels, is_sure = label_positions(mask, (8, 6), label=1)
        assert np.flatnonzero(labels).tolist() == [4 * 6 + 2]
        assert is_sure.all()

    def test_an_image_without_a_lesion_is_plain_everywhere(self):
        labels, is_sure = label_positions(np.zeros((64, 48), np.uint8), (8, 6), label=1)
        assert not labels.any()
        assert is_sure.all()

    def test_every_part_of_a_mask_is_a_spot_unless_it_is_tiny(self):
        mask = np.zeros((60, 60), np.float32)
        mask[10:20, 10:20] = mask[40:50, 30:40] = mask[0, 0] = 1
        assert find_lesion_spots(mask, image=3) == [Spot(3, 14.5, 14.5), Spot(3, 44.5, 34.5)]

    def test_a_patch_is_the_image_around_its_spot_and_black_beyond(self):
        image = np.arange(1, 1601, dtype=np.uint16).reshape(40, 40)
        patch = Motion(STILL).after(place_patch(Spot(0, 0.0, 20.0), 16)).warp(image, (16, 16))
        assert (patch[:8] == 0).all()
        np.testing.assert_array_equal(patch[8:], image[:8, 12:28])

    def test_a_framed_mask_is_the_mask(self):
        mask = np.zeros((40, 40), np.float32)
        mask[4:9, 20:31], mask[6, 35] = 1, 0.4
        whole = cut_mask(frame_mask(mask), Motion(STILL), 40)
        np.testing.assert_allclose(whole / 255, mask, atol=1 / 510)

    def test_the_labels_of_a_moved_patch_move_along(self, data):
        config = TrainingConfiguration(**PATCHES | {"augmentation": "flip,rotate:30,scale:0.2"})
        for patches, labels, weights in make_patch_batches(data, config, (4, 4)).epoch(0):
            cells = patches[..., 0].reshape(len(patches), 4, 8, 4, 8).mean(axis=(2, 4))
            cells = cells.reshape(len(patches), -1)
            assert cells[labels == 1].min() > cells[(labels == 0) & (weights > 0)].max()

    def test_lesion_classes_share_a_quarter_of_the_weight(self):
        counts = np.array([9_000.0, 40.0, 160.0])
        weights = weigh_classes(counts)
        np.testing.assert_allclose(weights * counts / counts.sum(), [0.75, 0.125, 0.125], rtol=1e-6)

    def test_an_absent_class_weighs_nothing(self):
        counts = np.array([900.0, 0.0, 100.0])
        weights = weigh_classes(counts)
        np.testing.assert_allclose(weights * counts / 1000, [0.75, 0.0, 0.25], rtol=1e-6)

    def test_positions_that_are_called_lesion_hold_one(self, data):
        config = TrainingConfiguration(**PATCHES)
        for patches, labels, weights in make_patch_batches(data, config, (4, 4)).epoch(0):
            cells = patches[..., 0].reshape(len(patches), 4, 8, 4, 8).mean(axis=(2, 4))
            cells = cells.reshape(len(patches), -1)
            assert weights.shape == labels.shape == cells.shape
            assert (cells[labels == 1] > cells[labels == 0].mean()).all()

    def test_an_epoch_has_lesions_and_places_without(self, data):
        config = TrainingConfiguration(**PATCHES)
        batches = make_patch_batches(data, config, (4, 4))
        has_lesion = np.concatenate([labels.any(axis=1) for _, labels, _ in batches.epoch(0)])
        assert len(has_lesion) == len(data.with_lesion) * 3
        assert has_lesion.sum() >= len(data.with_lesion)
        assert not has_lesion.all()


class TestCheckpoint:
    def test_a_state_survives_the_disk(self, tmp_path):
        weights = [np.arange(3.0), np.ones((2, 2))]
        rows = [{"epoch": 1, "stage": "images", "loss": 0.5}]
        state = RunState(1, 2, rows, weights, [], weights[:1], 1)
        save_state(tmp_path, state)
        back = load_state(tmp_path)
        assert (back.stage, back.epoch, back.rows, back.best_epoch) == (1, 2, rows, 1)
        np.testing.assert_array_equal(back.variables[1], weights[1])
        assert losses(tmp_path).tolist() == [0.5]

    def test_a_cut_off_checkpoint_is_told(self, tmp_path):
        save_state(tmp_path, RunState())
        path = tmp_path / "checkpoint.npz"
        path.write_bytes(path.read_bytes()[:40])
        with pytest.raises(BadModel, match=r"checkpoint\.npz is damaged"):
            load_state(tmp_path)

    def test_what_was_not_measured_is_empty_in_the_history(self, tmp_path):
        write_history(tmp_path, [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "val_auroc": 0.5}])
        assert (tmp_path / "history.csv").read_text() == "epoch,loss,val_auroc\n1,1.0,\n2,,0.5\n"


@pytest.fixture(scope="module")
def unbroken(data, tmp_path_factory):
    """A training of four epochs that was not stopped: (its folder, its model)."""
    folder = tmp_path_factory.mktemp("unbroken")
    return folder, run(folder, data, **UNBROKEN)


class TestLearning:
    def test_it_learns_what_is_plain_to_see(self, unbroken):
        learnt = losses(unbroken[0])
        assert learnt[-1] < 0.9 * learnt[0]

    def test_another_seed_is_another_training(self, data, unbroken, tmp_path):
        run(tmp_path, data, **UNBROKEN | {"epochs": 1, "seed": 5})
        assert abs(losses(tmp_path)[0] / losses(unbroken[0])[0] - 1) > 1e-3

    def test_a_stopped_training_ends_as_if_it_had_not_stopped(self, data, unbroken, tmp_path):
        def stop_in_the_third_epoch(done, total, doing):
            if done >= 9:
                raise Cancelled("Stopped by the user")

        with pytest.raises(Cancelled):
            run(tmp_path, data, stop_in_the_third_epoch, **UNBROKEN)
        assert len(losses(tmp_path)) == 2
        continued = run(tmp_path, data, **UNBROKEN)
        np.testing.assert_allclose(losses(tmp_path), losses(unbroken[0]), rtol=1e-3)
        for a, b in zip(continued.get_weights(), unbroken[1].get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3)

    def test_patches_come_before_images(self, data, tmp_path):
        settings = PATCHES | {"patch_epochs": 2, "epochs": 1, "recipe": "patch_to_image"}
        run(tmp_path, data, **settings)
        assert [row["stage"] for row in history(tmp_path)] == ["patches", "patches", "images"]

    def test_a_loss_that_is_not_finite_stops_with_advice(self, data, tmp_path, monkeypatch):
        batches = [(np.full((8, 64, 48, 1), np.nan, "f4"), np.arange(8) % 2, np.ones(8, "f4"))]
        monkeypatch.setattr(ImageBatches, "epoch", lambda self, number: iter(batches))
        with pytest.raises(MammoError, match="lower learning_rate"):
            run(tmp_path, data, epochs=1, recipe="whole_image")

    def test_validation_that_is_not_finite_stops_before_it_is_kept(
        self, data, tmp_path, monkeypatch
    ):
        from mammo_core.training import loop

        nothing = {"val_loss": float("nan")}
        monkeypatch.setattr(loop, "score_images", lambda *inputs: nothing)
        guess = (0.7, np.full((8, 2), 0.5, np.float32))
        monkeypatch.setattr(loop, "make_step", lambda *compiled: lambda batch: guess)
        with pytest.raises(MammoError, match="validation loss became nan in epoch 1"):
            run(tmp_path, data, epochs=1, recipe="whole_image")
        assert not list(tmp_path.iterdir())

    def test_an_epochs_loss_is_the_mean_over_its_images(self, data, tmp_path, monkeypatch):
        def make_step(model, devices):
            return lambda batch: (float(len(batch[0])), np.full((len(batch[0]), 2), 0.5))

        monkeypatch.setattr("mammo_core.training.loop.make_step", make_step)
        run(tmp_path, data, epochs=1, batch_size=len(data.train) - 2)
        n = len(data.train)
        assert losses(tmp_path) == pytest.approx([((n - 2) ** 2 + 2**2) / n])

    def test_of_equal_aurocs_the_lowest_loss_is_kept(self, data, tmp_path, monkeypatch):
        from mammo_core.training import loop
        from mammo_core.training.best_epoch import find_best_epoch

        judged = iter([(0.8, 0.9), (0.8, 0.7), (0.8, 0.7), (0.7, 0.1)])
        names = ("val_auroc", "val_loss")
        monkeypatch.setattr(
            loop, "score_images", lambda *inputs: dict(zip(names, next(judged), strict=True))
        )
        guess = (0.7, np.full((8, 2), 0.5, np.float32))
        monkeypatch.setattr(loop, "make_step", lambda *compiled: lambda batch: guess)
        run(tmp_path, data, epochs=4, recipe="whole_image")
        state = load_state(tmp_path)
        assert (state.best_epoch, find_best_epoch(read_history(tmp_path))) == (2, 2)

    def test_patches_leave_no_best_epoch_to_the_images(self, data, tmp_path, monkeypatch):
        from mammo_core.training import loop

        guess = (0.7, np.zeros((2, 4, 2), np.float32))
        monkeypatch.setattr(loop, "make_step", lambda *compiled: lambda batch: guess)
        monkeypatch.setattr(loop, "rank_epoch", lambda row: -row["epoch"])
        run(tmp_path, data, **PATCHES | {"patch_epochs": 1, "epochs": 2})
        assert load_state(tmp_path).best_epoch == 2

    def test_what_was_said_of_patches_is_not_kept_for_the_epoch(self, data, tmp_path, monkeypatch):
        made, alive = [], []

        def step(batch):
            alive.append(sum(predictions() is not None for predictions in made))
            predictions = np.zeros((len(batch[0]), 4, 2), np.float32)
            made.append(weakref.ref(predictions))
            return 1.0, predictions

        monkeypatch.setattr("mammo_core.training.loop.make_step", lambda *compiled: step)
        run(tmp_path, data, **PATCHES | {"patch_epochs": 1, "epochs": 1, "patch_batch_size": 2})
        assert len(alive) > 4
        assert max(alive) <= 1

    def test_every_epoch_has_its_training_auroc_and_pace(self, unbroken):
        for row in history(unbroken[0]):
            assert 0.5 < float(row["train_auroc"]) <= 1
            assert float(row["images_per_second"]) > 0


class TestLearningRate:
    def test_the_search_takes_a_step_a_rate_and_tells_of_each(self, data):
        told = []
        stage, curve = search(data, lambda done, total, doing: told.append((done, total)))
        assert stage == "images"
        assert told == [(step, 24) for step in range(len(told))]
        assert len(curve.losses) in (len(told), len(told) - 1)
        assert curve.suggestion is None or 1e-4 <= curve.suggestion <= 0.1

    def test_the_search_can_be_stopped(self, data):
        def stop(done, total, doing):
            raise Cancelled("Stopped by the user")

        with pytest.raises(Cancelled):
            search(data, stop)


def search(data, progress):
    from mammo_core.training.devices import choose_devices
    from mammo_core.training.learning_rate import RateSearch, sweep_stage

    config = TrainingConfiguration(**SMALL)
    rates = RateSearch(lowest=1e-4, highest=1.0, n_steps=24)
    return sweep_stage(data, config, RunState(), rates, choose_devices([]), progress)


RECIPES = {
    "whole_image": SMALL | {"epochs": 3, "learning_rate": 4e-3},
    "patch_to_image": PATCHES | {"patch_epochs": 2, "epochs": 2},
}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_seed_repeats_its_validation_auroc_stopped_or_not(data, tmp_path, recipe):
    def stop_in_the_second_epoch(done, total, doing):
        if done > 0.5 * total:
            raise Cancelled("Stopped by the user")

    settings = RECIPES[recipe] | {"seed": 5, "dropout": 0.3, "augmentation": "standard"}
    folders = [tmp_path / name for name in ("once", "again", "stopped")]
    for folder in folders[:2]:
        run(folder, data, **settings)
    with pytest.raises(Cancelled):
        run(folders[2], data, stop_in_the_second_epoch, **settings)
    assert len(history(folders[2])) == 1
    run(folders[2], data, **settings)
    once, again, stopped = (
        np.array([float(row["val_auroc"]) for row in history(folder)]) for folder in folders
    )
    np.testing.assert_allclose(again, once, atol=0.01)
    np.testing.assert_allclose(stopped, once, atol=0.01)
