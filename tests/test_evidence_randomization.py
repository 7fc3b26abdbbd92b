"""Networks that forget from the top down, and what that does to maps."""

import random

import keras
import numpy as np
import pytest
from scipy.stats import spearmanr

from mammo_core.architectures.heads import pool_positions
from mammo_core.attribution import METHODS
from mammo_core.errors import BadModel, Cancelled
from mammo_core.evidence import METHOD_METRICS
from mammo_core.evidence.likeness import compare_ranks
from mammo_core.evidence.randomization_curve import compare_structure, randomization_curve
from mammo_core.keras_classifier import KerasClassifier
from mammo_core.weight_randomization import WeightCascade

CLASSES = ("normal", "benign", "malignant")


def convolve(x, width, name):
    x = keras.layers.Conv2D(width, 3, strides=2, padding="same", name=name)(x)
    x = keras.layers.BatchNormalization(name=name + "_norm")(x)
    return keras.layers.ReLU()(x)


def learn(network):
    """Weights that no initializer would draw, and none of them zero."""
    rng = np.random.default_rng(5)
    network.set_weights([rng.uniform(0.1, 0.5, w.shape) for w in network.get_weights()])
    return network


def build_nested():
    """An input normalization, a backbone in a model of its own, a softmax."""
    inner = keras.Input((32, 24, 1))
    trunk = keras.Model(inner, convolve(convolve(inner, 4, "low"), 6, "high"), name="trunk")
    image = keras.Input((32, 24, 1))
    x = keras.layers.Normalization(mean=0.4, variance=0.1, name="input_norm")(image)
    x = keras.layers.Flatten()(trunk(x))
    return learn(keras.Model(image, keras.layers.Dense(3, activation="softmax", name="top")(x)))


@pytest.fixture(scope="module")
def classifier():
    return KerasClassifier(build_nested(), CLASSES)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((2, 32, 24, 1), dtype=np.float32)


def weights_of(classifier, path):
    names = path.split("/")
    layer = classifier.model
    for name in names:
        layer = layer.get_layer(name)
    return layer.get_weights()


# The cascade


def test_layers_that_begin_at_random_are_listed_from_the_top(classifier):
    assert classifier.weight_cascade.layers == ("top", "trunk/high", "trunk/low")


def test_forgetting_nothing_is_the_network_itself(classifier, images):
    same = classifier.weight_cascade.draw(0, seed=0)
    assert same is not classifier
    np.testing.assert_allclose(same.logits(images), classifier.logits(images), rtol=1e-5)


def test_the_copy_is_compared_with_the_same_references(images):
    classifier = KerasClassifier(build_nested(), CLASSES, background=images)
    assert classifier.weight_cascade.draw(1, seed=0).background is images


def test_the_network_itself_never_changes(classifier, images):
    before = [w.tobytes() for w in classifier.model.get_weights()]
    logits = classifier.logits(images)
    for n_layers in range(4):
        classifier.weight_cascade.draw(n_layers, seed=1)
    assert [w.tobytes() for w in classifier.model.get_weights()] == before
    np.testing.assert_array_equal(classifier.logits(images), logits)


STEPS = [["top"], ["trunk/high_norm", "trunk/high"], ["trunk/low_norm", "trunk/low"]]
"""What is forgotten together: a normalization goes with the convolution below it."""


@pytest.mark.parametrize("n_layers", range(4))
def test_the_top_layers_are_drawn_and_all_others_kept(classifier, n_layers):
    drawn = classifier.weight_cascade.draw(n_layers, seed=0)
    forgotten = {path for step in STEPS[:n_layers] for path in step}
    for path in [*np.concatenate(STEPS), "input_norm"]:
        pairs = zip(weights_of(classifier, path), weights_of(drawn, path), strict=True)
        for own, copied in pairs:
            assert np.array_equal(own, copied) == (path not in forgotten)


def test_what_begins_the_same_each_time_at_either_end_goes_with_its_neighbor():
    image = x = keras.Input((8, 8, 1))
    x = keras.layers.BatchNormalization(name="lowest")(x)
    x = keras.layers.Flatten()(keras.layers.Conv2D(2, 3, name="middle")(x))
    top = keras.layers.Dense(2, kernel_initializer="ones", name="highest")
    classifier = KerasClassifier(learn(keras.Model(image, top(x))), ("a", "b"))
    assert classifier.weight_cascade.layers == ("middle",)
    drawn = classifier.weight_cascade.draw(1, seed=0)
    np.testing.assert_array_equal(weights_of(drawn, "highest")[0], 1)
    np.testing.assert_array_equal(weights_of(drawn, "lowest")[0], 1)


def test_a_layer_with_a_seed_of_its_own_is_drawn_from_the_seed_that_is_asked_for():
    image = keras.Input((8, 8, 1))
    start = keras.initializers.GlorotUniform(seed=7)
    top = keras.layers.Dense(2, kernel_initializer=start, name="top")
    network = keras.Model(image, top(keras.layers.Flatten()(image)))
    cascade = KerasClassifier(network, ("a", "b")).weight_cascade
    kernels = [weights_of(cascade.draw(1, seed), "top")[0] for seed in (0, 1)]
    assert not np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], network.get_weights()[0])


def test_the_copy_answers_with_the_weights_that_it_has_now(classifier, images):
    answers = [classifier.weight_cascade.draw(n, seed=0).logits(images) for n in (0, 1, 3, 0)]
    assert not np.allclose(answers[0], answers[1])
    assert not np.allclose(answers[1], answers[2])
    np.testing.assert_array_equal(answers[0], answers[3])


def test_a_layer_is_drawn_by_its_own_initializers(classifier):
    drawn = classifier.weight_cascade.draw(3, seed=0)
    kernel, bias = weights_of(drawn, "top")
    limit = np.sqrt(6 / sum(kernel.shape))  # of Glorot's uniform distribution
    assert 0.95 * limit < np.abs(kernel).max() <= limit
    assert abs(kernel.mean()) < 4 * kernel.std() / np.sqrt(kernel.size)
    np.testing.assert_array_equal(bias, 0)
    scale, shift, mean, variance = weights_of(drawn, "trunk/high_norm")
    for values, start in ((scale, 1), (shift, 0), (mean, 0), (variance, 1)):
        np.testing.assert_array_equal(values, start)


def test_weights_are_drawn_from_the_seed_and_the_global_generators_left_alone(classifier):
    cascade, state = classifier.weight_cascade, random.getstate()
    kernels = [weights_of(cascade.draw(3, seed), "top")[0] for seed in (3, 4, 3)]
    assert random.getstate() == state
    np.testing.assert_array_equal(kernels[0], kernels[2])
    assert abs(np.corrcoef(kernels[0].ravel(), kernels[1].ravel())[0, 1]) < 0.2


def test_the_weights_that_a_network_was_trained_from_are_not_drawn_again():
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 1))
    network = keras.Model(image, keras.layers.Dense(4, name="top")(keras.layers.Flatten()(image)))
    drawn = KerasClassifier(network, tuple("abcd")).weight_cascade.draw(1, seed=0)
    first, kernel = network.get_weights()[0], weights_of(drawn, "top")[0]
    assert abs(np.corrcoef(first.ravel(), kernel.ravel())[0, 1]) < 0.25


def test_a_sequential_model_with_one_unit_forgets_too(images):
    layers = [keras.layers.Conv2D(3, 3, strides=2), keras.layers.Flatten()]
    top = keras.layers.Dense(1, activation="sigmoid", kernel_initializer="he_normal")
    network = learn(keras.Sequential([keras.Input((32, 24, 1)), *layers, top]))
    classifier = KerasClassifier(network, ("benign", "malignant"))
    cascade = classifier.weight_cascade
    assert len(cascade.layers) == 2
    np.testing.assert_allclose(
        cascade.draw(0, 0).predict(images), classifier.predict(images), rtol=1e-5
    )
    assert not np.allclose(cascade.draw(1, 0).logits(images), classifier.logits(images))


@keras.saving.register_keras_serializable("tests")
class Doubling(keras.layers.Layer):
    """A layer that cannot tell how it was made."""

    def __init__(self, factor, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, x):
        return self.factor * x


def test_a_network_that_cannot_be_built_again_is_refused():
    image = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(Doubling(np.float32(2), name="doubling")(image))
    network = keras.Model(image, keras.layers.Dense(2)(x), name="odd")
    with pytest.raises(BadModel, match="The weights of odd cannot be drawn anew"):
        WeightCascade(network, lambda copy: KerasClassifier(copy, ("a", "b")))


def test_a_network_without_random_weights_is_refused():
    image = keras.Input((8, 8, 2))
    network = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))
    with pytest.raises(BadModel, match="whose weights begin at random"):
        WeightCascade(network, lambda copy: KerasClassifier(copy, ("a", "b")))


def test_more_layers_than_there_are_cannot_be_forgotten(classifier):
    with pytest.raises(ValueError, match="Expected 0 to 3 layers, got 4"):
        classifier.weight_cascade.draw(4, seed=0)


# The curve and its summary


@pytest.fixture(scope="module")
def curve(classifier, images):
    return randomization_curve(classifier, images, METHODS["input_x_gradient"](), 1)


def test_a_curve_begins_with_the_network_itself(curve):
    np.testing.assert_allclose(curve.rank_correlation[:, 0], 1)
    np.testing.assert_allclose(curve.ssim[:, 0], 1)


def test_a_curve_goes_from_the_top_layer_down_to_all(curve):
    assert curve.n_drawn == (1, 2, 3)  # a quarter of three is the top layer again
    assert curve.layers == ("top", "trunk/high", "trunk/low")
    assert curve.n_layers == 3
    assert curve.rank_correlation.shape == curve.ssim.shape == (2, 4)


def test_a_curve_compares_with_the_maps_of_the_forgetful_network(classifier, images, curve):
    method = METHODS["input_x_gradient"]()
    own = method.explain(classifier, images, 1)
    forgetful = method.explain(classifier.weight_cascade.draw(3, seed=0), images, 1)
    expected = [
        spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(own, forgetful, strict=True)
    ]
    np.testing.assert_allclose(curve.rank_correlation[:, -1], expected)


def test_the_measure_is_what_the_curve_leaves_on_average(classifier, images, curve):
    metric = METHOD_METRICS["model_randomization"]()
    values = metric.measure(classifier, images, METHODS["input_x_gradient"](), 1)
    left = np.abs(curve.rank_correlation[:, 1:]).mean(axis=1)
    np.testing.assert_allclose(values, 1 - left)
    np.testing.assert_allclose(curve.lost, values)
    assert ((values > 0.1) & (values <= 1)).all()


@pytest.mark.parametrize("control", ["random", "edges", "center", "blurred"])
def test_a_control_stays_as_it_is_whatever_is_forgotten(classifier, images, control):
    metric = METHOD_METRICS["model_randomization"](depths=(1.0,))
    values = metric.measure(classifier, images, METHODS[control](), 1)
    np.testing.assert_allclose(values, 0, atol=1e-12)


def test_a_logit_that_random_weights_hold_still_leaves_nothing_to_explain(images):
    """Drawn anew, the project's own head says the same of its first class whatever the image."""
    image = keras.Input((32, 24, 1))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu", name="low")(image)
    x = pool_positions(keras.layers.Reshape((-1, 4))(x), len(CLASSES), "logsumexp")
    classifier = KerasClassifier(learn(keras.Model(image, x)), CLASSES)
    metric, method = METHOD_METRICS["model_randomization"](), METHODS["saliency"]()
    targets = ["normal", "benign"]  # one for each image
    assert np.ptp(method.explain(classifier, images, targets), axis=(1, 2)).all()
    values = metric.measure(classifier, images, method, targets)
    np.testing.assert_array_equal(np.isnan(values), [True, False])
    of_edges = metric.measure(classifier, images, METHODS["edges"](), targets)
    np.testing.assert_allclose(of_edges, 0, atol=1e-12)


def test_the_same_seed_gives_the_same_measure_and_another_another(classifier, images):
    method = METHODS["saliency"]()
    values = [
        METHOD_METRICS["model_randomization"](depths=(1.0,), seed=seed).measure(
            classifier, images, method, 1
        )
        for seed in (0, 1, 0)
    ]
    np.testing.assert_array_equal(values[0], values[2])
    assert not np.array_equal(values[0], values[1])


def test_a_layer_can_be_chosen_in_the_forgetful_network_too(classifier, images):
    method = METHODS["hires_cam"](layer="trunk/low")
    curve = randomization_curve(classifier, images, method, 1, depths=(1.0,))
    assert np.isfinite(curve.rank_correlation).all()


def test_a_curve_can_be_stopped_between_stations(classifier, images):
    told = []

    def stop(done, total, doing):
        told.append((done, total))
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        randomization_curve(classifier, images, METHODS["saliency"](), 1, progress=stop)
    assert told == [(0, 3), (1, 3), (2, 3)]


# How alike two maps are


@pytest.mark.parametrize("compare", [compare_ranks, compare_structure])
def test_likeness_ignores_the_unit_of_a_map(compare):
    a, b = np.random.default_rng(0).normal(size=(2, 1, 16, 12)).astype(np.float32)
    np.testing.assert_allclose(compare(a, 5 * a), 1, rtol=1e-6)
    np.testing.assert_allclose(compare(a, 5 * b), compare(a, b), rtol=1e-5)


def test_a_map_upside_down_has_its_ranks_reversed():
    a = np.random.default_rng(0).normal(size=(1, 16, 12)).astype(np.float32)
    np.testing.assert_allclose(compare_ranks(a, -a), -1)


def test_structure_is_that_of_scikit_image_in_units_of_the_largest_value():
    from skimage.metrics import structural_similarity

    a, b = np.random.default_rng(0).random((2, 1, 16, 12)).astype(np.float32)
    expected = structural_similarity(a[0] / a.max(), b[0] / b.max(), data_range=1)
    np.testing.assert_allclose(compare_structure(a, b), expected, rtol=1e-5)


def test_structure_is_known_of_maps_smaller_than_the_window():
    a = np.random.default_rng(0).random((1, 4, 5)).astype(np.float32)
    np.testing.assert_allclose(compare_structure(a, a), 1)


@pytest.mark.parametrize("compare", [compare_ranks, compare_structure])
@pytest.mark.parametrize("spoiled", [np.nan, np.inf])
def test_maps_that_are_not_finite_are_like_nothing(compare, spoiled):
    a = np.random.default_rng(0).random((1, 16, 12)).astype(np.float32)
    bad = a.copy()
    bad[0, 3, 3] = spoiled
    assert np.isnan(compare(a, bad)).all()
    assert np.isnan(compare(bad, a)).all()


@pytest.mark.parametrize("compare", [compare_ranks, compare_structure])
def test_where_there_was_no_map_nothing_can_be_lost(compare):
    a = np.random.default_rng(0).random((1, 16, 12)).astype(np.float32)
    empty = np.zeros_like(a)
    assert np.isnan(compare(empty, a)).all()
    assert compare(a, empty)[0] < 0.1
    assert compare_ranks(a, empty)[0] == 0
