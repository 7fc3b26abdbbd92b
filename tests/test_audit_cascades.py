"""What an audit keeps of networks that forget, and that it asks each method once for its answer."""

import json

import keras
import numpy as np
import pytest
from linear_classifier import LinearClassifier

from mammo_core.attribution import METHODS
from mammo_core.audit.cascades import join_curves, keep_curve
from mammo_core.audit.case import Scene, explain_again, measure_case
from mammo_core.errors import BadModel
from mammo_core.evidence import METHOD_METRICS
from mammo_core.evidence.randomization_curve import RandomizationCurve, randomization_curve
from mammo_core.keras_classifier import KerasClassifier

NAMES = ("saliency", "hires_cam", "edges")


@pytest.fixture(scope="module")
def classifier():
    keras.utils.set_random_seed(2)
    image = x = keras.Input((24, 16, 1))
    for width in (4, 6):
        x = keras.layers.Conv2D(width, 3, strides=2, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    network = keras.Model(image, keras.layers.Dense(2, activation="softmax")(x))
    return KerasClassifier(network, ("benign", "malignant"))


@pytest.fixture(scope="module")
def scene():
    image = np.random.default_rng(0).random((24, 16, 1), dtype=np.float32)
    return Scene(image, np.zeros((24, 16), np.uint8), np.ones((24, 16), bool), {})


@pytest.fixture(scope="module")
def record(classifier, scene):
    return explain_again(classifier, scene, {n: METHODS[n]() for n in NAMES}, METHOD_METRICS)


def test_no_verdict_comes_of_a_network_that_answers_no_numbers(scene):
    model = LinearClassifier(np.full((24, 16, 1), np.nan, np.float32))
    with pytest.raises(BadModel, match="an image, got values that are not numbers"):
        measure_case(model, scene, {"center": METHODS["center"]()}, [])


def test_measures_that_share_an_answer_say_what_each_says_alone(classifier, scene, record):
    images = scene.image[None]
    target = int(classifier.predict(images)[0].argmax())
    for name in NAMES:
        for metric, value in record["methods"][name].items():
            alone = METHOD_METRICS[metric]().measure(classifier, images, METHODS[name](), target)[0]
            if value is None:
                assert np.isnan(alone)
            else:
                assert value == pytest.approx(alone, rel=1e-4, abs=1e-5)


def test_the_whole_curve_of_each_cascade_is_kept(classifier, scene, record):
    images = scene.image[None]
    target = int(classifier.predict(images)[0].argmax())
    assert list(record["cascades"]) == list(NAMES)
    kept = json.loads(json.dumps(record["cascades"]["saliency"], allow_nan=False))
    curve = randomization_curve(classifier, images, METHODS["saliency"](), target)
    assert kept["n_drawn"] == [0, *curve.n_drawn] == [0, 1, 2, 3]
    assert kept["layers"][1:] == list(curve.layers)
    np.testing.assert_allclose(kept["rank_correlation"], curve.rank_correlation[0], atol=5e-4)
    np.testing.assert_allclose(kept["ssim"], curve.ssim[0], atol=5e-4)


def test_without_the_measure_no_cascade_is_followed(classifier, scene):
    found = explain_again(classifier, scene, {"edges": METHODS["edges"]()}, ["repeatability"])
    assert found["cascades"] == {}


def make_record(*rank_correlations):
    values = np.array([rank_correlations], dtype=np.float64)
    curve = RandomizationCurve(("top", "low"), (1, 2), 2, values, values / 2)
    return {"cascades": {"saliency": keep_curve(curve)}}


def test_curves_are_joined_by_the_mean_of_what_is_known():
    nothing = {"methods": {}, "refused": {}}
    silent = make_record(np.nan, np.nan, np.nan)
    records = [make_record(1, 0.5, 0.1), nothing, silent, make_record(1, 0.3, np.nan)]
    joined = join_curves(records)["saliency"]
    assert joined["rank_correlation"] == [1, pytest.approx(0.4), pytest.approx(0.1)]
    assert joined["ssim"] == [0.5, pytest.approx(0.2), pytest.approx(0.05)]
    assert joined["n"] == 2
    assert joined["layers"] == ["", "top", "low"]
    assert joined["n_layers"] == 2


def test_a_station_that_nothing_is_known_of_has_no_value():
    joined = join_curves([make_record(1, np.nan, 0.2)])["saliency"]
    assert joined["rank_correlation"] == [1, None, 0.2]
    json.dumps(joined, allow_nan=False)
