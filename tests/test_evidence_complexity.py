"""How few pixels carry a map: one, all alike, noise."""

import numpy as np
import pytest
from linear_classifier import LinearClassifier
from scipy.stats import entropy

from mammo_core.evidence import METRICS

ROWS, COLUMNS = 30, 20
PIXELS = ROWS * COLUMNS
COMPLEXITY = ("sparseness", "entropy")
MODEL = LinearClassifier(np.zeros((ROWS, COLUMNS, 1)))


def measure(name, maps):
    maps = np.asarray(maps, np.float32).reshape(-1, ROWS, COLUMNS)
    return METRICS[name]().measure(MODEL, np.zeros((*maps.shape, 1), np.float32), maps, 1)


def uniform(n=1, seed=0):
    return np.random.default_rng(seed).random((n, ROWS, COLUMNS))


def spike(value=1.0):
    alone = np.zeros((ROWS, COLUMNS))
    alone[3, 4] = value
    return alone


@pytest.mark.parametrize("value", [1.0, -2.0])
def test_one_pixel_is_as_sparse_as_a_map_can_be(value):
    assert measure("sparseness", spike(value))[0] == pytest.approx(1 - 1 / PIXELS)
    assert measure("entropy", spike(value))[0] == 0


def test_all_pixels_alike_are_the_other_end():
    alike = np.where(uniform()[0] < 0.5, -3.0, 3.0)
    assert measure("sparseness", alike)[0] == pytest.approx(0, abs=1e-9)
    assert measure("entropy", alike)[0] == pytest.approx(1)


@pytest.mark.parametrize("name", COMPLEXITY)
def test_neither_unit_nor_sign_nor_place_counts(name):
    values = uniform()[0]
    moved = np.random.default_rng(1).permutation(values.ravel())
    first, second, third = measure(name, [values, -64 * values, moved.reshape(ROWS, COLUMNS)])
    assert second == pytest.approx(first)
    assert third == pytest.approx(first)


@pytest.mark.parametrize("name", COMPLEXITY)
def test_a_map_with_half_of_its_pixels_emptied_is_sparser(name):
    full = uniform()[0]
    half = full * (np.arange(COLUMNS) % 2)
    values = measure(name, [full, half])
    assert (values[1] > values[0]) == METRICS[name].higher_is_better


def test_sparseness_is_the_mean_difference_of_two_pixels_over_twice_the_mean():
    values = np.abs(np.random.default_rng(2).normal(size=PIXELS)).astype(np.float32)
    expected = np.abs(values[:, None] - values).mean() / (2 * values.mean())
    assert measure("sparseness", values)[0] == pytest.approx(expected, rel=1e-5)


def test_entropy_equals_scipy():
    values = np.random.default_rng(3).normal(size=PIXELS).astype(np.float32)
    expected = entropy(np.abs(values)) / np.log(PIXELS)
    assert measure("entropy", values)[0] == pytest.approx(expected, rel=1e-6)


def test_noise_is_as_sparse_as_the_closed_forms_say():
    assert measure("sparseness", uniform(40)).mean() == pytest.approx(1 / 3, abs=0.01)
    gaussian = np.random.default_rng(4).normal(size=(40, ROWS, COLUMNS))
    assert measure("sparseness", gaussian).mean() == pytest.approx(np.sqrt(2) - 1, abs=0.01)


def test_noise_has_nearly_the_largest_entropy():
    expected = 1 - (np.log(2) - 0.5) / np.log(PIXELS)
    assert measure("entropy", uniform(40)).mean() == pytest.approx(expected, abs=1e-3)
