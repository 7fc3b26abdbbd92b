import keras
import numpy as np
import pytest
from linear_classifier import CountingClassifier, LinearClassifier

from mammo_core.attribution import METHODS, Question, attribute_together, explain_together
from mammo_core.attribution.expected_gradients import ExpectedGradients
from mammo_core.attribution.noisy_copies import RunningMoments
from mammo_core.attribution.references import make_blurred
from mammo_core.errors import BadModel, Cancelled
from mammo_core.keras_classifier import KerasClassifier

CLASSES = ("normal", "benign", "malignant")
NOISY = ("smooth_grad", "smooth_grad_squared", "var_grad")
FROM_REFERENCES = ("expected_gradients", "gradient_shap", "deep_shap")


def build(kind="functional", activation="relu"):
    """A net of 32x24 images by each way of building one."""
    keras.utils.set_random_seed(1)
    image = x = keras.Input((32, 24, 1))
    body = [
        keras.layers.Conv2D(width, 3, strides=2, padding="same", activation=activation)
        for width in (8, 12)
    ]
    head = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3, activation="softmax")]
    if kind == "sequential":
        return keras.Sequential([image, *body, *head])
    if kind == "sigmoid":
        head[1] = keras.layers.Dense(1, activation="sigmoid")
    if kind == "nested":
        inner = keras.Sequential([keras.Input((32, 24, 1)), *body], name="trunk")
        body = [inner]
    for layer in (*body, *head):
        x = layer(x)
    return keras.Model(image, x)


def take_in(kind="functional", activation="relu"):
    classes = CLASSES[::2] if kind == "sigmoid" else CLASSES
    return KerasClassifier(build(kind, activation), classes, batch_size=16)


@pytest.fixture(scope="module")
def cnn():
    return take_in()


@pytest.fixture(scope="module", params=["functional", "sequential", "sigmoid", "nested"])
def of_each_kind(request, cnn):
    return cnn if request.param == "functional" else take_in(request.param)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((2, 32, 24, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def stripes():
    """Class 0 counts row stripes, class 1 column stripes; rows lie left, columns right."""
    image = keras.Input((32, 32, 1))
    x = keras.layers.Conv2D(2, 3, padding="same", activation="relu")(image)
    x = keras.layers.Dense(2, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, x)
    rows = np.array([[-1, -2, -1], [2, 4, 2], [-1, -2, -1]], np.float32)
    kernel = np.stack([rows, rows.T], axis=-1)[:, :, None]
    model.layers[1].set_weights([kernel, np.array([-2.0, -2.0])])
    model.layers[-1].set_weights([np.diag([30.0, 30.0]), np.zeros(2)])
    picture = np.zeros((1, 32, 32, 1), np.float32)
    picture[0, 10:22:2, 3:13] = 1
    picture[0, 10:22, 19:29:2] = 1
    return KerasClassifier(model, ("rows", "columns"), batch_size=16), picture


# Several of these methods at once


@pytest.mark.parametrize(
    "name", ["smooth_grad", "smooth_grad_squared", "guided_backprop", *FROM_REFERENCES]
)
def test_each_class_is_explained_by_its_own_stripes(stripes, name):
    classifier, picture = stripes
    for k, half in enumerate((slice(0, 16), slice(16, 32))):
        found = METHODS[name]().explain(classifier, picture, k)[0]
        found = np.maximum(found - np.median(found), 0)
        assert found[:, half].sum() > 0.7 * found.sum()


@pytest.mark.parametrize("name", [*NOISY, "expected_gradients", "gradient_shap"])
def test_another_seed_draws_other_points(cnn, images, name):
    one, other = (METHODS[name](seed=seed).explain(cnn, images, 1) for seed in (0, 1))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", [*NOISY, "integrated_gradients", *FROM_REFERENCES])
def test_a_dear_method_can_be_stopped_on_its_way(cnn, images, name):
    def stop(done, total, doing):
        if done * 2 >= total:
            raise Cancelled(f"after {done} of {total} {doing}")

    with pytest.raises(Cancelled, match=r"after \d+ of \d+ \w+"):
        METHODS[name]().attribute(Question(cnn, images, 1, progress=stop))


# SmoothGrad and VarGrad


def test_smooth_grad_without_noise_is_the_gradient(cnn, images):
    maps = METHODS["smooth_grad"](noise=0.0, samples=3).explain(cnn, images, 2)
    gradient = cnn.gradient(images, 2).sum(axis=-1)
    np.testing.assert_allclose(maps, gradient, atol=1e-6 * np.abs(gradient).max())


def test_smooth_grad_squared_without_noise_is_the_squared_gradient(cnn, images):
    maps = METHODS["smooth_grad_squared"](noise=0.0, samples=3).explain(cnn, images, 2)
    gradient = cnn.gradient(images, 2).sum(axis=-1)
    np.testing.assert_allclose(maps, gradient**2, atol=1e-6 * (gradient**2).max())


def test_var_grad_without_noise_is_nothing(cnn, images):
    maps = METHODS["var_grad"](noise=0.0, samples=4).explain(cnn, images, 2)
    gradient = cnn.gradient(images, 2)
    assert maps.max() < 1e-10 * np.square(gradient).max() + 1e-20


def test_a_linear_model_has_no_var_grad(linear_classifier):
    images = np.random.default_rng(1).random((1, 12, 10, 1), dtype=np.float32)
    maps = METHODS["var_grad"]().explain(linear_classifier, images, 1)
    np.testing.assert_allclose(maps, 0, atol=1e-12)


def test_the_mean_of_squares_is_the_squared_mean_and_the_variance(cnn, images):
    mean, square, variance = (METHODS[name]().explain(cnn, images, 1) for name in NOISY)
    np.testing.assert_allclose(square, mean**2 + variance, atol=1e-5 * square.max())


def test_methods_of_the_same_noisy_copies_pay_for_their_gradients_once():
    images = np.random.default_rng(1).random((2, 12, 10, 1), dtype=np.float32)
    model = CountingClassifier(np.ones((12, 10, 1)))
    together = explain_together(model, images, 1, NOISY)
    assert model.n_backward == 2 * METHODS["smooth_grad"]().samples
    for name in NOISY:
        np.testing.assert_array_equal(together[name], METHODS[name]().explain(model, images, 1))


@pytest.mark.parametrize("setting", [{"samples": 7}, {"noise": 0.2}, {"seed": 1}])
def test_methods_of_other_noisy_copies_share_nothing(setting):
    images = np.random.default_rng(1).random((1, 12, 10, 1), dtype=np.float32)
    model = CountingClassifier(np.ones((12, 10, 1)))
    methods = {"usual": METHODS["smooth_grad"](), "other": METHODS["var_grad"](**setting)}
    attribute_together(model, images, 1, methods)
    assert model.n_backward == sum(method.samples for method in methods.values())


def test_running_moments_are_those_of_all_values_however_they_come():
    values = 1e4 + np.random.default_rng(4).normal(size=(23, 3, 2)).astype(np.float32)
    running = RunningMoments((3, 2))
    for part in np.split(values, [1, 9, 22]):
        running.add(part)
    np.testing.assert_allclose(running.mean, values.mean(axis=0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(running.variance, values.astype(np.float64).var(axis=0), rtol=1e-9)


def test_smooth_grad_of_a_square_is_the_gradient_in_the_middle_of_the_noise():
    images = np.random.default_rng(2).random((1, 6, 5, 1), dtype=np.float32)
    maps = METHODS["smooth_grad"](samples=4000).explain(Square(), images, 0)
    np.testing.assert_allclose(maps, 2 * images[..., 0], atol=0.02)


def test_the_noise_is_a_share_of_the_images_range():
    images = np.random.default_rng(3).random((1, 6, 5, 1), dtype=np.float32)
    method = METHODS["var_grad"](samples=4000, noise=0.2)
    expected = (2 * 0.2 * np.ptp(images)) ** 2
    np.testing.assert_allclose(method.explain(Square(), images, 0), expected, rtol=0.1)
    np.testing.assert_allclose(method.explain(Square(), images / 4, 0), expected / 16, rtol=0.1)


class Square:
    """The logit of class 0 is the sum of the squared pixels."""

    classes = ("a", "b")
    input_shape = (6, 5, 1)

    def gradient(self, images, target):
        return 2 * images

    def logits(self, images):
        return np.stack([np.square(images).sum(axis=(1, 2, 3)), np.zeros(len(images))], axis=1)


@pytest.mark.parametrize("name", NOISY)
@pytest.mark.parametrize("settings", [{"samples": 0}, {"noise": -0.1}, {"noise": float("nan")}])
def test_noise_that_makes_no_sense_is_refused(name, settings):
    with pytest.raises(ValueError, match="samples >= 1 and noise >= 0"):
        METHODS[name](**settings)


# Guided backpropagation


def test_guided_backprop_of_a_hand_made_net():
    image = keras.Input((2, 2, 1))
    x = keras.layers.Dense(3, activation="relu")(keras.layers.Flatten()(image))
    model = keras.Model(image, keras.layers.Dense(2)(x))
    first = np.array([[1, -1, 2], [0, 3, -1], [1, 1, 1], [-2, 0, 1]], np.float32)
    second = np.array([[2, 1], [-3, 1], [4, -1]], np.float32)
    model.set_weights([first, np.array([0, 0, -0.5]), second, np.zeros(2)])
    picture = np.array([0.2, 0.5, 0.4, 0.1], np.float32)
    hidden = picture @ first + [0, 0, -0.5]
    passed = np.maximum(second[:, 0], 0) * (hidden > 0)
    maps = METHODS["guided_backprop"]().explain(
        KerasClassifier(model, ("a", "b")), picture.reshape(1, 2, 2, 1), "a"
    )
    np.testing.assert_allclose(maps.ravel(), first @ passed, atol=1e-6)
    assert not np.allclose(first @ passed, first @ (second[:, 0] * (hidden > 0)))


def test_guided_backprop_leaves_the_model_as_it_was(images):
    classifier = take_in()
    gradient, logits = classifier.gradient(images, 1), classifier.logits(images)
    METHODS["guided_backprop"]().explain(classifier, images, 1)
    np.testing.assert_array_equal(classifier.logits(images), logits)
    np.testing.assert_array_equal(classifier.gradient(images, 1), gradient)
    fresh = KerasClassifier(classifier.model, CLASSES, batch_size=16)
    np.testing.assert_array_equal(fresh.gradient(images, 1), gradient)


def test_guided_backprop_reaches_the_relus_of_any_kind_of_model(of_each_kind, images):
    maps = METHODS["guided_backprop"]().explain(of_each_kind, images, "malignant")
    plain = of_each_kind.gradient(images, "malignant").sum(axis=-1)
    assert np.abs(maps).max() > 0
    assert not np.allclose(maps, plain)


def test_guided_backprop_refuses_a_network_without_relus(images):
    with pytest.raises(BadModel, match=r"this network has none; choose saliency"):
        METHODS["guided_backprop"]().explain(take_in(activation="tanh"), images, 1)


# Integrated gradients from other baselines


@pytest.mark.parametrize("baseline", [0.0, 0.5, "mean", "blurred", "random"])
def test_integrated_gradients_are_complete_from_any_baseline(of_each_kind, images, baseline):
    method = METHODS["integrated_gradients"](steps=64, baseline=baseline)
    answer = method.attribute(Question(of_each_kind, images, "malignant"))
    assert np.abs(answer.total).min() > 0
    missing = answer.maps.sum(axis=(1, 2)) - answer.total
    assert np.abs(missing).max() < 0.01 * np.abs(answer.maps).sum(axis=(1, 2)).max()


def test_black_is_the_baseline_that_nobody_chose(cnn, images):
    chosen = METHODS["integrated_gradients"](baseline=0.0).explain(cnn, images, 1)
    np.testing.assert_array_equal(METHODS["integrated_gradients"]().explain(cnn, images, 1), chosen)


@pytest.mark.parametrize(
    ("baseline", "start"),
    [
        ("mean", lambda image: np.full_like(image, image.mean())),
        ("blurred", lambda image: make_blurred(image)[0]),
    ],
)
def test_a_linear_models_map_is_weights_times_distance(linear_classifier, baseline, start):
    images = np.random.default_rng(4).random((1, 12, 10, 1), dtype=np.float32)
    method = METHODS["integrated_gradients"](steps=1, baseline=baseline)
    expected = (images[0] - start(images[0]))[..., 0] * linear_classifier.weights[..., 0] / 2
    np.testing.assert_allclose(method.explain(linear_classifier, images, 1)[0], expected, atol=1e-6)


def test_random_baselines_are_averaged(cnn, images):
    many = METHODS["integrated_gradients"](baseline="random", random_baselines=3, steps=8)
    one = METHODS["integrated_gradients"](baseline="random", random_baselines=1, steps=8)
    question = Question(cnn, images, 1)
    of_many, of_one = (method.attribute(question) for method in (many, one))
    assert not np.allclose(of_many.total, of_one.total)
    np.testing.assert_array_equal(many.attribute(question).maps, of_many.maps)


def test_a_blurred_image_keeps_its_mean_and_loses_its_edges():
    image = np.zeros((32, 24, 1), np.float32)
    image[10:20, 8:16] = 1
    blurred = make_blurred(image)[0]
    assert blurred.mean() == pytest.approx(image.mean(), rel=0.05)
    assert np.abs(np.diff(blurred, axis=0)).max() < 0.25


@pytest.mark.parametrize("settings", [{"baseline": "white"}, {"random_baselines": 0}])
def test_a_baseline_that_is_none_is_refused(settings):
    with pytest.raises(ValueError, match=r"must be .*(white|and 0)"):
        METHODS["integrated_gradients"](**settings)


# Methods of several references


def test_expected_gradients_of_a_linear_model_are_weights_times_the_mean_distance():
    classifier = LinearClassifier(np.random.default_rng(5).normal(size=(12, 10, 2)))
    classifier.background = np.random.default_rng(6).random((7, 12, 10, 2), dtype=np.float32)
    images = np.random.default_rng(7).random((2, 12, 10, 2), dtype=np.float32)
    distance = images - classifier.background.mean(axis=0)
    expected = (distance * classifier.weights).sum(axis=-1) / 2
    maps = METHODS["expected_gradients"]().explain(classifier, images, 1)
    np.testing.assert_allclose(maps, expected, atol=1e-5)


@pytest.mark.parametrize("name", FROM_REFERENCES)
def test_a_linear_networks_map_is_weights_times_the_mean_distance(images, name):
    image = keras.Input((32, 24, 1))
    network = keras.Model(image, keras.layers.Dense(2)(keras.layers.Flatten()(image)))
    weights = network.get_weights()[0][:, 1].reshape(32, 24)
    classifier = KerasClassifier(network, ("a", "b"))
    classifier.background = np.random.default_rng(8).random((1, 32, 24, 1), dtype=np.float32)
    distance = (images - classifier.background)[..., 0]
    answer = METHODS[name]().attribute(Question(classifier, images, "b"))
    np.testing.assert_allclose(answer.maps, weights * distance, atol=1e-5)
    assert answer.completeness_gap.max() < 1e-3


@pytest.mark.parametrize(("name", "gap"), [("expected_gradients", 0.05), ("deep_shap", 1e-3)])
def test_maps_add_up_to_the_difference_from_the_references(of_each_kind, images, name, gap):
    answer = METHODS[name]().attribute(Question(of_each_kind, images, "malignant"))
    blurred = np.concatenate([make_blurred(image) for image in images])
    mean = np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    of_references = [of_each_kind.logits(one) for one in (blurred, np.zeros_like(images), mean)]
    difference = (of_each_kind.logits(images) - np.mean(of_references, axis=0))[:, -1]
    np.testing.assert_allclose(answer.total, difference, atol=1e-6)
    size = np.abs(answer.maps).sum(axis=(1, 2))
    assert (np.abs(answer.maps.sum(axis=(1, 2)) - difference) < gap * size).all()


def test_all_classes_together_are_each_class_alone(of_each_kind, images):
    together = ExpectedGradients().explain_classes(of_each_kind, images)
    assert together.shape == (2, len(of_each_kind.classes), 32, 24)
    for k in range(len(of_each_kind.classes)):
        alone = ExpectedGradients().explain(of_each_kind, images, k)
        np.testing.assert_allclose(together[:, k], alone, atol=1e-5 * np.abs(alone).max())


def test_all_classes_of_a_bare_classifier_are_each_class_alone(linear_classifier):
    images = np.random.default_rng(9).random((1, 12, 10, 1), dtype=np.float32)
    together = ExpectedGradients().explain_classes(linear_classifier, images)
    for k in range(2):
        alone = ExpectedGradients().explain(linear_classifier, images, k)
        np.testing.assert_allclose(together[:, k], alone, atol=1e-6)


def test_spread_samples_miss_less_than_shaps_independent_ones(cnn, images):
    question = Question(cnn, images, 1)
    ours = [METHODS["expected_gradients"](samples=50, seed=s).attribute(question) for s in range(5)]
    theirs = [METHODS["gradient_shap"](samples=50, seed=s).attribute(question) for s in range(5)]
    gaps = [np.mean([a.completeness_gap for a in answers]) for answers in (ours, theirs)]
    assert gaps[0] < 0.5 * gaps[1]


def test_on_few_paths_a_gradient_that_grows_evenly_is_integrated_exactly():
    classifier, image = Square(), np.full((1, *Square.input_shape), 0.8, np.float32)
    classifier.background = np.stack([np.full(Square.input_shape, b, np.float32) for b in (0, 0.4)])
    answer = ExpectedGradients(samples=16).attribute(Question(classifier, image, 0))
    assert answer.completeness_gap.max() < 1e-4


@pytest.mark.parametrize("name", FROM_REFERENCES)
def test_an_answer_says_where_its_references_come_from(cnn, images, name):
    assert "No images are kept with the model" in (
        METHODS[name]().attribute(Question(cnn, images, 1)).note
    )
    classifier = take_in()
    classifier.background = images
    answer = METHODS[name]().attribute(Question(classifier, images, 1))
    assert answer.note == "References: 2 images kept with the model."


@pytest.mark.parametrize("name", ["gradient_shap", "deep_shap", "guided_backprop"])
def test_what_needs_a_network_says_so_to_another_classifier(linear_classifier, name):
    images = np.zeros((1, 12, 10, 1), np.float32)
    with pytest.raises(BadModel, match=r"needs the network itself.*LinearClassifier; choose"):
        METHODS[name]().explain(linear_classifier, images, 1)


# Deep SHAP


def test_deep_shap_is_deep_lifts_rescale_rule_by_hand():
    image = keras.Input((2, 2, 1))
    x = keras.layers.Dense(3, activation="relu")(keras.layers.Flatten()(image))
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax")(x))
    first = np.array([[1, -1, 2], [0, 3, -1], [1, 1, 1], [-2, 0, 1]], np.float32)
    second = np.array([[2, 1], [-3, 1], [4, -1]], np.float32)
    bias = np.array([0.1, -1.2, -0.5], np.float32)
    model.set_weights([first, bias, second, np.zeros(2)])
    classifier = KerasClassifier(model, ("a", "b"))
    classifier.background = np.random.default_rng(10).random((13, 2, 2, 1), dtype=np.float32)
    picture = np.array([0.9, 0.1, 0.4, 0.2], np.float32)

    def rescale(reference):
        change = picture @ first - reference @ first
        after = np.maximum(picture @ first + bias, 0) - np.maximum(reference @ first + bias, 0)
        return (picture - reference) * (first @ (after / change * second[:, 0]))

    expected = np.mean([rescale(one.ravel()) for one in classifier.background], axis=0)
    maps = METHODS["deep_shap"]().explain(classifier, picture.reshape(1, 2, 2, 1), "a")
    np.testing.assert_allclose(maps.ravel(), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("activation", "reason"),
    [("swish", "swish"), ("gelu", "GELU"), ("relu6", "ReLU6"), ("leaky_relu", "LeakyReLU")],
)
def test_deep_shap_refuses_activations_it_would_explain_wrongly(images, activation, reason):
    with pytest.raises(BadModel, match=rf"no right rule for {reason}.*choose gradient_shap"):
        METHODS["deep_shap"]().explain(take_in(activation=activation), images, 1)


def gated(x):
    """Squeeze-and-excitation: each channel times a share, the same over rows and columns."""
    share = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    share = keras.layers.Conv2D(4, 1, activation="sigmoid")(share)
    return keras.layers.GlobalAveragePooling2D()(keras.layers.Multiply()([x, share]))


def pooled_by_log_sum_exp(x):
    total = keras.ops.mean(keras.ops.exp(x), axis=(1, 2))
    return keras.ops.log(total)


def build_around(middle, activation):
    images = keras.Input((16, 12, 1))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(images)
    return keras.Model(images, keras.layers.Dense(2, activation=activation)(middle(x)))


@pytest.mark.parametrize(
    ("middle", "reason"),
    [(gated, "a product of maps of different shapes"), (pooled_by_log_sum_exp, "LogSumExp")],
)
def test_deep_shap_names_what_it_has_no_rule_for(middle, reason):
    classifier = KerasClassifier(build_around(middle, "softmax"), ("a", "b"))
    with pytest.raises(BadModel, match=f"no right rule for .*{reason}.*choose gradient_shap"):
        METHODS["deep_shap"]().explain(classifier, np.ones((1, 16, 12, 1), np.float32), 1)


def test_deep_shap_names_the_logarithm_of_probabilities():
    image = keras.Input((16, 12, 1))
    shares = keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(image))
    network = keras.Model(image, keras.layers.Reshape((2,))(keras.layers.Rescaling(1.0)(shares)))
    classifier = KerasClassifier(network, ("a", "b"))
    assert classifier.head.kind == "probabilities"
    with pytest.raises(BadModel, match="for the network's output is probabilities"):
        METHODS["deep_shap"]().explain(classifier, np.ones((1, 16, 12, 1), np.float32), 1)


def test_other_models_have_their_gradients_after_shap_broke_down(images, monkeypatch):
    from mammo_core.attribution import deep_shap

    monkeypatch.setattr(deep_shap, "_is_gate", lambda operation: False)
    classifier = KerasClassifier(build_around(gated, "softmax"), ("a", "b"))
    with pytest.raises(BadModel, match="no rule for a part of this network"):
        METHODS["deep_shap"]().explain(classifier, images[:, :16, :12], 1)
    assert METHODS["saliency"]().explain(take_in(), images, 1).any()


def test_a_map_that_is_not_finite_is_refused_as_that(cnn, images, monkeypatch):
    from mammo_core.attribution import deep_shap

    nothing = np.full((32, 24), np.nan, np.float32)
    monkeypatch.setattr(deep_shap._Explainer, "explain", lambda *_: nothing)
    with pytest.raises(BadModel, match="not numbers"):
        METHODS["deep_shap"]().explain(cnn, images, 1)


def test_deep_shap_refuses_a_map_that_does_not_add_up(cnn, images, monkeypatch):
    from mammo_core.attribution import deep_shap

    monkeypatch.setattr(deep_shap._Explainer, "explain", lambda *_: np.ones((32, 24), np.float32))
    with pytest.raises(BadModel, match=r"misses the difference of logits it explains by [\d,]+%"):
        METHODS["deep_shap"]().explain(cnn, images, 1)
