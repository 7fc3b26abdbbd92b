"""Every architecture builds for any size, and what it learns on patches serves whole images."""

import typing

import numpy as np
import pytest
from architecture_names import EVERY_ARCHITECTURE, TRAINABLE_ARCHITECTURES

from mammo_core.architectures import ARCHITECTURES, Pooling, build_architecture
from mammo_core.errors import BadConfiguration
from mammo_core.verbs.architectures import architectures

POOLINGS = typing.get_args(Pooling)


def random_images(*shape):
    return np.random.default_rng(0).random(shape, np.float32)


def look_into(model, *names):
    """A model of the same layers that gives what those layers give."""
    import keras

    return keras.Model(model.input, [model.get_layer(name).output for name in names])


@pytest.mark.parametrize("name", EVERY_ARCHITECTURE)
class TestEveryArchitecture:
    def test_its_output_is_a_probability_for_each_class(self, name):
        columns = 48 if ARCHITECTURES[name].views else 43  # views fall on whole positions
        for channels in (1, 3):
            model = build_architecture(name, (65, columns, channels), 3)
            probabilities = np.asarray(model(random_images(2, 65, columns, channels)))
            assert probabilities.shape == (2, 3)
            np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)

    def test_its_weights_do_not_depend_on_the_input_size(self, name):
        small, large = (build_architecture(name, (side, side, 1), 2) for side in (32, 96))
        assert [w.shape for w in small.get_weights()] == [w.shape for w in large.get_weights()]

    def test_it_survives_saving(self, name, tmp_path):
        import keras

        model = build_architecture(name, (64, 48, 1), 2)
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
        images = random_images(2, 64, 48, 1)
        np.testing.assert_allclose(loaded(images), model(images), atol=1e-6)

    def test_it_has_the_parameters_that_its_entry_says(self, name):
        model = build_architecture(name, (64, 48, 1), 3)
        assert model.count_params() == ARCHITECTURES[name].parameters

    def test_it_is_flat_and_lists_the_evidence_of_each_position(self, name):
        import keras

        model = build_architecture(name, (64, 96, 1), 3)
        assert not [layer for layer in model.layers if isinstance(layer, keras.Model)]
        _, rows, columns, _ = model.get_layer("positions").input.shape
        assert rows < columns
        assert model.get_layer("evidence").output.shape == (None, rows * columns, 3)
        assert model.get_layer("dropout").input.shape[1:3] == (rows, columns)

    def test_trunk_and_head_together_are_the_network(self, name):
        from mammo_core.architectures.parts import head_of, trunk_of

        if ARCHITECTURES[name].views:
            pytest.skip("its head looks at the image, too")
        model, images = build_architecture(name, (64, 96, 1), 3), random_images(2, 64, 96, 1)
        whole = np.asarray(model(images))
        np.testing.assert_allclose(head_of(model)(trunk_of(model)(images)), whole, atol=1e-6)

    def test_its_moving_statistics_follow_a_short_training(self, name):
        import keras

        layers = build_architecture(name, (64, 64, 1), 3).layers
        norms = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
        assert {layer.momentum for layer in norms} <= {0.9}

    def test_it_says_where_it_comes_from(self, name):
        assert ARCHITECTURES[name].reference
        assert ARCHITECTURES[name].suits


def test_one_convincing_spot_decides_wherever_it_lies():
    """LogSumExp over positions: moving a spot by a whole number of cells changes nothing much."""
    model = build_architecture("compact_cnn", (160, 160, 1), 2, dropout=0.0)
    images = np.zeros((2, 160, 160, 1), np.float32)
    images[0, 60:70, 60:70] = 1
    images[1, 76:86, 92:102] = 1
    probabilities = np.asarray(model(images))
    np.testing.assert_allclose(probabilities[0], probabilities[1], atol=1e-4)


class TestPooling:
    @pytest.fixture(scope="class")
    @classmethod
    def pooled(cls):
        """By pooling: evidence (P, K) of one image, log odds (K,), kernel, bias, attention."""
        found = {}
        for pooling in POOLINGS:
            model = build_architecture("compact_cnn", (64, 48, 1), 3, pooling=pooling)
            kernel, bias = random_images(3, 3), random_images(3)
            model.get_layer("probabilities").set_weights([kernel, bias])
            names = ["evidence", "probabilities", *(["attention"] * (pooling == "attention"))]
            outputs = look_into(model, *names)(random_images(1, 64, 48, 1))
            evidence, p, *weights = (np.asarray(output)[0] for output in outputs)
            found[pooling] = (evidence, np.log(p / p[0]), kernel, bias, weights)
        return found

    @staticmethod
    def log_odds(scores, kernel, bias):
        logits = scores @ kernel + bias
        return logits - logits[0]

    def test_mean_is_the_mean_of_the_evidence(self, pooled):
        evidence, odds, kernel, bias, _ = pooled["mean"]
        np.testing.assert_allclose(
            odds, self.log_odds(evidence.mean(axis=0), kernel, bias), atol=1e-5
        )

    def test_logsumexp_lies_between_mean_and_maximum(self, pooled):
        evidence, odds, kernel, bias, _ = pooled["logsumexp"]
        difference = evidence - evidence[:, :1]
        scores = np.log(np.exp(2 * difference).mean(axis=0)) / 2
        assert (scores >= difference.mean(axis=0) - 1e-6).all()
        assert (scores <= difference.max(axis=0) + 1e-6).all()
        np.testing.assert_allclose(odds, self.log_odds(scores, kernel, bias), atol=1e-5)

    def test_attention_is_a_weighted_mean_with_weights_that_sum_to_1(self, pooled):
        evidence, odds, kernel, bias, (weights,) = pooled["attention"]
        assert (weights > 0).all()
        np.testing.assert_allclose(weights.sum(), 1, rtol=1e-5)
        scores = (weights * evidence).sum(axis=0)
        np.testing.assert_allclose(odds, self.log_odds(scores, kernel, bias), atol=1e-5)

    def test_attention_follows_what_decides(self):
        """Where one unit of content and gate fires, the position takes all the weight."""
        model = build_architecture("compact_cnn", (64, 48, 1), 2, pooling="attention")
        model.get_layer("attention_scores").set_weights([np.full((64, 1), 50.0)])
        attention, scores = look_into(model, "attention", "attention_scores")(
            random_images(1, 64, 48, 1)
        )
        assert np.argmax(attention) == np.argmax(scores)
        np.testing.assert_allclose(np.sum(attention), 1, rtol=1e-5)

    def test_own_is_the_pooling_of_the_entry(self):
        model = build_architecture("attention_mil", (64, 48, 1), 2)
        assert model.get_layer("attention").output.shape[1:] == (8 * 6, 1)


class TestPublishedNetworks:
    @pytest.mark.parametrize("name", ["resnet50", "mobilenet_v3_small"])
    def test_a_network_scales_gray_images_as_its_library_does(self, name):
        import keras

        prepare = {
            "resnet50": keras.applications.resnet50.preprocess_input,
            "mobilenet_v3_small": lambda x: x / 127.5 - 1,
        }[name]
        model = build_architecture(name, (32, 32, 3), 2)
        gray = np.repeat(random_images(1, 32, 32, 1), 3, axis=-1)
        scaled = np.asarray(look_into(model, "scale")(gray)[0])
        expected = np.asarray(prepare(gray * 255))
        np.testing.assert_allclose(scaled.mean(axis=-1), expected.mean(axis=-1)[0], atol=1e-3)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BadConfiguration, match=r"compact_cnn, .*, got 'resnet9000'"):
        build_architecture("resnet9000", (64, 64, 1), 2)


def test_an_input_that_is_too_small_is_refused():
    with pytest.raises(BadConfiguration, match="image_size"):
        build_architecture("compact_cnn", (16, 64, 1), 2)


def test_the_verb_lists_every_architecture():
    listed = architectures()["architectures"]
    assert [entry["name"] for entry in listed] == list(ARCHITECTURES)
    assert {entry["pooling"] for entry in listed} <= set(POOLINGS)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", TRAINABLE_ARCHITECTURES)
def test_what_it_learns_on_patches_goes_on_with_whole_images(name, tmp_path):
    from mammo_core.training.checkpoint import RunState
    from mammo_core.training.configuration import TrainingConfiguration
    from mammo_core.training.data import TrainingData
    from mammo_core.training.loop import run_stages
    from mammo_core.types import no_progress

    pixels = np.random.default_rng(0).integers(0, 65535, (8, 96, 64), np.uint16)
    mask = np.zeros((96, 64), np.float32)
    mask[40:60, 20:40] = 1
    train, val = np.arange(6), np.arange(6, 8)
    with_lesion = frozenset({1, 3, 5})
    classes = ("normal", "malignant")
    data = TrainingData(pixels, np.arange(8) % 2, train, val, classes, with_lesion, lambda _: mask)
    config = TrainingConfiguration(
        architecture=name, image_size=(96, 64), patch_size=64, patch_epochs=1, epochs=1
    )
    state = RunState()
    run_stages(tmp_path, data, config, state, no_progress)
    assert [row["stage"] for row in state.rows] == ["patches", "images"]
    assert all(np.isfinite(row["loss"]) for row in state.rows)
