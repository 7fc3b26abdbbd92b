"""A batch learns the same on one device and on several, and precision is half where that pays."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]


def make_batch(n, seed=0):
    rng = np.random.default_rng(seed)
    return (
        rng.random((n, 8, 8, 1), np.float32),
        rng.integers(0, 3, n),
        rng.random(n).astype(np.float32),
    )


@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("n_parts", [1, 2, 3])
def test_the_parts_of_a_batch_weigh_what_the_batch_weighs(n, n_parts):
    from mammo_core.training.step import split_batch

    images, labels, weights = make_batch(n)
    parts = split_batch((images, labels, weights), n_parts)
    assert len({len(part[0]) for part in parts}) == 1
    losses = labels + images.mean(axis=(1, 2, 3))
    shares = [
        (part_weights * (part_labels + part_images.mean(axis=(1, 2, 3)))).mean()
        for part_images, part_labels, part_weights in parts
    ]
    assert np.mean(shares) == pytest.approx((weights * losses).mean(), rel=1e-5)
    np.testing.assert_array_equal(np.concatenate([part[0] for part in parts])[:n], images)


def test_a_batch_whose_images_are_a_tensor_has_the_parts_of_the_batch():
    from mammo_core.training.step import place_images, split_batch

    batch = make_batch(5)
    placed = place_images(batch)
    assert "CPU" in placed[0].device
    for own, expected in zip(split_batch(placed, 2), split_batch(batch, 2), strict=True):
        for array, other in zip(own, expected, strict=True):
            np.testing.assert_array_equal(array, other)


def test_without_graphics_processors_nothing_is_halved_or_mirrored():
    from mammo_core.training.devices import choose_devices

    devices = choose_devices([])
    assert (devices.precision, devices.strategy) == ("float32", None)


def test_one_graphics_processor_halves_precision_without_mirroring():
    from mammo_core.training.devices import choose_devices

    devices = choose_devices(["GPU:0"])
    assert (devices.precision, devices.strategy) == ("mixed_float16", None)


@pytest.mark.parametrize("architecture", ["compact_cnn", "attention_mil", "two_view"])
def test_in_half_precision_evidence_and_probabilities_are_whole(architecture):
    import keras

    from mammo_core.architectures import ARCHITECTURES, build_architecture
    from mammo_core.training.devices import choose_devices

    pooling = ARCHITECTURES[architecture].pooling
    before = keras.config.dtype_policy()
    with choose_devices(["GPU:0"]).building():
        model = build_architecture(architecture, (64, 96, 1), 3, 0.1, pooling)
    assert keras.config.dtype_policy() == before
    assert {layer.compute_dtype for layer in model.layers} == {"float16", "float32"}
    assert model.get_layer("evidence").compute_dtype == "float32"
    assert model.output.dtype == model.get_layer("evidence").output.dtype == "float32"


MIRRORED = """
import numpy as np, keras, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from mammo_core.training.checkpoint import read_variables, restore_variables
from mammo_core.training.devices import use_devices
from mammo_core.training.step import make_step, place_images

def build(devices):
    keras.utils.set_random_seed(1)
    with devices.building():
        layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, activation="relu"),
                  keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3, "softmax")]
        model = keras.Sequential(layers)
        model.compile(keras.optimizers.AdamW(0.01), "sparse_categorical_crossentropy")
    return model

one, two = use_devices((), "float32"), use_devices(("CPU:0", "CPU:1"), "float32")
assert two.strategy.num_replicas_in_sync == 2
a, b = build(one), build(two)
b.set_weights(a.get_weights())
learn, share = make_step(a, one), make_step(b, two)
rng = np.random.default_rng(0)
for n in (8, 8, 5, 1, 8):
    batch = rng.random((n, 8, 8, 1), "f4"), rng.integers(0, 3, n), rng.random(n, "f4")
    (loss, alone), (shared_loss, together) = learn(batch), share(place_images(batch))
    np.testing.assert_allclose(shared_loss, loss, rtol=1e-5)
    np.testing.assert_allclose(together, alone, atol=1e-6)
for x, y in zip(a.get_weights(), b.get_weights(), strict=True):
    np.testing.assert_allclose(x, y, atol=1e-6)
kept = read_variables(b)
with two.building():
    restore_variables(b, kept)
"""


@pytest.mark.slow
def test_two_devices_learn_what_one_learns():
    """Logical processors stand for graphics processors; only a new process can make them."""
    subprocess.run([sys.executable, "-c", MIRRORED], check=True, cwd=ROOT, timeout=240)
