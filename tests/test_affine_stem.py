import keras
import numpy as np
import pytest

from mammo_core.attribution.expected_gradients import ExpectedGradients
from mammo_core.keras_classifier import KerasClassifier

layers = keras.layers
SIZE = (32, 24, 2)
CLASSES = ("normal", "benign", "malignant")


def beginning():
    """A convolution without activation behind layers that are affine in the image."""
    return [
        layers.Rescaling(2.0, offset=-1.0),
        layers.BatchNormalization(),
        layers.Conv2D(6, 5, strides=2, padding="same"),
    ]


def rest(units=3, activation="softmax"):
    return [
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2D(8, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(units, activation=activation),
    ]


def chain(parts):
    image = x = keras.Input(SIZE)
    for part in parts:
        x = part(x)
    return keras.Model(image, x)


def nested():
    inside = keras.Sequential([keras.Input(SIZE), *beginning(), layers.ReLU()], name="trunk")
    return chain([inside, *rest()])


def with_contrast():
    """Two ways from the image to the convolution, both affine."""
    image = keras.Input(SIZE)
    smooth = layers.UpSampling2D(4, interpolation="bilinear")(layers.AveragePooling2D(4)(image))
    x = layers.Concatenate()([image, layers.Subtract()([image, smooth])])
    for part in (*beginning(), *rest()):
        x = part(x)
    return keras.Model(image, x)


def bypassed():
    """The image also enters behind the first convolution."""
    image = x = keras.Input(SIZE)
    for part in beginning():
        x = part(x)
    x = layers.Concatenate()([x, layers.AveragePooling2D(2)(image)])
    for part in rest():
        x = part(x)
    return keras.Model(image, x)


def called_twice():
    """Two halves of the image enter by the same convolution."""
    image = keras.Input(SIZE)
    conv = layers.Conv2D(6, 3)
    left = conv(layers.Cropping2D(((0, 0), (0, 12)))(image))
    x = layers.Concatenate()([left, conv(layers.Cropping2D(((0, 0), (12, 0)))(image))])
    for part in rest():
        x = part(x)
    return keras.Model(image, x)


def squared():
    """Each pixel is squared before the convolution."""
    image = keras.Input(SIZE)
    x = layers.Multiply()([image, image])
    for part in (*beginning(), *rest()):
        x = part(x)
    return keras.Model(image, x)


AFFINE = {
    "functional": lambda: chain([*beginning(), *rest()]),
    "sequential": lambda: keras.Sequential([keras.Input(SIZE), *beginning(), *rest()]),
    "nested": nested,
    "sigmoid": lambda: chain([*beginning(), *rest(1, "sigmoid")]),
    "with contrast": with_contrast,
}
OTHER = {
    "bypassed": bypassed,
    "called twice": called_twice,
    "activation within": lambda: chain([layers.Conv2D(6, 3, activation="relu"), *rest()]),
    "squared before": squared,
    "no convolution": lambda: chain([layers.Flatten(), layers.Dense(3, "softmax")]),
}


def take_in(build):
    keras.utils.set_random_seed(3)
    model = build()
    classes = CLASSES if model.output_shape[-1] == 3 else CLASSES[1:]
    classifier = KerasClassifier(model, classes, batch_size=4)
    classifier.background = np.random.default_rng(1).random((3, *SIZE), dtype=np.float32) / 2
    return classifier


@pytest.fixture(scope="module", params=AFFINE)
def affine(request):
    return take_in(AFFINE[request.param])


@pytest.fixture(scope="module", params=OTHER)
def other(request):
    return take_in(OTHER[request.param])


def draw(n_images, n_sums):
    generator = np.random.default_rng(2)
    images = generator.random((n_images, *SIZE), dtype=np.float32)
    return images, generator.standard_normal((n_sums, n_images)).astype(np.float32)


def check_sums(classifier):
    images, weights = draw(6, 2)
    sums = classifier.summed_gradients_of_classes(images, weights)
    gradients = [classifier.gradient(images, k) for k in range(len(classifier.classes))]
    expected = np.einsum("gn,knhwc->gkhwc", weights, gradients)
    np.testing.assert_allclose(sums, expected, atol=1e-4 * np.abs(expected).max())


def check_maps(classifier):
    image, _ = draw(1, 1)
    together = ExpectedGradients(samples=20).explain_classes(classifier, image)
    for k in range(len(classifier.classes)):
        alone = ExpectedGradients(samples=20).explain(classifier, image, k)
        np.testing.assert_allclose(together[:, k], alone, atol=1e-4 * np.abs(alone).max())


def test_an_affine_beginning_is_found_and_changes_no_sum(affine):
    assert affine._stem is not None
    check_sums(affine)


def test_an_affine_beginning_changes_no_map(affine):
    check_maps(affine)


def test_what_is_no_affine_only_way_is_not_taken_for_one(other):
    assert other._stem is None
    check_sums(other)
    check_maps(other)


def test_through_an_affine_beginning_each_sum_goes_back_once(monkeypatch):
    classifier = take_in(AFFINE["functional"])
    monkeypatch.setattr(classifier, "gradients_of_classes", None)
    images, weights = draw(6, 2)
    assert classifier.summed_gradients_of_classes(images, weights).shape == (2, 3, *SIZE)


def test_sums_of_images_of_another_size_are_refused():
    classifier = take_in(AFFINE["functional"])
    with pytest.raises(ValueError, match=r"Expected images of shape \(N, 32, 24, 2\)"):
        classifier.summed_gradients_of_classes(np.zeros((4, 8, 8, 2)), np.ones((1, 4)))
