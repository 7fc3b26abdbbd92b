"""Air beside the breast, and maps that lie on it."""

import numpy as np
import pytest

from mammo_core.map_on_air import WORTH_TELLING, find_air, share_on_air, tell_air


@pytest.fixture
def film():
    """A bright half disc at the left edge of a black film; (image, where it is)."""
    rows, columns = np.mgrid[:120, :60]
    inside = ((rows - 60) / 50) ** 2 + (columns / 40) ** 2 < 1
    texture = np.random.default_rng(0).uniform(0.4, 0.7, inside.shape)
    return np.where(inside, texture, 0).astype(np.float32), inside


def test_air_is_what_is_not_breast(film):
    image, inside = film
    assert (find_air(image) == ~inside).mean() > 0.95


def test_of_two_views_each_has_its_breast_and_a_black_one_is_air(film):
    image, _ = film
    both = find_air(np.hstack([image, image[:, ::-1]]), 2)
    np.testing.assert_array_equal(both[:, :60], find_air(image))
    np.testing.assert_array_equal(both[:, 60:], find_air(image[:, ::-1]))
    lone = find_air(np.hstack([image, np.zeros_like(image)]), 2)
    assert lone[:, 60:].all()
    np.testing.assert_array_equal(lone[:, :60], both[:, :60])


def test_a_map_on_air_has_all_of_it_there_and_one_on_the_breast_nothing(film):
    air = find_air(film[0])
    assert share_on_air(air.astype(np.float32), air) == 1
    assert share_on_air(-(~air).astype(np.float32), air) == 0


def test_a_map_that_knows_nothing_has_the_share_of_air(film):
    air = find_air(film[0])
    noise = np.random.default_rng(1).random(air.shape, dtype=np.float32)
    assert share_on_air(noise, air) == pytest.approx(air.mean(), abs=0.02)


@pytest.mark.parametrize("value", [0.0, 3.0, float("nan")])
def test_a_blank_map_lies_nowhere(film, value):
    air = find_air(film[0])
    assert share_on_air(np.full(air.shape, value, np.float32), air) is None


def test_only_what_lies_on_air_to_a_large_part_is_told_of(film):
    air = find_air(film[0])
    assert tell_air(None, air) is None
    assert tell_air(WORTH_TELLING - 0.01, air) is None
    assert tell_air(0.4567, air).startswith(
        "46% of this map lies outside the breast. That area is "
    )
