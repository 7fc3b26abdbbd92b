"""First weights: what fits is taken exactly, what does not is refused, nothing is executed."""

import hashlib
import json
import os
import urllib.request
import zipfile

import h5py
import numpy as np
import pytest

from mammo_core.architectures import (
    ARCHITECTURES,
    PublishedWeights,
    architecture,
    build_architecture,
    weight_files,
)
from mammo_core.architectures.weight_sources import find_weights
from mammo_core.errors import BadConfiguration
from mammo_core.model_store import CARD_KEYS
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.types import no_progress

FORMS = ("model.keras", "model.weights.h5", "model.h5")
PUBLISHED = {
    "mobilenet_v3_small": ("MobileNetV3Small", True),
    "mobilenet_v3_large": ("MobileNetV3Large", True),
    "efficientnet_v2_b0": ("EfficientNetV2B0", True),
    "densenet121": ("DenseNet121", False),
    "resnet50": ("ResNet50", False),
    "convnext_tiny": ("ConvNeXtTiny", True),
}
CHEAP_FIRST = [
    name if name == "mobilenet_v3_small" else pytest.param(name, marks=pytest.mark.large)
    for name in PUBLISHED
]


@pytest.fixture(autouse=True)
def read_here(monkeypatch):
    """Files are read in this process: one of its own costs a second each time."""
    monkeypatch.setattr(weight_files, "read_guarded", lambda work, task, bounds: work(task))


def assign(network, path, **options):
    from mammo_core.architectures.pretrained import assign_weights

    return assign_weights(network, path, **options)


def compact(n_classes=3, size=(32, 32, 1)):
    return build_architecture("compact_cnn", size, n_classes)


def marked(network):
    """The network with weights that no chance gives."""
    rng = np.random.default_rng(3)
    network.set_weights([rng.random(w.shape, np.float32) for w in network.get_weights()])
    return network


def differing(a, b):
    """How many of the arrays differ."""
    pairs = zip(a.get_weights(), b.get_weights(), strict=True)
    return sum(not np.array_equal(*pair) for pair in pairs)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A network for three classes and the folder with its weights in every form."""
    folder = tmp_path_factory.mktemp("saved")
    network = marked(compact())
    network.save(folder / "model.keras")
    network.save_weights(folder / "model.weights.h5")
    network.save(folder / "model.h5")
    return network, folder


@pytest.mark.parametrize("form", FORMS)
class TestEveryForm:
    def test_all_weights_are_taken_where_all_fit(self, saved, form):
        network = compact(size=(64, 48, 1))
        fit = assign(network, saved[1] / form)
        assert (fit.layers, fit.head) == (11, True)
        assert differing(network, saved[0]) == 0

    def test_another_number_of_classes_keeps_its_own_head(self, saved, form):
        network = compact(2)
        before = network.get_layer("evidence").get_weights()
        assert not assign(network, saved[1] / form).head
        np.testing.assert_array_equal(network.get_layer("evidence").get_weights()[0], before[0])
        taken = [net.get_layer("conv5").get_weights()[0] for net in (network, saved[0])]
        np.testing.assert_array_equal(*taken)

    def test_another_architecture_is_refused_by_its_first_layer(self, saved, form):
        network = build_architecture("vgg_small", (32, 32, 1), 3)
        before = network.get_weights()
        with pytest.raises(BadConfiguration, match=r"weights.* 0 of 17 .*'standardize' needs 1 "):
            assign(network, saved[1] / form)
        for a, b in zip(before, network.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_two_views_take_the_trunk_of_one(saved):
    network = build_architecture("two_view", (32, 64, 1), 3)
    fit = assign(network, saved[1] / "model.keras")
    assert fit.layers == 11
    for taken, given in zip(
        network.get_layer("conv5").get_weights(),
        saved[0].get_layer("conv5").get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(taken, given)


def as_published(model, path):
    """The file as keras.applications has it: the old form, without a head."""
    model.save(path.with_name("whole.h5"))
    with h5py.File(path.with_name("whole.h5")) as whole, h5py.File(path, "w") as file:
        source = whole["model_weights"]
        for name in source:
            source.copy(source[name], file, name)
        file.attrs["layer_names"] = source.attrs["layer_names"]
    return path


@pytest.mark.parametrize("name", CHEAP_FIRST)
class TestPublishedWeights:
    def test_one_channel_on_gray_gives_what_three_do(self, name, tmp_path):
        """And three give what the library's own network gives on images so scaled."""
        import keras

        from mammo_core.architectures.parts import trunk_of

        function, has_option = PUBLISHED[name]
        options = {"include_preprocessing": False} if has_option else {}
        theirs = getattr(keras.applications, function)(
            include_top=False, weights=None, input_shape=(64, 64, 3), **options
        )
        file = as_published(theirs, tmp_path / "notop.h5")
        gray = np.random.default_rng(0).random((2, 64, 64, 1), np.float32)
        color = np.repeat(gray, 3, axis=-1)
        features = {}
        for channels, images in ((1, gray), (3, color)):
            network = build_architecture(name, (64, 64, channels), 3)
            assert not assign(network, file).head
            features[channels] = np.asarray(trunk_of(network)(images))
        scaled = network.get_layer("scale")(color)
        reach = np.abs(features[3]).max()
        np.testing.assert_allclose(features[3], theirs(scaled), atol=1e-4 * reach)
        np.testing.assert_allclose(features[1], features[3], atol=1e-3 * reach)

    def test_the_file_is_the_one_that_the_library_fetches(self, name, monkeypatch):
        import keras
        from keras.src.utils import file_utils

        class AskedFor(Exception):
            pass

        def note(name, url, *, file_hash, **_):
            raise AskedFor(name, url, file_hash)

        monkeypatch.setattr(file_utils, "get_file", note)
        published = ARCHITECTURES[name].imagenet
        with pytest.raises(AskedFor) as asked:
            getattr(keras.applications, PUBLISHED[name][0])(
                include_top=False, input_shape=(64, 64, 3)
            )
        assert asked.value.args == (published.name, published.url, published.digest)


def test_a_process_of_its_own_reads_the_same(saved, monkeypatch):
    monkeypatch.undo()
    network = compact()
    assign(network, saved[1] / "model.weights.h5")
    assert differing(network, saved[0]) == 0


class TestHostileFiles:
    def refuse(self, path, match):
        network = compact()
        before = network.get_weights()
        with pytest.raises(BadConfiguration, match=f"'weights'.*{match}"):
            assign(network, path)
        for a, b in zip(before, network.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.fixture
    def spoiled(self, saved, tmp_path):
        """A copy of the weights to spoil: (its path, the layer's group)."""
        path = tmp_path / "spoiled.weights.h5"
        path.write_bytes((saved[1] / "model.weights.h5").read_bytes())
        with h5py.File(path, "a") as file:
            yield path, file["layers/conv2d/vars"]

    def test_junk_is_refused(self, tmp_path):
        for name in ("junk.h5", "junk.keras"):
            (tmp_path / name).write_bytes(b"no weights" * 99)
            self.refuse(tmp_path / name, name)

    def test_a_file_that_points_into_another_is_refused(self, spoiled):
        path, group = spoiled
        del group["0"]
        group["0"] = h5py.ExternalLink("elsewhere.h5", "/secret")
        group.file.close()
        self.refuse(path, "points elsewhere")

    def test_data_kept_in_another_file_is_refused(self, spoiled, tmp_path):
        path, group = spoiled
        shape = group["0"].shape
        del group["0"]
        external = [(str(tmp_path / "secret.bin"), 0, 4 * int(np.prod(shape)))]
        group.create_dataset("0", shape, "f4", external=external)
        group.file.close()
        self.refuse(path, "in another file")

    def test_values_that_are_not_finite_are_refused(self, spoiled):
        path, group = spoiled
        group["0"][...] = np.nan
        group.file.close()
        self.refuse(path, "'conv1'")

    def test_an_array_of_objects_does_not_fit(self, spoiled):
        path, group = spoiled
        shape = group["0"].shape
        del group["0"]
        group.create_dataset("0", data=np.full(shape, b"text"))
        group.file.close()
        self.refuse(path, "'conv1' needs")

    def test_weights_that_unpack_beyond_measure_are_not_unpacked(self, tmp_path):
        path = tmp_path / "bomb.keras"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("model.weights.h5", bytes(80_000_000))
        self.refuse(path, "declares 80000000 bytes")

    def test_code_in_an_archive_is_never_looked_at(self, saved, tmp_path):
        """Only the weights are read: the architecture is our own."""
        path = tmp_path / "evil.keras"
        with zipfile.ZipFile(saved[1] / "model.keras") as source:
            weights = source.read("model.weights.h5")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", '{"class_name": "Lambda", "config": "exit()"}')
            archive.writestr("model.weights.h5", weights)
        network = compact()
        assign(network, path)
        assert differing(network, saved[0]) == 0


class TestSources:
    def test_none_is_none(self):
        assert find_weights("none", "compact_cnn") is None

    @pytest.mark.parametrize("word", ["no_such_model", "gone.h5", "gone.keras"])
    def test_a_word_that_leads_nowhere_is_told_by_its_key(self, word):
        with pytest.raises(BadConfiguration, match=f"'weights'.*{word}"):
            find_weights(word, "compact_cnn")

    def test_another_model_is_a_source_with_its_classes(self, saved, tmp_path, monkeypatch):
        monkeypatch.setenv("MAMMO_HOME", str(tmp_path))
        folder = tmp_path / "models" / "older"
        folder.mkdir(parents=True)
        card = dict.fromkeys(CARD_KEYS) | {"architecture": "compact_cnn", "classes": ["a", "b"]}
        (folder / "model.json").write_text(json.dumps(card))
        (folder / "model.keras").write_bytes((saved[1] / "model.keras").read_bytes())
        source = find_weights("older", "compact_cnn")
        assert (source.file, source.classes) == (folder / "model.keras", ("a", "b"))
        with pytest.raises(BadConfiguration, match=r"'weights'.*choose architecture=compact_cnn"):
            find_weights("older", "vgg_small")

    def test_imagenet_is_refused_where_there_is_none(self):
        with pytest.raises(BadConfiguration, match=r"'weights'.*compact_cnn.*resnet50"):
            TrainingConfiguration(architecture="compact_cnn", weights="imagenet")

    def test_nothing_to_transfer_is_refused(self):
        with pytest.raises(BadConfiguration, match="'weights'"):
            TrainingConfiguration(recipe="transfer")


class TestFetching:
    @pytest.fixture
    def cache(self, tmp_path, monkeypatch):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
        monkeypatch.setattr(architecture, "WEIGHTS_HOME", tmp_path.as_uri())
        return tmp_path / "keras" / "models"

    @staticmethod
    def publish(monkeypatch, digest):
        published = PublishedWeights("tiny.h5", digest)
        facts = ARCHITECTURES["resnet50"]
        monkeypatch.setitem(
            ARCHITECTURES, "resnet50", type(facts)(**vars(facts) | {"imagenet": published})
        )

    def test_without_a_network_the_file_and_its_place_are_named(self, cache):
        published = ARCHITECTURES["resnet50"].imagenet
        with pytest.raises(BadConfiguration) as told:
            find_weights("imagenet", "resnet50")
        for part in ("'weights'", published.name, str(cache), "weights=PATH"):
            assert part in str(told.value)

    def test_a_place_that_does_not_answer_is_given_up_within_seconds(self, cache, monkeypatch):
        def answer(url, *, timeout):
            assert timeout <= 10
            raise TimeoutError("timed out")

        monkeypatch.setattr(urllib.request, "urlopen", answer)
        with pytest.raises(BadConfiguration, match="timed out"):
            find_weights("imagenet", "resnet50")

    def test_what_was_fetched_stays_in_the_cache(self, cache, tmp_path, monkeypatch):
        (tmp_path / "tiny.h5").write_bytes(b"weights")
        self.publish(monkeypatch, hashlib.sha256(b"weights").hexdigest())
        first = find_weights("imagenet", "resnet50")
        os.remove(tmp_path / "tiny.h5")
        assert find_weights("imagenet", "resnet50") == first
        assert first.file == cache / "tiny.h5"

    def test_another_file_than_the_published_one_is_refused(self, cache, tmp_path, monkeypatch):
        (tmp_path / "tiny.h5").write_bytes(b"others")
        self.publish(monkeypatch, hashlib.sha256(b"weights").hexdigest())
        with pytest.raises(BadConfiguration, match=r"tiny\.h5 sent is not the published file"):
            find_weights("imagenet", "resnet50")
        assert not (cache / "tiny.h5").exists()


class TestBeginning:
    def begin(self, weights, classes):
        from mammo_core.training.checkpoint import RunState
        from mammo_core.training.first_weights import begin_with_weights

        state = RunState()
        config = TrainingConfiguration(weights=str(weights), image_size=(32, 32), patch_size=32)
        begin_with_weights(state, config, classes, no_progress)
        return state

    def test_a_training_begins_with_them_and_remembers_which(self, saved):
        path = saved[1] / "model.weights.h5"
        state = self.begin(path, ("normal", "benign", "malignant"))
        for mine, theirs in zip(state.weights, saved[0].get_weights(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert state.begun_with == {
            "weights": str(path),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "trunk_layers": 11,
            "head": True,
        }

    def test_a_new_head_is_drawn_by_the_seed(self, saved):
        a, b = (self.begin(saved[1] / "model.h5", ("a", "b")).weights for _ in range(2))
        for first, second in zip(a, b, strict=True):
            np.testing.assert_array_equal(first, second)
