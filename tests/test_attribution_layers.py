"""Layers that are chosen, averages over several of them, and how kept maps remember them."""

from pathlib import Path

import keras
import numpy as np
import pytest

from mammo_core.attribution import METHODS, Question, choose_methods, upsample
from mammo_core.attribution.averaged_layers import AveragedLayers
from mammo_core.attribution.together import list_layered
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.explanations import Explanation, Refusal, explain_case, explain_each
from mammo_core.keras_classifier import KerasClassifier
from mammo_core.model_store import StoredModel

LAYERS = ("first", "second")


def build_network():
    keras.utils.set_random_seed(4)
    image = x = keras.Input((16, 12, 1))
    for name, width in zip(LAYERS, (4, 6), strict=True):
        x = keras.layers.Conv2D(width, 3, strides=2, padding="same", activation="relu", name=name)(
            x
        )
    x = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(x))
    return keras.Model(image, x)


@pytest.fixture(scope="module")
def network():
    return build_network()


@pytest.fixture(scope="module")
def classifier(network):
    return KerasClassifier(network, ("normal", "benign", "malignant"))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((2, 16, 12, 1), dtype=np.float32)


@pytest.fixture
def stored(home):
    return StoredModel(Path("some"), {"sha256": "cd" * 32})


def test_methods_that_look_into_a_layer_have_it_as_a_setting():
    layered = list_layered(METHODS)
    assert "grad_cam" in layered
    assert "saliency" not in layered
    assert all(METHODS[name]().layer is None for name in layered)
    assert all(choose_methods([name], ["second"])[name].layer == "second" for name in layered)


@pytest.mark.parametrize("name", list_layered(METHODS))
def test_an_average_is_that_of_the_layers_maps_each_over_its_maximum(classifier, images, name):
    averaged = choose_methods([name], LAYERS)[name]
    parts = []
    for layer in LAYERS:
        maps = METHODS[name](layer=layer).attribute(Question(classifier, images, 1)).maps
        largest = np.abs(maps).max(axis=(1, 2), keepdims=True)
        parts.append(upsample(maps / np.where(largest > 0, largest, 1), (8, 6)))
    maps = averaged.attribute(Question(classifier, images, 1)).maps
    np.testing.assert_allclose(maps, (parts[0] + parts[1]) / 2, atol=1e-5)


def test_an_average_has_the_facts_of_its_method():
    averaged = AveragedLayers(method=METHODS["hires_cam"](), layers=LAYERS)
    assert averaged.signed
    assert averaged.cost == 2 * METHODS["hires_cam"].cost
    assert not AveragedLayers(method=METHODS["grad_cam"](), layers=LAYERS).signed
    score_cam = AveragedLayers(method=METHODS["score_cam"](), layers=LAYERS)
    assert score_cam.revision == METHODS["score_cam"].revision > averaged.revision


def test_a_map_that_is_no_number_in_one_layer_is_none_in_the_average(images):
    class Broken:
        classes, input_shape = ("a", "b"), (16, 12, 1)

        def activations_and_gradients(self, images, target, layer):
            found = np.ones((len(images), 3, 3, 2), np.float32)
            return (found * np.nan if layer == "second" else found), found

    averaged = AveragedLayers(method=METHODS["grad_cam"](), layers=LAYERS)
    assert np.isnan(averaged.explain(Broken(), images, 0)).all()


@pytest.mark.parametrize("layers", [(), ("first",), ("first", "first")])
def test_an_average_is_of_different_layers(layers):
    with pytest.raises(ValueError, match="two or more different ones"):
        AveragedLayers(method=METHODS["grad_cam"](), layers=layers)


def test_only_what_looks_into_a_layer_can_be_averaged():
    with pytest.raises(ValueError, match="looks into a layer, got Saliency"):
        AveragedLayers(method=METHODS["saliency"](), layers=LAYERS)


def test_a_layer_for_a_method_without_is_refused_and_told():
    with pytest.raises(BadConfiguration, match=r"saliency looks into no layer.* grad_cam"):
        choose_methods(["grad_cam", "saliency"], ["second"])


def test_the_default_layer_is_kept_under_its_name(classifier, network, stored, images):
    (kept,) = explain_case(classifier, stored, images[0], "a", ["grad_cam"], 1)
    assert kept.key["settings"]["layer"] == "second"
    named = explain_case(classifier, stored, images[0], "a", ["grad_cam"], 1, layers=["second"])
    assert named[0].key == kept.key
    other = KerasClassifier(network, classifier.classes, layer="first")
    (anew,) = explain_case(other, stored, images[0], "a", ["grad_cam"], 1)
    assert anew.attribution.shape == (8, 6)
    assert kept.attribution.shape == (4, 3)


def test_averages_and_single_layers_are_kept_apart(classifier, stored, images):
    shapes = {}
    for layers in ((), ("first",), LAYERS, LAYERS[::-1]) * 2:
        (kept,) = explain_case(classifier, stored, images[0], "a", ["hires_cam"], 1, layers=layers)
        shapes.setdefault(layers, []).append(kept.attribution)
    assert all(np.array_equal(a, b) or np.allclose(a, b, atol=1e-3) for a, b in shapes.values())
    assert shapes[()][0].shape == (4, 3)
    assert not np.allclose(shapes[("first",)][1], shapes[LAYERS][1])


def test_an_unknown_layer_is_told_with_the_closest(classifier, stored, images):
    with pytest.raises(BadModel, match="No layer 'sekond' gives a map; the closest are: second"):
        explain_case(classifier, stored, images[0], "a", ["grad_cam"], 1, layers=["sekond"])


def test_a_network_of_weights_that_are_no_numbers_is_refused():
    network = build_network()
    network.set_weights([np.full_like(w, np.nan) for w in network.get_weights()])
    with pytest.raises(BadModel, match="weights are broken"):
        KerasClassifier(network, ("normal", "benign", "malignant"))


def test_maps_of_a_layer_that_gives_no_numbers_are_refused_and_others_shown(stored, images):
    network = build_network()
    broken = KerasClassifier(network, ("normal", "benign", "malignant"))
    network.set_weights([np.full_like(w, np.nan) for w in network.get_weights()])
    refused, shown = explain_each(broken, stored, images[0], "a", ["grad_cam", "edges"], 1)
    assert isinstance(shown, Explanation)
    assert isinstance(refused, Refusal)
    assert "grad_cam map of a is not finite" in refused.reason


def test_the_others_are_kept_where_one_method_refuses(classifier, stored, images, monkeypatch):
    def refuse(self, question):
        raise BadModel("It cannot")

    monkeypatch.setattr(METHODS["layer_cam"], "attribute", refuse)
    asked = ["grad_cam", "layer_cam", "saliency"]
    answers = explain_each(classifier, stored, images[0], "a", asked, 1)
    assert [type(a) for a in answers] == [Explanation, Refusal, Explanation]
    with pytest.raises(BadModel, match="It cannot"):
        explain_case(classifier, stored, images[0], "a", asked, 1)
