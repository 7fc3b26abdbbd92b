import cv2
import numpy as np
import pytest

from mammo_core.errors import MammoError
from mammo_core.overlays import (
    OUTLINE,
    color_heatmap,
    draw_outline,
    draw_overlay,
    encode_png,
    is_blank,
    pool_strongest,
    to_gray,
)


def one_value(value):
    attribution = np.zeros((8, 6), np.float32)
    attribution[2, 3] = value
    return attribution


BLANK = {
    "zeros": np.zeros((8, 6), np.float32),
    "constant": np.full((8, 6), 3.0, np.float32),
    "not a number": one_value(np.nan),
    "infinite": one_value(np.inf),
}


@pytest.mark.parametrize("kind", BLANK)
@pytest.mark.parametrize("signed", [True, False])
def test_a_map_that_says_nothing_is_drawn_as_nothing(kind, signed):
    image = np.random.default_rng(0).random((8, 6), dtype=np.float32)
    assert is_blank(BLANK[kind])
    assert not color_heatmap(BLANK[kind], signed=signed)[..., 3].any()
    overlay = draw_overlay(image, BLANK[kind], signed=signed, opacity=1.0)
    np.testing.assert_array_equal(overlay, to_gray(image))


def test_signed_maps_are_red_for_and_blue_against_the_class():
    attribution = one_value(1) + np.roll(one_value(-1), 2, axis=0)
    heatmap = color_heatmap(attribution, signed=True)
    red, _, blue, alpha = heatmap[2, 3]
    assert red > 150 > 60 > blue
    assert alpha == 255
    red, _, blue, alpha = heatmap[4, 3]
    assert blue > 150 > 60 > red
    assert alpha == 255
    assert heatmap[0, 0, 3] == 0


def test_colors_do_not_depend_on_the_scale():
    attribution = np.random.default_rng(1).normal(size=(20, 20)).astype(np.float32)
    for signed in (True, False):
        one, other = (color_heatmap(attribution * s, signed=signed) for s in (1, 2.0**-40))
        np.testing.assert_array_equal(one, other)


def test_unsigned_colors_are_inferno_and_grow_brighter_and_more_opaque():
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    heatmap = color_heatmap(ramp, signed=False).reshape(-1, 4).astype(int)
    brightness = heatmap[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(brightness) > -1).all()
    assert (np.diff(heatmap[:, 3]) >= 0).all()
    expected = cv2.applyColorMap(np.array([[255]], np.uint8), cv2.COLORMAP_INFERNO)[0, 0, ::-1]
    np.testing.assert_array_equal(heatmap[-1, :3], expected)


def test_negative_values_of_an_unsigned_map_are_transparent():
    heatmap = color_heatmap(one_value(1) + np.roll(one_value(-5), 2, axis=0), signed=False)
    assert heatmap[2, 3, 3] == 255
    assert heatmap[4, 3, 3] == 0


def test_a_single_outlier_does_not_fade_the_rest():
    attribution = np.full((100, 100), 0.0, np.float32)
    attribution[:50] = 1
    attribution[0, 0] = 1e6
    assert color_heatmap(attribution, signed=False)[20, 20, 3] == 255


@pytest.mark.parametrize("signed", [True, False])
def test_values_up_to_a_tenth_of_the_largest_are_transparent_and_the_rest_is_not(signed):
    shares = np.array([[0.02, 0.05, 0.099, 0.12, 0.5, 1.0]], np.float32)
    attribution = np.concatenate([shares, -shares]) if signed else shares
    alpha = color_heatmap(attribution, signed=signed)[..., 3]
    np.testing.assert_array_equal(alpha > 0, np.abs(attribution) > 0.1)


@pytest.mark.parametrize("shape", [(7, 5), (4, 4), (1, 1), (20, 3), (20, 17), (40, 40)])
def test_a_coarser_map_has_the_strongest_value_of_each_cell_with_its_sign(shape):
    fine = np.random.default_rng(0).normal(size=(20, 17)).astype(np.float32)
    coarse = pool_strongest(fine, shape)
    rows, columns = (np.arange(n) * min(n, m) // n for n, m in zip(fine.shape, shape, strict=True))
    assert coarse.shape == (rows.max() + 1, columns.max() + 1)
    for (row, column), value in np.ndenumerate(coarse):
        cell = fine[np.ix_(rows == row, columns == column)].ravel()
        assert value == cell[np.abs(cell).argmax()]


def test_a_single_pixel_is_still_there_on_a_map_a_hundred_times_smaller():
    fine = np.zeros((600, 400), np.float32)
    fine[333, 77] = -2
    assert pool_strongest(fine, (6, 4)).min() == -2


def test_opacity_zero_shows_the_image_alone():
    image = np.random.default_rng(2).random((8, 6), dtype=np.float32)
    overlay = draw_overlay(image, one_value(1), signed=True, opacity=0)
    np.testing.assert_array_equal(overlay, to_gray(image))


def test_a_map_of_another_grid_is_refused():
    with pytest.raises(ValueError, match=r"grid \(8, 7\), got \(8, 6\)"):
        draw_overlay(np.zeros((8, 7), np.float32), one_value(1), signed=True, opacity=1)


@pytest.mark.parametrize("channels", [3, 4])
def test_the_outline_runs_along_the_masks_edge_on_a_copy(channels):
    picture = np.zeros((20, 20, channels), np.uint8)
    mask = np.zeros((20, 20), bool)
    mask[5:12, 6:15] = True
    drawn = (draw_outline(picture, mask)[..., :3] == OUTLINE).all(axis=-1)
    edge = mask.copy()
    edge[6:11, 7:14] = False
    np.testing.assert_array_equal(drawn, edge)
    assert not picture.any()


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3), (5, 4, 4)])
def test_png_bytes_hold_the_picture(shape):
    picture = np.random.default_rng(3).integers(0, 255, shape, dtype=np.uint8)
    read = cv2.imdecode(np.frombuffer(encode_png(picture), np.uint8), cv2.IMREAD_UNCHANGED)
    order = {2: slice(None), 3: [2, 1, 0], 4: [2, 1, 0, 3]}
    channels = order[2] if picture.ndim == 2 else order[shape[2]]
    np.testing.assert_array_equal(read if picture.ndim == 2 else read[..., channels], picture)


def test_an_empty_picture_is_refused():
    with pytest.raises(MammoError, match="with pixels"):
        encode_png(np.zeros((0, 4, 3), np.uint8))
