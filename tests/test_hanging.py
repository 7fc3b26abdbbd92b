"""Both views of a breast as one input: each in its place, none taken for another's."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from mammo_core.hanging import (
    NONE,
    HungPixels,
    choose_one_a_breast,
    hang,
    hang_views,
    label_breasts,
    pair_views,
    place_of,
    take_own,
)


@dataclass(frozen=True)
class Pixels:
    """As much of a pixel cache as hanging needs."""

    image_ids: list[str]
    pixels: np.ndarray


def make_index(*rows):
    columns = ["image_id", "patient_id", "exam_id", "laterality", "view"]
    return pd.DataFrame(rows, columns=columns)


BREASTS = make_index(
    ("a", "P1", "E1", "L", "CC"),
    ("b", "P1", "E1", "R", "CC"),
    ("c", "P1", "E1", "L", "MLO"),
    ("d", "P2", None, "L", "MLO"),
    ("e", "P1", "E2", "R", "MLO"),
    ("f", "P3", None, None, "CC"),
    ("g", "P3", None, None, "MLO"),
)


def test_an_image_hangs_beside_the_other_view_of_its_own_breast_and_exam_only():
    pairs = pair_views(BREASTS)
    assert pairs.tolist() == [
        [0, 2],
        [1, NONE],
        [0, 2],
        [NONE, 3],
        [NONE, 4],
        [5, NONE],
        [NONE, 6],
    ]


def test_of_two_images_of_a_view_each_hangs_in_its_own_place():
    twice = make_index(
        ("a", "P", "E", "L", "CC"), ("b", "P", "E", "L", "CC"), ("c", "P", "E", "L", "MLO")
    )
    assert pair_views(twice).tolist() == [[0, 2], [1, 2], [0, 2]]


def test_a_breast_has_the_worst_label_of_its_views():
    labels = np.array([0, 2, 1, 0, 0, 1, 0])
    assert label_breasts(labels, pair_views(BREASTS)).tolist() == [1, 2, 1, 0, 0, 1, 0]


def test_one_image_stands_for_a_breast():
    rows = choose_one_a_breast(pair_views(BREASTS), np.array([0, 1, 2, 3]))
    assert rows.tolist() == [0, 1, 3]


def test_what_is_read_is_both_views_side_by_side_and_black_where_there_is_none():
    pixels = np.arange(1, 4, dtype=np.uint16)[:, None, None] * np.ones((3, 2, 2), np.uint16)
    hung = HungPixels(pixels, np.array([[0, 2], [1, NONE], [0, 2]]))
    assert hung.shape == (3, 2, 4)
    assert hung[0].tolist() == [[1, 1, 3, 3]] * 2
    assert hung[np.array([1, 2])].tolist() == [[[2, 2, 0, 0]] * 2, [[1, 1, 3, 3]] * 2]


def test_a_cache_is_hung_in_its_own_order_whatever_the_order_of_the_index():
    pixels = np.array([[[7]], [[5]]], np.uint16)
    cache = Pixels(["c", "a"], pixels)
    assert hang_views(cache, BREASTS)[0].tolist() == [[5, 7]]


@pytest.mark.parametrize("view", ["CC", "MLO", "XCCL", "ML", None])
def test_the_half_that_is_taken_is_the_one_where_the_view_was_hung(view):
    image = np.random.default_rng(0).random((3, 4)).astype(np.float32)
    other = np.random.default_rng(1).random((3, 4)).astype(np.float32)
    np.testing.assert_array_equal(take_own(hang(image, other, view), view), image)
    assert take_own(hang(image, None, view), "CC" if place_of(view) else "MLO").max() == 0
