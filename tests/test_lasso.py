"""What lies within a lasso or a box, by closed forms."""

import numpy as np
import pytest

from mammo_ui.lasso import inside_polygon, inside_selection

GRID = np.linspace(0.005, 0.995, 100)
X, Y = (axis.ravel() for axis in np.meshgrid(GRID, GRID))


def test_a_triangle_holds_half_of_its_square():
    inside = inside_polygon([0, 1, 0], [0, 0, 1], X, Y)
    assert inside[X + Y < 0.999].all()
    assert not inside[X + Y > 1.001].any()


@pytest.mark.parametrize("turn", [1, -1])
def test_neither_direction_nor_start_matters(turn):
    x, y = [0.101, 0.887, 0.523, 0.219], [0.137, 0.211, 0.911, 0.613]
    rolled = inside_polygon(np.roll(x, 2)[::turn], np.roll(y, 2)[::turn], X, Y)
    assert (rolled == inside_polygon(x, y, X, Y)).all()


def test_a_notch_is_left_out():
    u_shape = [0, 0.3, 0.3, 0.7, 0.7, 1, 1, 0], [1, 1, 0.5, 0.5, 1, 1, 0, 0]
    expected = ~((X > 0.3) & (X < 0.7) & (Y > 0.5))
    assert (inside_polygon(*u_shape, X, Y) == expected).all()


def test_the_area_is_that_of_the_shoelace_formula():
    angle = np.sort(np.random.default_rng(0).uniform(0, 2 * np.pi, 12))
    x, y = 0.5 + 0.45 * np.cos(angle), 0.5 + 0.45 * np.sin(angle)
    area = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    assert inside_polygon(x, y, X, Y).mean() == pytest.approx(area, abs=0.005)


def test_boxes_and_lassos_add_up_and_nothing_selects_nothing():
    box = {"x": [0.4, 0.0], "y": [0.0, 0.4]}  # drawn from right to left
    lasso = {"x": [0.6, 1, 1, 0.6], "y": [0.6, 0.6, 1, 1]}
    both = inside_selection({"points": [], "box": [box], "lasso": [lasso]}, X, Y)
    low, high = (X < 0.4) & (Y < 0.4), (X > 0.6) & (Y > 0.6)
    assert (both == (low | high)).all()
    assert not inside_selection({"points": []}, X, Y).any()
