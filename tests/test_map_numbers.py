"""Maps as numbers for the browser, laid where the picture of the same map lies."""

import numpy as np
import pytest

from mammo_core.explanations import Explanation
from mammo_core.model_input import ModelInput
from mammo_core.overlays import COLOR_MAPS, color_heatmap, sample_colors
from mammo_core.placement import place
from mammo_ui.map_numbers import FULL, read_frame, write_numbers

SHAPE, GRID = (120, 90), (64, 48)
PLACES = {
    "all of the image": place(SHAPE, (0, 120, 0, 90), flip=False, size=GRID),
    "a crop": place(SHAPE, (20, 100, 40, 90), flip=False, size=GRID),
    "a mirrored crop": place(SHAPE, (10, 70, 35, 90), flip=True, size=GRID),
}


def explain(attribution, method="grad_cam", grid=GRID):
    return Explanation({"method": method}, attribution, grid, 0.1, "1 forward")


def lay(content, frame):
    """The numbers on the image's grid by the frame alone, each place by its nearest cell."""
    values = np.frombuffer(content, "<i2").reshape(frame.rows, frame.columns) / FULL
    y, x = ((np.arange(n) + 0.5) / n for n in SHAPE)
    top, left, height, width = frame.box
    v, u = (y - top) / height, (x - left) / width
    inside = np.outer((v >= 0) & (v < 1), (u >= 0) & (u < 1))
    u = 1 - u if frame.is_mirrored else u
    row = (frame.window[0] + v * frame.window[2]) * frame.rows / frame.grid[0]
    column = (frame.window[1] + u * frame.window[3]) * frame.columns / frame.grid[1]
    rows, columns = (
        np.clip(cells.astype(int), 0, n - 1)
        for cells, n in ((row, frame.rows), (column, frame.columns))
    )
    return np.where(inside, values[np.ix_(rows, columns)], 0)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("view", [None, "CC", "MLO"])
def test_the_frame_lays_a_map_where_the_picture_of_it_lies(name, view):
    given = ModelInput(np.zeros((1, 1, 1), np.float32), PLACES[name], view is not None, view)
    grid = (GRID[0], 2 * GRID[1]) if view else GRID
    smooth = np.random.default_rng(0).random((5, 4))
    attribution = np.kron(smooth, np.ones((grid[0] // 4, grid[1] // 4))).astype(np.float32)
    content, frame = write_numbers(explain(attribution, grid=grid), given)
    drawn = given.to_image(explain(attribution, grid=grid).upsample())
    assert np.corrcoef(lay(content, frame).ravel(), drawn.ravel())[0, 1] > 0.97


def test_the_numbers_are_shares_of_the_color_bars_end():
    attribution = np.array([[0.5, -4], [2, 1]], np.float32)
    given = ModelInput(np.zeros((1, 1, 1), np.float32), PLACES["a crop"])
    content, frame = write_numbers(explain(attribution, "input_x_gradient"), given)
    shares = np.frombuffer(content, "<i2") / FULL
    np.testing.assert_allclose(shares * frame.highest, attribution.ravel(), atol=0.02)
    assert frame.signed


def test_a_map_of_more_cells_than_a_browser_holds_is_sent_coarser():
    attribution = np.tile(np.linspace(0, 1, 1500, dtype=np.float32), (3000, 1))
    given = ModelInput(np.zeros((1, 1, 1), np.float32), PLACES["all of the image"])
    content, frame = write_numbers(explain(attribution), given)
    assert (frame.rows, frame.columns) == (1024, 512)
    assert len(content) == 2 * 1024 * 512


def test_a_single_pixel_outlives_being_sent_coarser():
    attribution = np.zeros((3000, 1500), np.float32)
    attribution[1234, 567] = -3
    given = ModelInput(np.zeros((1, 1, 1), np.float32), PLACES["all of the image"])
    content, frame = write_numbers(explain(attribution, "input_x_gradient"), given)
    assert np.frombuffer(content, "<i2").min() == -FULL
    assert frame.largest == 3


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan])
def test_a_map_that_says_nothing_has_no_numbers(value):
    given = ModelInput(np.zeros((1, 1, 1), np.float32), PLACES["a crop"])
    assert write_numbers(explain(np.full((4, 3), value, np.float32)), given) is None


def test_a_frame_is_itself_again_after_it_was_json():
    given = ModelInput(np.zeros((1, 1, 1), np.float32), PLACES["a crop"])
    _, frame = write_numbers(explain(np.eye(3, dtype=np.float32)), given)
    content = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(frame).items()}
    assert read_frame(content) == frame


@pytest.mark.parametrize(("name", "signed"), [("inferno", False), ("diverging", True)])
def test_the_browser_has_the_colors_of_the_pictures(name, signed):
    ramp = np.linspace(-1 if signed else 0, 1, 256, dtype=np.float32)[None]
    picture = color_heatmap(ramp, signed=signed)[0, ::8, :3].astype(int)
    sent = np.array(sample_colors(name, 256))[::8]
    assert np.abs(picture - sent).max() <= 6


@pytest.mark.parametrize("name", COLOR_MAPS[:2])
def test_colors_that_run_from_zero_grow_brighter_all_the_way(name):
    brightness = np.array(sample_colors(name)) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(brightness) > 0).all()
