"""Laws of the class activation maps that ask the network again, and of the one that never asks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mammo_core.attribution import METHODS, Question
from mammo_core.batch_size import (
    MOST,
    MOST_BYTES,
    SHARE,
    batch_size_of,
    count_pass_bytes,
    cut_batches,
    fit_batch_size,
)
from mammo_core.errors import BadModel, Cancelled
from mammo_core.keras_classifier import KerasClassifier
from mammo_core.layer_capture import find_layers
from mammo_core.types import Contrast

layers = keras.layers
CLASSES = ("normal", "benign", "malignant")
ASKING = ["score_cam", "ablation_cam"]


def pooled(x, units, activation):
    return layers.Dense(units, activation=activation)(layers.GlobalAveragePooling2D()(x))


def build_plain(units=3, activation="softmax"):
    image = keras.Input((16, 12, 1))
    x = layers.Conv2D(5, 3, strides=2, padding="same", activation="relu", name="conv")(image)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="top")(x)
    return keras.Model(image, pooled(x, units, activation))


def build_bypassed():
    """The image itself and an early layer go past the layer that is replaced."""
    image = keras.Input((16, 12, 1))
    early = layers.Conv2D(5, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(early)
    x = layers.Concatenate()([layers.Multiply()([x, x]), early])
    score = layers.Dense(3)(layers.Concatenate()([layers.Flatten()(x), layers.Flatten()(image)]))
    return keras.Model(image, layers.Softmax()(score))


def build_repeating():
    """One convolution called twice: only what it gives the second time is seen above it."""
    image = keras.Input((16, 12, 4))
    conv = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")
    return keras.Model(image, pooled(conv(conv(image)), 3, "softmax"))


def build_nested():
    image = keras.Input((16, 12, 1))
    inner = keras.Input((16, 12, 1))
    x = layers.Conv2D(5, 3, strides=2, activation="relu", name="conv")(inner)
    backbone = keras.Model(inner, x, name="backbone")
    return keras.Model(image, pooled(backbone(image), 3, "softmax"))


NETS = {
    "plain": (build_plain, "conv"),
    "one sigmoid": (lambda: build_plain(1, "sigmoid"), "conv"),
    "bypassed": (build_bypassed, "conv"),
    "repeating": (build_repeating, "conv"),
    "nested": (build_nested, "backbone/conv"),
}


@pytest.fixture(scope="module")
def nets():
    keras.utils.set_random_seed(3)
    made = {}
    for kind, (build, layer) in NETS.items():
        network = build()
        classes = CLASSES if network.output_shape[-1] == 3 else CLASSES[1:]
        made[kind] = KerasClassifier(network, classes, layer=layer)
    return made


@pytest.fixture(scope="module")
def plain(nets):
    return nets["plain"]


def draw_images(classifier, n=2):
    return np.random.default_rng(0).random((n, *classifier.input_shape), dtype=np.float32)


@pytest.fixture(scope="module")
def planted():
    """A net that counts row stripes for one class and column stripes for the other."""
    image = keras.Input((32, 48, 1))
    x = layers.Conv2D(2, 3, padding="same", activation="relu")(image)
    network = keras.Model(image, pooled(x, 2, "softmax"))
    rows = np.array([[-1, -2, -1], [2, 4, 2], [-1, -2, -1]], np.float32)
    network.layers[1].set_weights([np.stack([rows, rows.T], -1)[:, :, None], np.float32([0, 0])])
    network.layers[-1].set_weights([30 * np.eye(2), np.zeros(2)])
    return KerasClassifier(network, ("rows", "columns"))


@pytest.fixture(scope="module")
def stripes():
    """Row stripes on the left, column stripes on the right."""
    image = np.zeros((1, 32, 48, 1), np.float32)
    image[0, 8:24:2, 4:20] = 1
    image[0, 8:24, 28:44:2] = 1
    return image


# Score-CAM


@pytest.mark.parametrize("name", ASKING)
def test_a_map_lies_where_the_planted_stripes_of_its_class_are(planted, stripes, name):
    rows, columns = (METHODS[name]().explain(planted, stripes, k)[0] for k in (0, 1))
    assert rows[:, :24].sum() > 0.8 * rows.sum() > 0
    assert columns[:, 24:].sum() > 0.8 * columns.sum() > 0


BLANKS = {"black": np.zeros_like, "mean": lambda image: np.full_like(image, image.mean())}


def gained_by_hand(classifier, image, activations, weights, blank):
    """What each channel adds, image by image and channel by channel."""
    gained = []
    for k in range(activations.shape[-1]):
        mask = tf.image.resize(activations[..., k, None], image.shape[:2]).numpy()
        mask = (mask - mask.min()) / np.ptp(mask)
        seen = (blank + mask * (image - blank)).astype(np.float32)
        shown, nothing = classifier.logits(np.stack([seen, blank])) @ weights
        gained.append(shown - nothing)
    return np.array(gained)


@pytest.mark.parametrize("kind", ["plain", "one sigmoid"])
@pytest.mark.parametrize("fill", BLANKS)
def test_score_cam_weighs_by_what_a_channel_shows_over_a_blank_image(nets, kind, fill):
    classifier = nets[kind]
    images = draw_images(classifier, 1)
    activations, _ = classifier.activations_and_gradients(images, 0)
    blank = BLANKS[fill](images[0])
    for k, weights in enumerate(np.eye(len(classifier.classes))):
        by_hand = gained_by_hand(classifier, images[0], activations[0], weights, blank)
        expected = np.maximum(activations[0] @ by_hand, 0)
        maps = METHODS["score_cam"](fill=fill).attribute(Question(classifier, images, k)).maps
        np.testing.assert_allclose(maps[0], expected, atol=1e-4 * np.abs(by_hand).max())


def test_score_cam_at_the_images_resolution_weighs_the_activations_as_they_are():
    image = keras.Input((16, 12, 1))
    x = layers.Conv2D(4, 3, padding="same", name="conv")(image)
    network = keras.Model(image, pooled(layers.ReLU()(x), 3, "softmax"))
    classifier = KerasClassifier(network, CLASSES, layer="conv")
    images = draw_images(classifier, 1)
    activations = classifier.activations_and_gradients(images, 1)[0][0]
    by_hand = gained_by_hand(classifier, images[0], activations, np.eye(3)[1], 0 * images[0])
    question = Question(classifier, images, 1, ("layer",))
    maps = METHODS["score_cam"]().attribute(question).maps
    assert activations.min() < 0
    expected = np.maximum(activations @ by_hand, 0)
    np.testing.assert_allclose(maps[0], expected, atol=1e-4 * np.abs(by_hand).max())
    np.testing.assert_array_equal(question.layer(None)[0][0], activations)


@pytest.mark.parametrize("name", ASKING)
def test_the_two_maps_of_one_sigmoid_unit_share_no_cell(nets, name):
    images = draw_images(nets["one sigmoid"])
    question = (Question(nets["one sigmoid"], images, k) for k in (0, 1))
    one, other = (METHODS[name]().attribute(q).maps for q in question)
    assert one.any() or other.any()
    assert not (one * other).any()


@pytest.mark.parametrize("name", ASKING)
def test_a_contrast_turned_around_shares_no_cell_with_itself(plain, name):
    images = draw_images(plain)
    pairs = [Contrast("benign", "malignant"), Contrast("malignant", "benign")]
    one, other = (METHODS[name]().attribute(Question(plain, images, p)).maps for p in pairs)
    assert one.any() or other.any()
    assert not (one * other).any()


class Asked:
    """A classifier of given activations that notes how many images it is asked about."""

    classes, input_shape = ("a", "b"), (4, 4, 1)

    def __init__(self, activations):
        self._activations = activations.astype(np.float32)
        self.asked = []

    def activations_and_gradients(self, images, target, layer):
        return self._activations, np.zeros_like(self._activations)

    def logits(self, images):
        self.asked.append(len(images))
        return np.zeros((len(images), 2), np.float32)

    def logits_from_layer(self, images, activations, layer):
        return self.logits(images)


def in_full_batches(n_images):
    return [MOST] * (n_images // MOST) + [n_images % MOST]


def test_all_images_and_channels_are_asked_about_in_full_batches_but_for_constant_ones():
    activations = np.random.default_rng(1).random((3, 2, 2, 40))
    activations[1, :, :, :7] = 5
    asked = Asked(activations)
    METHODS["score_cam"]().explain(asked, np.zeros((3, 4, 4, 1), np.float32), 0)
    assert sorted(asked.asked) == sorted([1, *in_full_batches(3 * 40 - 7)])


def test_only_channels_that_are_not_zero_are_ablated():
    activations = np.random.default_rng(1).random((3, 2, 2, 40))
    activations[1, :, :, :7] = 0
    asked = Asked(activations)
    METHODS["ablation_cam"]().explain(asked, np.zeros((3, 4, 4, 1), np.float32), 0)
    assert sorted(asked.asked) == sorted([3, *in_full_batches(3 * 40 - 7)])


@pytest.mark.parametrize("name", ASKING)
def test_it_tells_after_each_batch_and_can_be_ended_there(name):
    def stop_after_some(done, total, doing):
        told.append((done, total))
        if done >= 32:
            raise Cancelled("Stopped by the user")

    told = []
    asked = Asked(np.random.default_rng(1).random((1, 2, 2, 40)))
    question = Question(asked, np.zeros((1, 4, 4, 1), np.float32), 0, progress=stop_after_some)
    with pytest.raises(Cancelled):
        METHODS[name]().attribute(question)
    assert told == [(16, 40), (32, 40)]


@pytest.mark.parametrize("name", [*ASKING, "eigen_cam"])
def test_an_image_without_any_structure_gets_a_map_all_the_same(plain, name):
    gray = np.full((1, 16, 12, 1), 0.5, np.float32)
    assert np.isfinite(METHODS[name]().explain(plain, gray, 0)).all()


def test_an_unknown_blank_image_is_refused():
    with pytest.raises(ValueError, match="Expected a fill of black, gray, mean, blurred"):
        METHODS["score_cam"](fill="white")


# Ablation-CAM


@pytest.mark.parametrize("kind", NETS)
def test_a_layers_own_output_gives_the_models_own_logits(nets, kind):
    images = draw_images(nets[kind])
    activations, _ = nets[kind].activations_and_gradients(images, 0)
    logits = nets[kind].logits_from_layer(images, activations)
    np.testing.assert_allclose(logits, nets[kind].logits(images), atol=1e-5)


@pytest.mark.parametrize("kind", ["plain", "one sigmoid", "bypassed", "nested"])
def test_ablating_a_cached_channel_is_taking_its_filter_out_of_the_network(nets, kind):
    classifier = nets[kind]
    images = draw_images(classifier)
    activations, _ = classifier.activations_and_gradients(images, 0)
    conv = find_layers(classifier.model)[classifier.layer]
    kernel, bias = conv.get_weights()
    for k in range(kernel.shape[-1]):
        cached = activations.copy()
        cached[..., k] = 0
        keep = np.arange(kernel.shape[-1]) != k
        conv.set_weights([kernel * keep, bias * keep])
        really = classifier.logits(images)
        conv.set_weights([kernel, bias])
        ablated = classifier.logits_from_layer(images, cached)
        np.testing.assert_allclose(ablated, really, atol=1e-5)


def test_ablation_cam_weighs_by_what_the_logit_loses(nets):
    classifier = nets["bypassed"]
    images = draw_images(classifier)
    activations, _ = classifier.activations_and_gradients(images, 0)
    lost = np.zeros((2, activations.shape[-1]))
    for k in range(activations.shape[-1]):
        cached = activations * (np.arange(activations.shape[-1]) != k)
        lost[:, k] = (classifier.logits(images) - classifier.logits_from_layer(images, cached))[
            :, 2
        ]
    expected = np.maximum(np.einsum("nhwk,nk->nhw", activations, lost), 0)
    maps = METHODS["ablation_cam"]().attribute(Question(classifier, images, 2)).maps
    assert expected.any()
    np.testing.assert_allclose(maps, expected, atol=1e-5 * expected.max())


def test_ablation_cam_is_hires_cam_times_cells_where_the_head_is_linear(plain):
    """What a pooled linear head loses without a channel is its weight times the channel's mean."""
    images = draw_images(plain)
    activations, gradients = plain.activations_and_gradients(images, 1, "top")
    lost = (activations * gradients).sum(axis=(1, 2))
    expected = np.maximum(np.einsum("nhwk,nk->nhw", activations, lost), 0)
    maps = METHODS["ablation_cam"](layer="top").attribute(Question(plain, images, 1)).maps
    np.testing.assert_allclose(maps, expected, atol=1e-5)


def test_activations_of_a_layer_that_is_not_there_are_refused(plain):
    with pytest.raises(BadModel, match="No layer 'konv' gives a map; the closest are: conv"):
        plain.logits_from_layer(draw_images(plain), np.zeros((2, 8, 6, 5), np.float32), "konv")


# Eigen-CAM


def test_eigen_cam_is_the_projection_on_the_first_right_singular_vector(plain):
    images = draw_images(plain)
    activations, _ = plain.activations_and_gradients(images, 0)
    maps = METHODS["eigen_cam"]().attribute(Question(plain, images, 0)).maps
    for cells, ours in zip(activations.reshape(2, -1, 5), maps.reshape(2, -1), strict=True):
        values, vectors = np.linalg.eigh(cells.T.astype(float) @ cells)
        projected = cells @ vectors[:, values.argmax()]
        np.testing.assert_allclose(ours, np.abs(projected), atol=1e-4)


def test_eigen_cam_settles_the_sign_by_the_sum():
    activations = np.random.default_rng(5).normal(size=(1, 3, 3, 4)) + 0.5
    maps = [
        METHODS["eigen_cam"]().attribute(Question(Asked(a), np.zeros((1, 4, 4, 1)), 0)).maps
        for a in (activations, -activations)
    ]
    assert maps[0].any()
    np.testing.assert_allclose(maps[0], maps[1], atol=1e-5)


def test_eigen_cam_knows_no_class(plain):
    images = draw_images(plain)
    maps = [METHODS["eigen_cam"]().explain(plain, images, k) for k in range(3)]
    assert METHODS["eigen_cam"].is_class_blind
    np.testing.assert_array_equal(maps[0], maps[1])
    np.testing.assert_array_equal(maps[0], maps[2])


def test_eigen_cam_of_activations_that_are_no_numbers_is_refused():
    broken = Asked(np.full((1, 3, 3, 4), np.nan))
    with pytest.raises(BadModel, match="not finite"):
        METHODS["eigen_cam"]().explain(broken, np.zeros((1, 4, 4, 1), np.float32), 0)


# Memory


def test_batches_are_powers_of_two_that_keep_within_their_share():
    for image_bytes in (1, 10**5, 10**7, 10**9, 10**11):
        sizes = [fit_batch_size(image_bytes, free) for free in (0, 10**8, 10**9, 10**10, 10**12)]
        assert sizes == sorted(sizes)
        for size, free in zip(sizes, (0, 10**8, 10**9, 10**10, 10**12), strict=True):
            assert size in (1, 2, 4, 8, 16)
            room = min(SHARE * free, MOST_BYTES)
            assert size == 1 or size * image_bytes <= room
            assert size == MOST or 2 * size * image_bytes > room


def test_a_pass_is_counted_with_every_output_and_its_gradient():
    assert count_pass_bytes([(None, 4, 4, 1), (None, 2, 2, 8), (None, 3)]) == 8 * (16 + 32 + 3)


def test_a_network_too_large_for_the_machine_gets_one_image_at_a_time(monkeypatch):
    monkeypatch.setattr("mammo_core.keras_classifier.available_memory", lambda: 1000)
    classifier = KerasClassifier(build_plain(), CLASSES)
    assert classifier.batch_size == 1
    images = draw_images(classifier, 3)
    whole = np.concatenate([classifier.logits(images[k : k + 1]) for k in range(3)])
    np.testing.assert_allclose(classifier.logits(images), whole, atol=1e-6)


@pytest.mark.parametrize("size", [1, 3, 16])
def test_a_long_list_is_cut_into_the_batches_that_the_model_passes(size):
    model = KerasClassifier(build_plain(), CLASSES, batch_size=size)
    for n_images in (0, 1, 16, 37):
        parts = list(cut_batches(n_images, model))
        assert [i for c in parts for i in range(c.start, c.stop)] == list(range(n_images))
        assert all(c.stop - c.start == size for c in parts[:-1])


def test_a_model_that_tells_no_batch_gets_the_most(linear_classifier):
    assert batch_size_of(linear_classifier) == MOST
