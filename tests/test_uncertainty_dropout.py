"""Monte Carlo dropout: chance where the network drops, and nowhere else."""

import keras
import numpy as np
import pytest

from mammo_core.errors import BadModel
from mammo_core.keras_classifier import KerasClassifier
from mammo_core.uncertainty import PASS_METHODS
from mammo_core.uncertainty.pass_method import PassSettings

SHAPE = (6, 4, 1)


def build(rate, *, norm=False):
    """One sigmoid unit on the dropped pixels, nested once."""
    inner_input = keras.Input(SHAPE)
    x = keras.layers.BatchNormalization()(inner_input) if norm else inner_input
    x = keras.layers.Dropout(rate)(keras.layers.Flatten()(x))
    inner = keras.Model(inner_input, x, name="backbone")
    images = keras.Input(SHAPE)
    output = keras.layers.Dense(1, activation="sigmoid")(inner(images))
    keras.utils.set_random_seed(0)
    model = keras.Model(images, output)
    weights = np.random.default_rng(0).normal(0, 0.5, (24, 1))
    model.layers[-1].set_weights([weights, np.zeros(1)])
    return KerasClassifier(model, ("normal", "malignant"))


def draw_pixels(n=3, seed=0):
    return np.random.default_rng(seed).integers(0, 65_536, (n, *SHAPE[:2])).astype(np.uint16)


def start(classifier, **settings):
    return PASS_METHODS["mc_dropout"].start(classifier, PassSettings(**settings))


def collect(ask, pixels):
    return np.stack(list(ask(pixels, [str(k) for k in range(len(pixels))])))


@pytest.fixture(scope="module")
def classifier():
    return build(0.3)


def test_logits_scatter_as_dropout_says_they_must(classifier):
    """Of a sum of w x kept with probability 1 - r and scaled by 1 / (1 - r): mean and variance."""
    pixels, rate, n = draw_pixels(2), 0.3, 4000
    p = collect(start(classifier, passes=n, seed=1), pixels)[..., 1].astype(float)
    logits = np.log(p / (1 - p))
    terms = pixels.reshape(2, -1) / 65_535 * classifier.model.layers[-1].get_weights()[0][:, 0]
    variance = rate / (1 - rate) * (terms**2).sum(axis=1)
    error = 4 * np.sqrt(variance / n)
    assert (np.abs(logits.mean(axis=0) - terms.sum(axis=1)) < error).all()
    assert logits.var(axis=0) == pytest.approx(variance, rel=0.12)


def test_the_same_seed_says_the_same_and_another_something_else(classifier):
    pixels = draw_pixels()
    once = collect(start(classifier, passes=4, seed=5), pixels)
    assert (collect(start(classifier, passes=4, seed=5), pixels) == once).all()
    assert (collect(start(classifier, passes=4, seed=6), pixels) != once).any()


def test_no_two_passes_and_no_two_images_drop_the_same(classifier):
    pixels = np.repeat(draw_pixels(1), 5, axis=0)
    passes = collect(start(classifier, passes=6), pixels)[..., 1]
    assert len(np.unique(passes)) > 25  # of 30; two may drop the same units by chance


def test_the_classifier_itself_drops_nothing_afterwards(classifier):
    images = (draw_pixels() / 65_535).astype(np.float32)[..., None]
    before = classifier.predict(images)
    collect(start(classifier, passes=3), draw_pixels())
    assert (classifier.predict(images) == before).all()
    assert (np.asarray(classifier.model(images, training=False))[:, 0] == before[:, 1]).all()


def test_batch_normalization_keeps_inferring():
    classifier = build(1e-6, norm=True)
    pixels = draw_pixels(8)
    weights = [w.copy() for w in classifier.model.get_weights()]
    images = (pixels / 65_535).astype(np.float32)[..., None]
    passes = collect(start(classifier, passes=2), pixels)
    assert passes[0] == pytest.approx(classifier.predict(images), abs=1e-5)
    for before, after in zip(weights, classifier.model.get_weights(), strict=True):
        assert before == pytest.approx(after)


def test_a_model_that_drops_nothing_is_refused():
    with pytest.raises(BadModel, match="no dropout layer"):
        start(build(0.0))
