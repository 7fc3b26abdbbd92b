import dataclasses
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from linear_classifier import LinearClassifier

from mammo_core.attribution import METHODS, Attribution, Question, explain_together, upsample
from mammo_core.attribution.base import Attributed
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.keras_classifier import KerasClassifier
from mammo_core.types import Contrast

CLASSES = ("normal", "benign", "malignant")
LAYERED = [name for name, method in METHODS.items() if "layer" in method.needs]
LAYERLESS = [name for name in METHODS if METHODS[name].access not in ("layer", "network")]


def build_cnn():
    keras.utils.set_random_seed(1)
    image = x = keras.Input((32, 24, 1))
    for width in (8, 12):
        x = keras.layers.Conv2D(width, 3, strides=2, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))


@pytest.fixture(scope="module")
def cnn():
    return KerasClassifier(build_cnn(), CLASSES)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((2, 32, 24, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def hand_made():
    """A convolution of ones into two channels, a dense layer over channel-first features."""
    image = keras.Input((4, 4, 1))
    x = keras.layers.Conv2D(2, 3, activation="relu", name="conv")(image)
    x = keras.layers.Flatten()(keras.layers.Permute((3, 1, 2))(x))
    model = keras.Model(image, keras.layers.Dense(2, name="logits")(x))
    model.get_layer("conv").set_weights([np.ones((3, 3, 1, 2)), np.array([-50.0, -75.0])])
    weights = np.zeros((8, 2))
    weights[:5, 0], weights[5:, 0] = 1, -1
    model.get_layer("logits").set_weights([weights, np.zeros(2)])
    return KerasClassifier(model, ("a", "b"), layer="conv")


RAMP = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)


# The family's contract


@pytest.mark.parametrize("name", METHODS)
def test_maps_are_finite_float32_on_the_images_grid(cnn, images, name):
    maps = METHODS[name]().explain(cnn, images, cnn.predict(images).argmax(axis=1))
    assert maps.shape == (2, 32, 24)
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()
    assert np.ptp(maps, axis=(1, 2)).min() > 0


@pytest.mark.parametrize("name", METHODS)
def test_the_images_stay_untouched(cnn, images, name):
    before = images.copy()
    METHODS[name]().explain(cnn, images, 1)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_repeats_itself_and_leaves_the_global_generator_alone(cnn, images, name):
    state = np.random.get_state()[1].copy()
    first = METHODS[name]().explain(cnn, images, 1)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.random.random(7)
    np.testing.assert_array_equal(METHODS[name]().explain(cnn, images, 1), first)


@pytest.mark.parametrize("name", METHODS)
def test_each_image_is_explained_as_if_alone_for_its_own_target(cnn, images, name):
    both = METHODS[name]().explain(cnn, images, ["malignant", "benign"])
    for k, target in enumerate(("malignant", "benign")):
        alone = METHODS[name]().explain(cnn, images[k : k + 1], target)[0]
        np.testing.assert_allclose(both[k], alone, atol=1e-5 * np.abs(alone).max())


@pytest.mark.parametrize("name", METHODS)
def test_unsigned_methods_give_no_negative_values(cnn, images, name):
    maps = METHODS[name]().explain(cnn, images, 1)
    assert METHODS[name].signed == bool(maps.min() < 0)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_frozen_settings_with_its_facts(name):
    method = METHODS[name]()
    assert isinstance(method, Attribution)
    assert dataclasses.is_dataclass(method)
    assert type(method).__dataclass_params__.frozen
    assert method.title
    assert method.passes
    assert any(source in method.reference for source in ("arXiv:", "doi:"))
    assert type(method).__mro__[1] is Attribution


@pytest.mark.parametrize("name", [name for name in METHODS if not METHODS[name].is_class_blind])
def test_a_difference_of_classes_is_explained_by_every_method(cnn, images, name):
    of, against = "malignant", "benign"
    maps = METHODS[name]().explain(cnn, images, Contrast(of, against))
    assert np.isfinite(maps).all()
    assert not np.array_equal(maps, METHODS[name]().explain(cnn, images, of))


@pytest.mark.parametrize("name", ["hires_cam", "input_x_gradient", "integrated_gradients"])
def test_what_is_linear_in_the_gradient_is_the_difference_of_both_classes(cnn, images, name):
    maps = [METHODS[name]().explain(cnn, images, t) for t in ("malignant", "benign")]
    told_apart = METHODS[name]().explain(cnn, images, Contrast("malignant", "benign"))
    np.testing.assert_allclose(told_apart, maps[0] - maps[1], atol=1e-5 * np.abs(maps).max())


def test_nobody_can_write_to_what_methods_share(cnn, images):
    question = Question(cnn, images, 1, ("layer", "gradient"))
    for array in (question.images, question.gradient, *question.layer(None)):
        with pytest.raises(ValueError, match="read-only"):
            array -= array.min()
    images[0, 0, 0] += 0  # who owns them still can


@pytest.mark.parametrize("name", METHODS)
def test_an_unknown_class_is_refused(cnn, images, name):
    with pytest.raises(ValueError, match="normal, benign, malignant"):
        METHODS[name]().explain(cnn, images, "cancer")


@pytest.mark.parametrize("name", METHODS)
def test_images_of_another_size_are_refused(cnn, images, name):
    with pytest.raises(ValueError, match=r"Expected images of shape \(N, 32, 24, 1\)"):
        METHODS[name]().explain(cnn, images[:, :-2], 1)


@pytest.fixture(scope="module")
def together(cnn, images):
    return explain_together(cnn, images, 1, list(METHODS))


def test_together_the_maps_come_in_the_order_asked_for(together):
    assert list(together) == list(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_together_gives_what_each_gives_alone(cnn, images, together, name):
    alone = METHODS[name]().explain(cnn, images, 1)
    np.testing.assert_allclose(together[name], alone, atol=1e-5 * np.abs(alone).max())


@pytest.mark.parametrize("name", LAYERLESS)
def test_methods_without_a_layer_need_only_a_classifier(linear_classifier, name):
    images = np.random.default_rng(1).random((2, 12, 10, 1), dtype=np.float32)
    assert METHODS[name]().explain(linear_classifier, images, "malignant").shape == (2, 12, 10)


@pytest.mark.parametrize("name", LAYERED)
def test_methods_of_a_layer_refuse_a_model_without_maps(images, name):
    image = keras.Input((32, 24, 1))
    model = keras.Model(image, keras.layers.Dense(3)(keras.layers.Flatten()(image)))
    with pytest.raises(BadModel, match="no convolutional map"):
        METHODS[name]().explain(KerasClassifier(model, CLASSES), images, 0)


def test_the_table_needs_neither_tensorflow_nor_shap():
    code = (
        "import sys, mammo_core.attribution; "
        "assert not {'tensorflow', 'keras', 'shap', 'sklearn'} & set(sys.modules)"
    )
    root = Path(__file__).resolve().parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


# Sharing a pass


class CountingClassifier:
    """A KerasClassifier's stand-in that counts what it is asked."""

    def __init__(self, classifier):
        self._classifier = classifier
        self.classes, self.input_shape = classifier.classes, classifier.input_shape
        self.asked = []

    def __getattr__(self, name):
        def ask(*inputs):
            self.asked.append(name)
            return getattr(self._classifier, name)(*inputs)

        return ask


def test_methods_of_one_pass_share_it(cnn, images):
    counting = CountingClassifier(cnn)
    explain_together(counting, images, 1, ["saliency", "grad_cam"])
    assert counting.asked == ["single_pass"]


def test_a_method_alone_asks_only_for_what_it_needs(cnn, images):
    counting = CountingClassifier(cnn)
    METHODS["grad_cam"]().explain(counting, images, 1)
    METHODS["saliency"]().explain(counting, images, 1)
    assert counting.asked == ["activations_and_gradients", "gradient"]


def test_an_unknown_method_is_refused_with_the_known_ones(cnn, images):
    with pytest.raises(BadConfiguration, match=r"'grad_kam'; known are: .*did you mean 'grad_cam'"):
        explain_together(cnn, images, 1, ["grad_kam"])


# Resolution


@pytest.mark.parametrize("shape", [(32, 24), (33, 50), (5, 7)])
def test_upsampling_is_half_pixel_as_tensorflow_does_it(shape):
    maps = np.random.default_rng(2).normal(size=(2, 5, 7)).astype(np.float32)
    expected = tf.image.resize(maps[..., None], shape).numpy()[..., 0]
    np.testing.assert_allclose(upsample(maps, shape), expected, atol=1e-5)


def test_a_cell_lands_where_it_lies():
    cells = np.zeros((1, 7, 7), np.float32)
    cells[0, 5, 2] = 1
    large = upsample(cells, (224, 224))[0]
    rows, columns = np.mgrid[:224, :224]
    center = [(large * axis).sum() / large.sum() for axis in (rows, columns)]
    np.testing.assert_allclose(center, [5.5 * 32 - 0.5, 2.5 * 32 - 0.5], atol=0.01)


# Class activation maps

BY_HAND = {
    "grad_cam": [[0, 4], [28, 32.5]],
    "hires_cam": [[0, 4], [25, 25]],
    "layer_cam": [[0, 4], [31, 40]],
    "xgrad_cam": [[0, 4], [25, 25]],
}
"""The channels are [[0, 4], [31, 40]] (gradients 1) and [[0, 0], [6, 15]] (1, then -1 thrice)."""


@pytest.mark.parametrize("name", BY_HAND)
def test_a_map_of_the_hand_made_net(hand_made, name):
    low = METHODS[name]().attribute(Question(hand_made, RAMP, "a", ("layer",))).maps
    np.testing.assert_allclose(low[0], BY_HAND[name], atol=1e-4)
    large = METHODS[name]().explain(hand_made, RAMP, "a")
    np.testing.assert_allclose(large, tf.image.resize(low[..., None], (4, 4))[..., 0], atol=1e-4)


def test_hires_cam_adds_up_to_the_logit_of_the_hand_made_net(hand_made):
    maps = METHODS["hires_cam"]().attribute(Question(hand_made, RAMP, "a")).maps
    assert maps.sum() == pytest.approx(54)
    assert hand_made.logits(RAMP)[0, 0] == pytest.approx(54)


def test_grad_cam_hires_cam_and_xgrad_cam_agree_under_a_pooled_linear_head(cnn, images):
    maps = explain_together(cnn, images, 2, ["grad_cam", "hires_cam", "xgrad_cam"])
    np.testing.assert_allclose(maps["xgrad_cam"], maps["grad_cam"], rtol=1e-3, atol=1e-6)
    question = Question(cnn, images, 2)
    unclipped = np.maximum(METHODS["hires_cam"]().attribute(question).maps, 0)
    np.testing.assert_allclose(unclipped, METHODS["grad_cam"]().attribute(question).maps, atol=1e-6)


class OneLayer:
    """A classifier whose layer is what the test says it is."""

    classes, input_shape = ("a", "b"), (4, 4, 1)

    def __init__(self, activations, gradients):
        self._layer = activations.astype(np.float32), gradients.astype(np.float32)

    def activations_and_gradients(self, images, target, layer):
        return self._layer


def test_grad_cam_plus_plus_is_equation_19():
    rng = np.random.default_rng(8)
    A, G = rng.random((1, 3, 3, 5)) * 4, rng.normal(size=(1, 3, 3, 5))
    alpha = G**2 / (2 * G**2 + A.sum(axis=(1, 2), keepdims=True) * G**3)
    weights = (alpha * np.maximum(G, 0)).sum(axis=(1, 2))
    expected = np.maximum((A * weights[:, None, None]).sum(axis=-1), 0)
    question = Question(OneLayer(A, G), RAMP, 0)
    ours = METHODS["grad_cam_plus_plus"]().attribute(question).maps
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_grad_cam_plus_plus_survives_extreme_gradients(scale):
    rng = np.random.default_rng(9)
    A, G = rng.random((1, 3, 3, 5)), scale * rng.normal(size=(1, 3, 3, 5))
    question = Question(OneLayer(A, G), RAMP, 0)
    maps = METHODS["grad_cam_plus_plus"]().attribute(question).maps
    assert np.isfinite(maps).all()
    assert np.ptp(maps) > 0


@pytest.mark.parametrize("name", LAYERED)
def test_a_silent_layer_gives_an_empty_map(name):
    silent = OneLayer(np.zeros((1, 3, 3, 5)), np.random.default_rng(10).normal(size=(1, 3, 3, 5)))
    assert not METHODS[name]().explain(silent, RAMP, 0).any()


@pytest.mark.parametrize("name", LAYERED)
def test_a_map_looks_into_the_layer_that_was_asked_for(cnn, images, name):
    first = METHODS[name](layer=cnn.layers[0])
    assert first.attribute(Question(cnn, images, 1)).maps.shape == (2, 16, 12)


def test_grad_cam_equals_tf_keras_vis_before_upsampling(cnn, images):
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    theirs = Gradcam(cnn.model, model_modifier=ReplaceToLinear(), clone=True)(
        CategoricalScore([2, 0]), images, expand_cam=False, normalize_cam=False
    )
    ours = METHODS["grad_cam"]().attribute(Question(cnn, images, [2, 0])).maps
    assert ours.max() > 0
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * ours.max())


# Saliency


def test_saliency_of_a_linear_model_is_the_size_of_its_weights(linear_classifier):
    images = np.zeros((1, 12, 10, 1), np.float32)
    expected = np.abs(linear_classifier.weights[..., 0]) / 2
    np.testing.assert_allclose(
        METHODS["saliency"]().explain(linear_classifier, images, 1)[0], expected
    )


def test_saliency_takes_the_largest_channel():
    weights = np.random.default_rng(3).normal(size=(6, 5, 3)).astype(np.float32)
    images = np.zeros((1, 6, 5, 3), np.float32)
    maps = METHODS["saliency"]().explain(LinearClassifier(weights), images, 0)
    np.testing.assert_allclose(maps[0], np.abs(weights).max(axis=-1) / 2)


def test_saliency_equals_tf_keras_vis(cnn, images):
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    theirs = Saliency(cnn.model, model_modifier=ReplaceToLinear(), clone=True)(
        CategoricalScore([2, 0]), images, normalize_map=False
    )
    ours = METHODS["saliency"]().explain(cnn, images, [2, 0])
    assert ours.max() > 0
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * ours.max())


# Input x gradient


def test_input_x_gradient_of_a_linear_model_adds_up_to_its_logit(linear_classifier):
    images = np.random.default_rng(11).random((2, 12, 10, 1), dtype=np.float32)
    maps = METHODS["input_x_gradient"]().explain(linear_classifier, images, 1)
    logits = linear_classifier.logits(images)[:, 1]
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), logits, rtol=1e-4)


# Integrated gradients


def test_integrated_gradients_of_a_linear_model_are_weights_times_distance(linear_classifier):
    images = np.random.default_rng(4).random((1, 12, 10, 1), dtype=np.float32)
    method = METHODS["integrated_gradients"](steps=1, baseline=0.25)
    expected = (images[0] - 0.25)[..., 0] * linear_classifier.weights[..., 0] / 2
    np.testing.assert_allclose(method.explain(linear_classifier, images, 1)[0], expected, atol=1e-6)


def test_integrated_gradients_add_up_to_the_difference_of_the_logits(cnn, images):
    method = METHODS["integrated_gradients"](steps=128)
    answer = method.attribute(Question(cnn, images, 1))
    difference = (cnn.logits(images) - cnn.logits(np.zeros_like(images)))[:, 1]
    np.testing.assert_allclose(answer.total, difference, atol=1e-6)
    np.testing.assert_allclose(answer.maps.sum(axis=(1, 2)), difference, rtol=0.01)
    assert answer.completeness_gap.max() < 0.01


def test_integrated_gradients_of_the_baseline_are_nothing(cnn):
    empty = np.zeros((1, 32, 24, 1), np.float32)
    assert not METHODS["integrated_gradients"]().explain(cnn, empty, 1).any()


def test_a_path_without_steps_is_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        METHODS["integrated_gradients"](steps=0)


# Partition SHAP


def test_partition_shap_of_a_linear_model_shares_each_cells_own_effect():
    weights = np.random.default_rng(5).normal(size=(8, 8, 1)).astype(np.float32)
    images = np.random.default_rng(6).random((1, 8, 8, 1), dtype=np.float32)
    method = METHODS["partition_shap"](cell=2, evaluations=2000, blur=0.5)
    maps = method.explain(LinearClassifier(weights), images, 1)[0]
    effect = (weights * (images[0] - method._blur(images[0])))[..., 0] / 2
    by_cell = effect.reshape(4, 2, 4, 2).sum(axis=(1, 3))
    np.testing.assert_allclose(maps, np.kron(by_cell, np.full((2, 2), 0.25)), atol=1e-6)


def test_partition_shap_adds_up_however_early_it_stops(cnn, images):
    for evaluations in (4, 50, 300):
        method = METHODS["partition_shap"](evaluations=evaluations, cell=5)
        answer = method.attribute(Question(cnn, images, 2))
        assert answer.completeness_gap.max() < 1e-3
        blurred = np.stack([method._blur(image) for image in images])
        difference = (cnn.logits(images) - cnn.logits(blurred))[:, 2]
        np.testing.assert_allclose(answer.total, difference, atol=1e-6)


def test_partition_shap_of_a_constant_image_is_nothing(cnn):
    gray = np.full((1, 32, 24, 1), 0.5, np.float32)
    maps = METHODS["partition_shap"](evaluations=20).explain(cnn, gray, 0)
    np.testing.assert_allclose(maps, 0, atol=1e-6)


def test_partition_shap_asks_the_model_about_as_often_as_allowed(linear_classifier):
    asked = []
    logits = linear_classifier.logits
    linear_classifier.logits = lambda images: asked.append(len(images)) or logits(images)
    images = np.random.default_rng(7).random((1, 12, 10, 1), dtype=np.float32)
    METHODS["partition_shap"](evaluations=60, cell=1).explain(linear_classifier, images, 0)
    assert 40 < sum(asked) <= 60 + 16 + 2


@pytest.mark.parametrize(
    "settings", [{"evaluations": 3}, {"cell": 0}, {"blur": 0.0}, {"blur": 1.5}]
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match="Expected evaluations"):
        METHODS["partition_shap"](**settings)


def test_the_completeness_gap_is_what_is_missing_as_a_share():
    answer = Attributed(np.full((1, 2, 2), 0.2, np.float32), np.array([1.0], np.float32))
    np.testing.assert_allclose(answer.completeness_gap, [0.2], atol=1e-6)
    assert Attributed(answer.maps).completeness_gap is None


def test_the_completeness_gap_of_a_logit_that_never_changes_is_undefined():
    total = np.array([0, 2e-6, 0], np.float32)
    maps = np.full((3, 2, 2), 1e-7, np.float32)
    maps[2] = 1.0
    nothing, rounding, wrong = Attributed(maps, total).completeness_gap
    assert np.isnan([nothing, rounding]).all()
    assert wrong > 1


# Controls

CONTROLS = [name for name, method in METHODS.items() if method.is_control]


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_knows_neither_the_model_nor_the_class(cnn, images, name):
    other = LinearClassifier(np.random.default_rng(12).normal(size=(32, 24, 1)))
    np.testing.assert_array_equal(
        METHODS[name]().explain(cnn, images, 2), METHODS[name]().explain(other, images, 0)
    )


def test_random_maps_differ_between_images_and_seeds(cnn, images):
    one, other = METHODS["random"]().explain(cnn, images, 0)
    assert not np.array_equal(one, other)
    assert not np.array_equal(METHODS["random"](seed=1).explain(cnn, images, 0)[0], one)


def test_smooth_random_maps_are_as_many_cells_as_asked_for_and_new_for_each_image(cnn, images):
    maps = METHODS["random_smooth"](cells=3).attribute(Question(cnn, images, 0)).maps
    assert maps.shape == (2, 4, 3)
    assert not np.array_equal(*maps)
    other = METHODS["random_smooth"](cells=3, seed=1).attribute(Question(cnn, images, 0)).maps
    assert not np.array_equal(other, maps)
    one = METHODS["random_smooth"](cells=99).attribute(Question(cnn, images, 0)).maps
    np.testing.assert_array_equal(one, METHODS["random"]().explain(cnn, images, 0))
    with pytest.raises(ValueError, match="at least 1, got 0"):
        METHODS["random_smooth"](cells=0)


def test_edges_lie_on_the_step(cnn):
    step = np.zeros((1, 32, 24, 1), np.float32)
    step[:, :, 10:] = 1
    columns = METHODS["edges"]().explain(cnn, step, 0)[0].any(axis=0)
    np.testing.assert_array_equal(np.flatnonzero(columns), [9, 10])


def test_the_blurred_copy_is_as_bright_as_the_image_and_smoother(cnn, images):
    copy = METHODS["blurred"]().explain(cnn, images, 0)
    np.testing.assert_allclose(copy.mean(), images.mean(), atol=0.01)
    assert 0 < copy.std() < images.std() / 2
    with pytest.raises(ValueError, match="from 0 to 1, got 2"):
        METHODS["blurred"](blur=2)


def test_the_center_is_in_the_middle(cnn, images):
    center = METHODS["center"]().explain(cnn, images, 0)[0]
    np.testing.assert_allclose(center, center[::-1, ::-1], rtol=1e-6)
    assert center[16, 12] == center.max()
