"""Masks from circles, boxes and polygons."""

import numpy as np
import pytest
from skimage.draw import polygon2mask

from mammo_core.datasets.regions import Box, Circle, Polygon, draw_mask


def center_of(mask):
    return tuple(float(np.mean(places)) + 0.5 for places in np.nonzero(mask))


def test_a_circle_has_its_area_and_its_center():
    mask = draw_mask([Circle(row=60, column=40, radius=25)], (128, 100))
    assert mask.sum() == pytest.approx(np.pi * 25**2, rel=0.01)
    assert center_of(mask) == pytest.approx((60, 40))


def test_a_box_of_whole_pixels_holds_exactly_those():
    mask = draw_mask([Box(top=2, left=3, bottom=5, right=9)], (10, 10))
    expected = np.zeros((10, 10), bool)
    expected[2:5, 3:9] = True
    np.testing.assert_array_equal(mask, expected)


def test_a_rectangular_polygon_is_the_box():
    polygon = Polygon(((2, 3), (2, 9), (5, 9), (5, 3)))
    box = Box(top=2, left=3, bottom=5, right=9)
    np.testing.assert_array_equal(draw_mask([polygon], (10, 10)), draw_mask([box], (10, 10)))


def test_a_polygon_agrees_with_scikit_image():
    corners = np.random.default_rng(1).uniform(3, 37, (7, 2))
    ours = draw_mask([Polygon(tuple(map(tuple, corners)))], (40, 40))
    np.testing.assert_array_equal(ours, polygon2mask((40, 40), corners - 0.5))


def test_an_outline_that_crosses_itself_agrees_with_scikit_image():
    angles = np.arange(5) * 4 * np.pi / 5
    star = np.stack([20 + 17.3 * np.sin(angles), 19 + 16.1 * np.cos(angles)], axis=1)
    ours = draw_mask([Polygon(tuple(map(tuple, star)))], (40, 40))
    np.testing.assert_array_equal(ours, polygon2mask((40, 40), star - 0.5))


def test_a_region_that_leaves_the_image_is_cut_off_at_its_edge():
    corners = np.random.default_rng(2).uniform(-20, 60, (9, 2))
    regions = [Circle(5, 38, 12), Box(-3, 30, 6, 99)]
    shifted = [Circle(35, 68, 12), Box(27, 60, 36, 129)]
    whole = draw_mask([*shifted, Polygon(tuple(map(tuple, corners + 30)))], (100, 100))
    ours = draw_mask([*regions, Polygon(tuple(map(tuple, corners)))], (40, 40))
    np.testing.assert_array_equal(ours, whole[30:70, 30:70])


def test_regions_are_united():
    one, two = Circle(10, 10, 4), Box(20, 20, 25, 25)
    union = draw_mask([one, two], (32, 32))
    apart = draw_mask([one], (32, 32)) | draw_mask([two], (32, 32))
    np.testing.assert_array_equal(union, apart)


def test_a_region_scales_with_the_grid_in_which_it_counts():
    mask = draw_mask([Circle(row=512, column=256, radius=200)], (256, 256), grid=(1024, 1024))
    assert center_of(mask) == pytest.approx((128, 64))
    assert mask.sum() == pytest.approx(np.pi * 50**2, rel=0.01)


def test_a_region_outside_of_the_image_marks_nothing():
    assert not draw_mask([Circle(-50, -50, 10)], (32, 32)).any()
