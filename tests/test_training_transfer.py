"""A transfer: the head on cached features, then the trunk's upper part, then everything."""

import csv

import numpy as np
import pytest

from mammo_core.architectures import build_architecture
from mammo_core.errors import Cancelled, MammoError
from mammo_core.history import count_epochs
from mammo_core.training.checkpoint import RunState, load_state
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import TrainingData
from mammo_core.types import no_progress

CLASSES = ("normal", "malignant")
STATISTICS = ("moving_mean", "moving_variance")


@pytest.fixture(scope="module")
def data():
    """24 noisy images at places 0 to 23 of a cache of 30; the malignant ones are brighter."""
    labels = np.arange(30) % 2
    pixels = np.random.default_rng(0).uniform(10_000, 20_000, (30, 48, 32))
    pixels = (pixels + 30_000 * labels[:, None, None]).astype(np.uint16)
    train, val = np.arange(16), np.arange(16, 24)
    return TrainingData(pixels, labels, train, val, CLASSES, frozenset(), pixels.take)


@pytest.fixture(scope="module")
def weights():
    return build_architecture("compact_cnn", (48, 32, 1), 2).get_weights()


def configure(**settings):
    known = {"recipe": "transfer", "weights": "begun.h5", "image_size": (48, 32), "batch_size": 8}
    lengths = {"head_epochs": 3, "upper_epochs": 1, "epochs": 1, "head_learning_rate": 0.05}
    return TrainingConfiguration(**known | lengths | {"dropout": 0.3} | settings)


def is_later(row):
    """Each epoch is better than those before."""
    return row["epoch"]


def is_earlier(row):
    """No epoch is better than the first."""
    return -row["epoch"]


def run(
    folder,
    data,
    weights,
    progress=no_progress,
    on_epoch=lambda row: None,
    rank=is_later,
    **settings,
):
    from mammo_core.training import loop

    state = load_state(folder)
    state.weights = state.weights or weights
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "rank_epoch", rank)
        return loop.run_stages(folder, data, configure(**settings), state, progress, on_epoch)


def history(folder):
    return list(csv.DictReader((folder / "history.csv").open()))


@pytest.fixture(scope="module")
def unbroken(data, weights, tmp_path_factory):
    """A transfer that was not stopped: (its folder, the weights after each epoch, its model)."""
    folder = tmp_path_factory.mktemp("unbroken")
    kept = []

    def keep(row):
        kept.append(load_state(folder))

    return folder, kept, run(folder, data, weights, on_epoch=keep)


def named(arrays):
    """The network's arrays by the path of their variable."""
    network = build_architecture("compact_cnn", (48, 32, 1), 2)
    network.set_weights(arrays)
    return {
        f"{layer.name}/{weight.name}": np.asarray(weight)
        for layer in network.layers
        for weight in layer.weights
    }


def changed(before, after):
    """The names of the arrays that are no longer the same."""
    a, b = named(before), named(after)
    return {name for name in a if not np.array_equal(a[name], b[name])}


class TestStages:
    def test_the_head_comes_first_then_the_upper_part_then_all(self, unbroken):
        stages = [row["stage"] for row in history(unbroken[0])]
        assert stages == ["head", "head", "head", "upper", "images"]

    def test_the_head_learns_what_is_plain_to_see(self, unbroken):
        head = [float(row["loss"]) for row in history(unbroken[0])[:3]]
        assert head[-1] < head[0]

    def test_only_the_head_changes_in_its_stage(self, weights, unbroken):
        after = changed(weights, unbroken[1][2].best)
        assert after
        assert {name.split("/")[0] for name in after} <= {"evidence", "probabilities"}

    def test_the_lower_part_stays_in_the_second_stage(self, weights, unbroken):
        names = {name.split("/")[0] for name in changed(weights, unbroken[1][3].best)}
        assert names & {"conv4", "conv5"}
        assert not names & {"standardize", "conv1", "conv2"}

    def test_in_the_end_all_have_changed_but_the_statistics(self, weights, unbroken):
        names = changed(weights, unbroken[2].get_weights())
        assert {"conv1/kernel", "conv5/kernel", "evidence/kernel"} <= names
        assert not {name for name in names if name.endswith(STATISTICS)}

    def test_a_head_that_no_later_epoch_beats_is_the_model(self, data, weights, tmp_path):
        kept = []

        def keep(row):
            kept.append(load_state(tmp_path))

        model = run(tmp_path, data, weights, on_epoch=keep, rank=is_earlier, head_epochs=2)
        assert [state.best_epoch for state in kept] == [1] * 4
        for first, last in zip(kept[0].best, model.get_weights(), strict=True):
            np.testing.assert_array_equal(first, last)

    def test_a_stage_ends_by_its_own_patience_however_good_the_stage_before(
        self, data, weights, tmp_path
    ):
        lengths = {"head_epochs": 1, "upper_epochs": 1, "epochs": 4, "patience": 2}
        run(tmp_path, data, weights, rank=is_earlier, **lengths)
        stages = [row["stage"] for row in history(tmp_path)]
        assert stages == ["head", "upper", "images", "images", "images"]

    def test_epochs_are_those_of_whole_images_and_each_stage_counts_its_own(self, unbroken):
        counted = count_epochs(history(unbroken[0]))
        assert counted == {"patch_epochs": 0, "head_epochs": 3, "upper_epochs": 1, "epochs": 1}

    def test_features_are_deleted_when_the_head_has_learnt(self, unbroken):
        assert not list(unbroken[0].glob("features-*"))

    def test_a_stop_in_one_stage_changes_nothing_of_the_next(
        self, data, weights, unbroken, tmp_path
    ):
        def stop_in_the_upper_part(row):
            if row["stage"] == "upper":
                raise Cancelled("Stopped by the user")

        with pytest.raises(Cancelled):
            run(tmp_path, data, weights, on_epoch=stop_in_the_upper_part)
        run(tmp_path, data, weights)
        for row, expected in zip(history(tmp_path), history(unbroken[0]), strict=True):
            assert float(row["loss"]) == pytest.approx(float(expected["loss"]), rel=1e-5)

    def test_a_stopped_transfer_goes_on_with_the_features_there_are(
        self, data, weights, unbroken, tmp_path
    ):
        def stop(row):
            raise Cancelled("Stopped by the user")

        with pytest.raises(Cancelled):
            run(tmp_path, data, weights, on_epoch=stop)
        (features,) = tmp_path.glob("features-*.npy")
        made, told = features.stat().st_mtime_ns, []

        def stop_after_the_head(done, total, doing):
            told.append(doing)
            assert [path.stat().st_mtime_ns for path in tmp_path.glob("features-*")] in ([made], [])
            if " on upper, " in doing:
                raise Cancelled("Stopped by the user")

        with pytest.raises(Cancelled):
            run(tmp_path, data, weights, stop_after_the_head)
        assert "Computing features" not in told
        losses = [[float(row["loss"]) for row in history(f)[:3]] for f in (tmp_path, unbroken[0])]
        np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)


class TestFeatures:
    @pytest.fixture(scope="class")
    @classmethod
    def head_stage(cls, data, weights, tmp_path_factory):
        """The stage of the head with its features, and their folder."""
        from mammo_core.training.transfer import build_head_stage

        stage = build_head_stage(data, configure())
        stage.network.set_weights(weights)
        folder = tmp_path_factory.mktemp("features")
        stage.features.fill(folder, no_progress)
        return stage, folder

    def test_the_head_on_features_gives_the_output_of_the_whole_network(self, data, head_stage):
        stage, _ = head_stage
        for positions in (data.val, data.train[[3, 0, 9]]):
            whole = stage.network.predict_on_batch(data.images(positions))
            features = stage.features.images(positions)
            np.testing.assert_array_equal(stage.trained.predict_on_batch(features), whole)

    def test_an_epoch_holds_every_training_image_once_with_its_label(self, data, head_stage):
        batches = head_stage[0].batches
        epoch = list(batches.epoch(0))
        assert len(epoch) == len(batches)
        features = np.concatenate([batch[0] for batch in epoch])
        labels = np.concatenate([batch[1] for batch in epoch])
        known = head_stage[0].features.images(data.train)
        found = [int(np.flatnonzero((known == one).all(axis=(1, 2, 3)))[0]) for one in features]
        assert sorted(found) == list(range(len(data.train)))
        np.testing.assert_array_equal(labels, data.labels[data.train][found])

    def test_other_weights_have_other_features(self, data, head_stage, weights, tmp_path):
        from mammo_core.training.features import FeatureCache

        stage, folder = head_stage
        cache = FeatureCache(stage.features.trunk, data)
        cache.fill(tmp_path, no_progress)
        before = stage.features.trunk.get_weights()
        stage.features.trunk.set_weights([array + 0.1 for array in before])
        cache.fill(tmp_path, no_progress)
        stage.features.trunk.set_weights(before)
        (kept,) = tmp_path.glob("features-*.npy")
        assert kept.name != next(folder.glob("features-*.npy")).name
        assert np.abs(cache.images(data.val) - stage.features.images(data.val)).max() > 1e-3

    def test_a_disk_that_cannot_hold_them_is_told_before_they_are_made(
        self, data, head_stage, tmp_path, monkeypatch
    ):
        import shutil
        from types import SimpleNamespace

        from mammo_core.training.features import FeatureCache

        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
        cache = FeatureCache(head_stage[0].features.trunk, data)
        with pytest.raises(MammoError, match="features of 24 images need"):
            cache.fill(tmp_path, no_progress)
        assert not list(tmp_path.iterdir())

    def test_a_stop_leaves_no_half_file(self, data, head_stage, tmp_path):
        from mammo_core.training.features import FeatureCache

        def stop(done, total, doing):
            if done:
                raise Cancelled("Stopped by the user")

        cache = FeatureCache(head_stage[0].features.trunk, data)
        with pytest.raises(Cancelled):
            cache.fill(tmp_path, stop)
        assert not list(tmp_path.iterdir())


def test_a_state_remembers_what_it_began_with(tmp_path):
    from mammo_core.training.checkpoint import save_state

    save_state(tmp_path, RunState(begun_with={"weights": "imagenet"}))
    assert load_state(tmp_path).begun_with == {"weights": "imagenet"}
