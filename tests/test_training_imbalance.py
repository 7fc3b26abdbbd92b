"""Each way to deal with rare classes obeys its law."""

from typing import get_args

import numpy as np
import pytest

from mammo_core.training.configuration import Imbalance
from mammo_core.training.imbalance import BETA, STRATEGIES

COUNTS = np.array([540, 90, 10])
LABELS = np.repeat(np.arange(3), COUNTS)
POSITIONS = np.arange(len(LABELS)) + 1000


def draw(name, seed=0):
    return STRATEGIES[name].draw(POSITIONS, LABELS, np.random.default_rng(seed))


def test_the_table_holds_what_the_configuration_allows():
    assert set(STRATEGIES) == set(get_args(Imbalance))


@pytest.mark.parametrize("name", STRATEGIES)
class TestEveryStrategy:
    def test_images_weigh_one_on_average(self, name):
        assert STRATEGIES[name].weigh(COUNTS) @ COUNTS == pytest.approx(COUNTS.sum())

    def test_a_class_without_images_changes_no_other_weight(self, name):
        with_absent = STRATEGIES[name].weigh(np.array([540, 0, 90, 10]))
        np.testing.assert_allclose(with_absent[[0, 2, 3]], STRATEGIES[name].weigh(COUNTS))

    def test_an_epoch_keeps_its_length_and_its_seed(self, name):
        order = draw(name)
        assert len(order) == len(POSITIONS)
        assert set(order) <= set(POSITIONS)
        np.testing.assert_array_equal(order, draw(name))
        assert not np.array_equal(order, draw(name, seed=1))


def test_inverse_weights_give_every_class_the_same_mass():
    masses = STRATEGIES["class_weights"].weigh(COUNTS) * COUNTS
    np.testing.assert_allclose(masses, COUNTS.sum() / 3, rtol=1e-6)


def test_effective_numbers_are_those_of_the_paper():
    weights = STRATEGIES["effective_number"].weigh(COUNTS)
    sums = [sum(BETA**k for k in range(n)) for n in COUNTS]  # 1 + beta + beta^2 + ...
    np.testing.assert_allclose(weights / weights[0], sums[0] / np.array(sums), rtol=1e-5)


def test_effective_numbers_lie_between_equal_and_inverse_weights():
    effective, inverse = (
        STRATEGIES[name].weigh(COUNTS) for name in ("effective_number", "class_weights")
    )
    assert 1 < effective[2] / effective[0] < inverse[2] / inverse[0]


def test_balanced_sampling_draws_every_class_equally_often():
    drawn = np.mean(
        [np.bincount(LABELS[draw("balanced_sampling", s) - 1000]) for s in range(60)], 0
    )
    np.testing.assert_allclose(drawn, len(LABELS) / 3, atol=1)


def test_balanced_sampling_shows_each_image_of_a_class_equally_often():
    order = draw("balanced_sampling")
    rare = np.bincount(order[order >= 1630] - 1630, minlength=10)
    assert rare.max() - rare.min() <= 1
    assert np.bincount(order - 1000, minlength=len(LABELS))[:540].max() == 1


def test_other_strategies_show_each_image_once():
    for name in ("none", "class_weights", "effective_number"):
        np.testing.assert_array_equal(np.sort(draw(name)), POSITIONS)
