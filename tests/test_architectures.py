"""Every architecture builds for any size, and what it learns on patches serves whole images."""

import numpy as np
import pytest

from mammo_core.architectures import ARCHITECTURES, build_architecture
from mammo_core.errors import BadConfiguration


@pytest.mark.parametrize("name", ARCHITECTURES)
class TestEveryArchitecture:
    def test_its_output_is_a_probability_for_each_class(self, name):
        model = build_architecture(name, (65, 43, 1), 3)
        images = np.random.default_rng(0).random((2, 65, 43, 1), np.float32)
        probabilities = np.asarray(model(images))
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
        images = np.random.default_rng(0).random((2, 64, 48, 1), np.float32)
        np.testing.assert_allclose(loaded(images), model(images), atol=1e-6)

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


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BadConfiguration, match="compact_cnn, got 'resnet9000'"):
        build_architecture("resnet9000", (64, 64, 1), 2)


def test_an_input_that_is_too_small_is_refused():
    with pytest.raises(BadConfiguration, match="image_size"):
        build_architecture("compact_cnn", (16, 64, 1), 2)
