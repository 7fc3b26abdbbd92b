"""tf-keras-vis beside our own maps: where it can be right it is the same, else it says why."""

import keras
import numpy as np
import pytest

from mammo_core.attribution import METHODS, Question
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.evidence.base import correlate_ranks
from mammo_core.keras_classifier import KerasClassifier
from mammo_core.library_maps import LIBRARY_METHODS, compare_with_library
from mammo_core.types import Contrast

layers = keras.layers
CLASSES = ("normal", "benign", "malignant")
pytestmark = [
    pytest.mark.filterwarnings("ignore:Please import `zoom`:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning"),
]


def trunk(x):
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="first")(x)
    return layers.Conv2D(6, 3, padding="same", activation="relu", name="second")(x)


def build_flat(units=3, activation="softmax"):
    image = keras.Input((16, 12, 1))
    x = layers.Flatten()(trunk(image))
    return keras.Model(image, layers.Dense(units, activation=activation)(x))


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).random((16, 12, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def flat():
    keras.utils.set_random_seed(6)
    return KerasClassifier(build_flat(), CLASSES)


@pytest.fixture(scope="module")
def one_sigmoid():
    keras.utils.set_random_seed(6)
    return KerasClassifier(build_flat(1, "sigmoid"), CLASSES[1:])


@pytest.mark.parametrize("name", [name for name in LIBRARY_METHODS if name != "smooth_grad"])
def test_the_librarys_map_stands_beside_ours(flat, image, name):
    target = int(flat.logits(image[None]).argmax())
    (found,) = compare_with_library(flat, image, target, [name])
    assert found.map.shape == (16, 12)
    assert 0 <= found.map.min() <= found.map.max() <= 1
    ours = np.abs(METHODS[name]().explain(flat, image[None], target))
    expected = correlate_ranks(ours, found.map[None])[0]
    assert found.rank_correlation == pytest.approx(expected, nan_ok=True)
    assert len(found.note) > 20


def test_saliency_is_ours_stretched(flat, image):
    for target in (0, "malignant", Contrast("malignant", "normal")):
        (found,) = compare_with_library(flat, image, target, ["saliency"])
        ours = METHODS["saliency"]().explain(flat, image[None], target)[0]
        np.testing.assert_allclose(found.map, (ours - ours.min()) / np.ptp(ours), atol=1e-4)
        assert found.rank_correlation > 0.999


def test_grad_cam_is_ours_where_nothing_needs_to_be_enlarged(image):
    keras.utils.set_random_seed(7)
    pixels = keras.Input((16, 12, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(pixels)
    network = keras.Model(pixels, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))
    classifier = KerasClassifier(network, CLASSES)
    for name in ("grad_cam", "layer_cam"):
        for target in range(3):
            ours = METHODS[name]().attribute(Question(classifier, image[None], target)).maps[0]
            (found,) = compare_with_library(classifier, image, target, [name])
            if np.ptp(ours) > 0:
                stretched = (ours - ours.min()) / np.ptp(ours)
                np.testing.assert_allclose(found.map, stretched, atol=1e-4)


def test_both_look_into_the_layer_that_was_asked_for(flat, image):
    target = int(flat.logits(image[None]).argmax())
    first, second = (
        compare_with_library(flat, image, target, ["grad_cam"], layer)[0]
        for layer in ("first", "second")
    )
    assert not np.allclose(first.map, second.map)
    (default,) = compare_with_library(flat, image, target, ["grad_cam"])
    np.testing.assert_array_equal(default.map, second.map)


def test_one_sigmoid_unit_has_a_map_for_either_class(one_sigmoid, image):
    found = [compare_with_library(one_sigmoid, image, k, ["layer_cam"])[0] for k in (0, 1)]
    assert not np.allclose(found[0].map, found[1].map)
    assert all(one.rank_correlation > 0.7 for one in found)


def test_the_network_and_the_global_generator_stay_as_they_were(flat, image):
    before, state = flat.predict(image[None]), np.random.get_state()[1].copy()
    _, smoothed = compare_with_library(flat, image, 1, ["grad_cam", "smooth_grad"])
    assert np.ptp(smoothed.map) > 0.9
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.testing.assert_array_equal(np.asarray(flat.model(image[None])), before)


def test_nothing_is_printed(flat, image, capsys):
    compare_with_library(flat, image, 1, ["score_cam"])
    assert capsys.readouterr().out == ""


def sequential():
    parts = [layers.Conv2D(4, 3, activation="relu"), layers.Flatten()]
    return keras.Sequential([keras.Input((16, 12, 1)), *parts, layers.Dense(3, "softmax")])


def nested():
    inside, image = keras.Input((16, 12, 1)), keras.Input((16, 12, 1))
    x = keras.Model(inside, trunk(inside), name="backbone")(image)
    return keras.Model(image, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))


def softmax_layer():
    image = keras.Input((16, 12, 1))
    return keras.Model(image, layers.Softmax()(layers.Dense(3)(layers.Flatten()(trunk(image)))))


def operation_last():
    image = keras.Input((16, 12, 1))
    odds = keras.ops.exp(layers.Dense(3)(layers.Flatten()(trunk(image))))
    return keras.Model(image, odds / keras.ops.sum(odds, axis=1, keepdims=True))


def without_map():
    image = keras.Input((16, 12, 1))
    return keras.Model(image, layers.Dense(3, activation="softmax")(layers.Flatten()(image)))


REFUSED = {
    "Sequential": (sequential, "fails on a Sequential model"),
    "nested": (nested, r"inside another \(backbone\)"),
    "softmax layer": (softmax_layer, "silently do nothing"),
    "operation last": (operation_last, "fails on this network: No such layer"),
    "no map": (without_map, "no convolutional map"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_library_cannot_take_is_refused_with_the_reason(image, kind):
    build, reason = REFUSED[kind]
    with pytest.raises(BadModel, match=reason):
        compare_with_library(KerasClassifier(build(), CLASSES), image, 1, ["grad_cam"])


def test_maps_that_say_nothing_are_told_as_the_reason_for_no_correlation(image):
    network = build_flat()
    network.set_weights([np.zeros_like(one) for one in network.get_weights()])
    (found,) = compare_with_library(KerasClassifier(network, CLASSES), image, 1, ["saliency"])
    assert np.isnan(found.rank_correlation)
    assert found.note.startswith("our and its map is constant")


def test_a_method_that_the_library_has_not_is_refused(flat, image):
    with pytest.raises(BadConfiguration, match=r"tf-keras-vis has no hires_cam; it has grad_cam"):
        compare_with_library(flat, image, 1, ["hires_cam"])
