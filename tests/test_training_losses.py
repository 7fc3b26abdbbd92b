"""The losses obey their formulas, for images, positions of patches and blended labels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.losses import FocalLoss, make_loss

PLAIN = keras.losses.SparseCategoricalCrossentropy()


@pytest.fixture
def p():
    """(5, 3) probabilities."""
    return np.random.default_rng(0).dirichlet(np.ones(3), 5).astype(np.float32)


LABELS = np.array([0, 2, 1, 1, 0])
WEIGHTS = np.array([1, 2, 0.5, 1, 3], np.float32)
FIRST = np.array([0])
SHARES = np.eye(3, dtype=np.float32)[LABELS]


def test_gamma_0_is_cross_entropy_in_value_and_gradient(p):
    values, gradients = [], []
    for loss in (FocalLoss(), PLAIN):
        logits = tf.constant(np.log(p))
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(LABELS, tf.nn.softmax(logits), WEIGHTS)
        values.append(float(value))
        gradients.append(tape.gradient(value, logits))
    assert values[0] == pytest.approx(values[1], rel=1e-6)
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("gamma", [0.5, 2.0, 5.0])
def test_focal_loss_and_its_gradient_are_those_of_the_paper(gamma):
    z = np.linspace(-3, 3, 9).astype(np.float32)  # the true class's logit against 0
    logits = tf.constant(np.stack([z, np.zeros_like(z)], axis=1))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = FocalLoss(gamma).call(tf.zeros(9), tf.nn.softmax(logits))
        total = tf.reduce_sum(value)
    pt = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(value, -((1 - pt) ** gamma) * np.log(pt), rtol=1e-4)
    closed = (1 - pt) ** gamma * (gamma * pt * np.log(pt) + pt - 1)  # Lin et al., appendix B
    np.testing.assert_allclose(tape.gradient(total, logits)[:, 0], closed, rtol=1e-4)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("odds", [20.0, 60.0])
def test_who_is_wrong_beyond_doubt_still_learns(gamma, odds):
    logits = tf.constant([[odds, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = FocalLoss(gamma)(np.array([1]), tf.nn.softmax(logits))
    assert float(value) == pytest.approx(odds, rel=1e-5)
    np.testing.assert_allclose(tape.gradient(value, logits), [[1.0, -1.0]], rtol=1e-4)


def test_what_is_known_counts_less_than_what_is_not():
    known, unknown = np.array([[0.95, 0.05]], np.float32), np.array([[0.4, 0.6]], np.float32)
    ratios = [
        float(FocalLoss(gamma)(FIRST, unknown) / FocalLoss(gamma)(FIRST, known))
        for gamma in (0, 1, 2)
    ]
    assert ratios[0] < ratios[1] < ratios[2]


@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_smoothing_wants_the_smooth_label_and_not_certainty(smoothing):
    wanted = np.full(3, smoothing / 3)
    wanted[0] += 1 - smoothing
    loss = FocalLoss(smoothing=smoothing)

    def value(q):
        return float(loss(FIRST, np.array([q], np.float32)))

    steps = np.array([[1, -1, 0], [-1, 1, 0], [0, 1, -1], [0.5, -0.25, -0.25], [-0.5, 0.25, 0.25]])
    assert all(value(wanted + 0.03 * step) > value(wanted) for step in steps)
    assert value(wanted) == pytest.approx(-(wanted * np.log(wanted)).sum(), rel=1e-5)


@pytest.mark.parametrize("loss", [FocalLoss(), FocalLoss(2.0), FocalLoss(2.0, 0.1)])
def test_shares_of_one_class_are_its_index(loss, p):
    assert float(loss(LABELS, p, WEIGHTS)) == pytest.approx(float(loss(SHARES, p, WEIGHTS)))


def test_a_blended_label_costs_the_blend_of_both(p):
    blend = 0.3 * SHARES + 0.7 * SHARES[::-1]
    parts = [FocalLoss(2.0).call(tf.constant(s), tf.constant(p)) for s in (SHARES, SHARES[::-1])]
    mixed = FocalLoss(2.0).call(tf.constant(blend), tf.constant(p))
    np.testing.assert_allclose(mixed, 0.3 * parts[0] + 0.7 * parts[1], rtol=1e-5)


def test_positions_of_patches_are_judged_one_by_one(p):
    loss = FocalLoss(2.0, 0.1)
    rows = [float(loss(LABELS[i : i + 1], p[i : i + 1], WEIGHTS[i : i + 1])) for i in range(5)]
    assert float(loss(LABELS[None], p[None], WEIGHTS[None])) == pytest.approx(np.mean(rows))


@pytest.mark.parametrize(
    ("settings", "gamma", "smoothing"),
    [
        ({"loss": "focal"}, 2.0, 0.0),
        ({"loss": "focal", "focal_gamma": 1.0, "label_smoothing": 0.1}, 1.0, 0.1),
        ({"label_smoothing": 0.1}, 0.0, 0.1),
        ({"augmentation": "flip,mixup"}, 0.0, 0.0),
    ],
)
def test_settings_reach_the_loss(settings, gamma, smoothing):
    loss = make_loss(TrainingConfiguration(**settings))
    assert (loss.gamma, loss.smoothing) == (gamma, smoothing)


def test_the_common_path_is_the_plain_cross_entropy_of_keras():
    for settings in ({}, {"loss": "focal", "focal_gamma": 0.0}):
        assert type(make_loss(TrainingConfiguration(**settings))) is type(PLAIN)
