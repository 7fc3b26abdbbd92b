"""Preprocessing and its geometry, in both directions."""

import numpy as np
import pytest

from mammo_core.config import read_settings, to_mapping
from mammo_core.errors import BadConfiguration
from mammo_core.placement import Placement, place, resize
from mammo_core.preprocess import Preprocess, trace
from mammo_core.types import Mammogram, Step


def mammogram(side="left", rows=500, columns=380):
    """A half disk with a bright spot, chest wall on `side`."""
    y, x = np.mgrid[:rows, :columns]
    distance = np.hypot(y - rows / 2, x)
    pixels = np.where(distance < 170, 0.3 + 0.5 * (1 - distance / 170), 0).astype(np.float32)
    pixels[200:212, 60:72] = 1
    if side == "right":
        pixels = np.ascontiguousarray(pixels[:, ::-1])
    return Mammogram(pixels=pixels, steps=(Step("Decode", "made in a test"),))


def centroid(mask):
    return np.array([index.mean() for index in np.nonzero(mask)])


def test_the_image_fills_the_model_grid_from_the_chest_wall():
    prepared = Preprocess(size=(160, 96)).apply(mammogram())
    assert prepared.image.shape == (160, 96)
    assert prepared.image.dtype == np.float32
    assert prepared.image.min() == 0
    assert prepared.image.max() == 1
    assert prepared.image[80, 0] > 0


def test_a_mirrored_mammogram_gives_the_same_input():
    left = Preprocess().apply(mammogram("left"))
    right = Preprocess().apply(mammogram("right"))
    assert right.placement.flip
    np.testing.assert_allclose(left.image, right.image, atol=1e-5)


def test_brightness_and_contrast_of_the_file_do_not_matter():
    plain = mammogram()
    dim = Mammogram(pixels=plain.pixels * np.float32(0.5))
    a, b = (Preprocess(crop=False).apply(image).image for image in (plain, dim))
    assert np.quantile(np.abs(a - b), 0.98) < 0.02


def test_aspect_is_kept():
    placement = Preprocess().apply(mammogram()).placement
    down = placement.scaled_rows / (placement.bottom - placement.top)
    across = placement.scaled_columns / (placement.right - placement.left)
    assert down == pytest.approx(across, rel=0.01)


def test_the_outside_is_blank_unless_kept():
    gray = mammogram()
    gray.pixels[gray.pixels == 0] = 0.02
    blank = Preprocess(crop=False).apply(gray)
    kept = Preprocess(crop=False, background="keep", low_percentile=0).apply(gray)
    assert (blank.image[:20] == 0).all()
    assert kept.image.shape == blank.image.shape


def test_without_cropping_the_whole_image_is_placed():
    placement = Preprocess(crop=False).apply(mammogram()).placement
    assert (placement.top, placement.bottom, placement.left, placement.right) == (0, 500, 0, 380)


def test_the_margin_is_left_on_all_sides_but_the_chest_wall():
    tight = Preprocess(margin=0.0).apply(mammogram()).placement
    wide = Preprocess(margin=0.1).apply(mammogram()).placement
    border = round(0.1 * (tight.bottom - tight.top))
    assert wide.right - tight.right == border
    assert tight.top - wide.top == border
    assert wide.left == tight.left


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("size", [(320, 192), (97, 131), (700, 600)])
def test_a_mask_survives_the_way_to_the_model_and_back(side, size):
    placement = Preprocess(size=size).apply(mammogram(side)).placement
    mask = mammogram(side).pixels == 1
    back = placement.to_image(placement.to_model(mask))
    assert back.shape == mask.shape
    tolerance = 0.5 * max(1, (placement.bottom - placement.top) / placement.scaled_rows)
    np.testing.assert_allclose(centroid(back), centroid(mask), atol=tolerance)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_smooth_spot_returns_within_half_a_pixel(side):
    placement = Preprocess().apply(mammogram(side)).placement
    y, x = np.mgrid[:500, :380]
    row, column = 230.3, (90.7 if side == "left" else 380 - 1 - 90.7)
    spot = np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * 12**2)).astype(np.float32)
    back = placement.to_image(placement.to_model(spot))
    center = (back * y).sum() / back.sum(), (back * x).sum() / back.sum()
    np.testing.assert_allclose(center, (row, column), atol=0.5)


def test_a_coarse_map_is_spread_in_the_half_pixel_convention():
    placement = place((70, 70), (0, 70, 0, 70), flip=False, size=(70, 70))
    coarse = np.zeros((7, 7), np.float32)
    coarse[3, 5] = 1
    fine = placement.to_image(coarse)
    x = (fine.sum(axis=0) * np.arange(70)).sum() / fine.sum()
    assert x == pytest.approx(5.5 * 10 - 0.5, abs=1e-3)


def test_a_mask_smaller_than_a_cell_keeps_one_cell():
    placement = place((640, 640), (0, 640, 0, 640), flip=False, size=(32, 32))
    mask = np.zeros((640, 640), bool)
    mask[100:103, 200:203] = True
    assert placement.to_model(mask).sum() == 1
    assert placement.to_model(np.zeros_like(mask)).sum() == 0


def test_what_the_model_never_saw_has_no_attribution():
    placement = Preprocess().apply(mammogram()).placement
    image = placement.to_image(np.ones((320, 192), np.float32))
    assert (image[:, placement.right :] == 0).all()
    assert (image[placement.top : placement.bottom, placement.left : placement.right] == 1).all()


def test_resizing_keeps_the_mean_when_it_shrinks():
    image = np.random.default_rng(0).random((120, 90)).astype(np.float32)
    assert resize(image, (40, 30)).mean() == pytest.approx(image.mean(), abs=1e-5)
    with pytest.raises(ValueError, match="Order"):
        resize(image, (40, 30), order=3)


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("shape", [(32, 16), (33, 19), (1, 7), (10, 9)])
def test_a_far_smaller_image_holds_the_mean_over_each_area(shape, is_mirrored):
    """Against the definition: a pixel counts by the share of it that lies in the area."""
    image = np.random.default_rng(0).random((331, 163), dtype=np.float32)[3:, 7:]
    image = image[:, ::-1] if is_mirrored else image
    down, across = (_cover(old, new) for old, new in zip(image.shape, shape, strict=True))
    expected = down @ image.astype(float) @ across.T
    np.testing.assert_allclose(resize(image, shape), expected, rtol=0, atol=1e-6)


def _cover(old, new):
    """(new, old): which share of each new pixel each old one fills."""
    edges, k = np.linspace(0, old, new + 1), np.arange(old)
    ends = np.minimum(edges[1:, None], k + 1), np.maximum(edges[:-1, None], k)
    return np.maximum(ends[0] - ends[1], 0) * new / old


def test_a_placement_survives_as_numbers():
    placement = Preprocess().apply(mammogram("right")).placement
    assert Placement.from_numbers(np.array(placement.to_numbers())) == placement


def test_settings_survive_as_json_and_change_the_fingerprint():
    settings = Preprocess(size=(640, 384), margin=0.05, background="keep")
    again = read_settings(Preprocess, to_mapping(settings))
    assert again == settings
    assert again.fingerprint == settings.fingerprint
    assert Preprocess().fingerprint != Preprocess(margin=0.03).fingerprint


@pytest.mark.parametrize(
    "wrong", [{"size": (0, 5)}, {"margin": -1}, {"low_percentile": 60, "high_percentile": 50}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(BadConfiguration):
        Preprocess(**wrong)


def test_the_trace_ends_with_the_input_and_tells_every_step():
    stages = trace(mammogram(), Preprocess())
    prepared = Preprocess().apply(mammogram())
    np.testing.assert_array_equal(stages[-1][1], prepared.image)
    np.testing.assert_array_equal(stages[0][1], mammogram().pixels)
    assert [step for step, _ in stages[1:]] == list(prepared.steps[1:])
    assert all(step.detail for step, _ in stages)


def test_preprocessing_leaves_its_source_alone():
    source = mammogram()
    before = source.pixels.copy()
    Preprocess().apply(source)
    np.testing.assert_array_equal(source.pixels, before)


def test_a_blank_image_gives_a_finite_input():
    blank = Mammogram(pixels=np.zeros((64, 64), np.float32))
    assert np.isfinite(Preprocess().apply(blank).image).all()
