"""The laws of the methods that hide parts of an image."""

import itertools

import cv2
import numpy as np
import pytest
from linear_classifier import LinearClassifier

from mammo_core.attribution import Question
from mammo_core.attribution.lime import REGIONS, Lime, lay_grid, share_left_of_noise
from mammo_core.attribution.masking import FILLS, MaskedImages, RegionMasks, fill_images
from mammo_core.attribution.occlusion import Occlusion, cover
from mammo_core.attribution.partition_shap import PartitionShap
from mammo_core.attribution.rise import Rise
from mammo_core.errors import Cancelled
from mammo_core.types import Contrast

METHODS = {method.__name__: method for method in (Occlusion, Rise, Lime, PartitionShap)}
SHARED = {name: METHODS[name] for name in ("Occlusion", "Rise", "Lime")}
"""Those whose masks do not depend on the class."""
SHAPES = [(12, 10), (32, 24), (16, 16), (320, 192), (5, 3), (1, 7)]


def draw_linear(shape, seed=0):
    return LinearClassifier(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def draw_images(shape, n=2, seed=1):
    return np.random.default_rng(seed).random((n, *shape), dtype=np.float32)


class StripeCounter:
    """Counts stripes along rows for one class and along columns for the other."""

    classes, input_shape = ("rows", "columns"), (64, 64, 1)
    kernel = np.float32([[-1, -2, -1], [2, 4, 2], [-1, -2, -1]])

    def __init__(self):
        self.asked = []

    def logits(self, images):
        self.asked.append(len(images))
        found = [
            [cv2.filter2D(i[..., 0], -1, k) for k in (self.kernel, self.kernel.T)] for i in images
        ]
        return 30 * np.maximum(np.float32(found) - 0.2, 0).mean(axis=(2, 3))

    def predict(self, images):
        z = self.logits(images)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)


STRIPES = np.zeros((1, 64, 64, 1), np.float32)
STRIPES[0, 20:44:2, 6:26] = 1
STRIPES[0, 20:44, 38:58:2] = 1


# All of them


@pytest.mark.parametrize("name", METHODS)
def test_each_class_lies_on_its_stripes(name):
    maps = [METHODS[name]().explain(StripeCounter(), STRIPES, k)[0] for k in ("rows", "columns")]
    rows, columns = (np.maximum(one - np.median(one), 0) for one in maps)
    assert rows[:, :32].sum() > 0.7 * rows.sum() > 0
    assert columns[:, 32:].sum() > 0.7 * columns.sum() > 0


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("shape", [(12, 10, 3), (5, 3, 1), (1, 7, 1), (40, 24, 1)])
def test_images_of_any_size_and_channels_are_explained(name, shape):
    maps = METHODS[name]().explain(draw_linear(shape), draw_images(shape), 1)
    assert maps.shape == (2, *shape[:2])
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()


@pytest.mark.parametrize("name", METHODS)
def test_one_sigmoids_classes_speak_against_each_other(name):
    model, images = draw_linear((12, 10, 1)), draw_images((12, 10, 1))
    of_one, of_other = (METHODS[name]().explain(model, images, k) for k in (0, 1))
    np.testing.assert_allclose(of_one, -of_other, atol=1e-5)


@pytest.mark.parametrize("name", SHARED)
def test_a_contrast_is_the_difference_of_both_classes(name):
    maps = [SHARED[name]().explain(StripeCounter(), STRIPES, k) for k in (0, 1)]
    told_apart = SHARED[name]().explain(StripeCounter(), STRIPES, Contrast(0, 1))
    np.testing.assert_allclose(told_apart, maps[0] - maps[1], atol=1e-4 * np.abs(maps).max())


@pytest.mark.parametrize("name", SHARED)
def test_all_classes_of_an_image_cost_the_passes_of_one(name):
    one, all_classes = StripeCounter(), StripeCounter()
    alone = SHARED[name]().explain(one, STRIPES, 1)[0]
    maps = SHARED[name]().explain(all_classes, np.repeat(STRIPES, 2, axis=0), [0, 1])
    assert sum(all_classes.asked) == sum(one.asked)
    np.testing.assert_allclose(maps[1], alone, atol=1e-6)
    assert not np.array_equal(maps[0], maps[1])


@pytest.mark.parametrize("name", ["Occlusion", "Lime", "PartitionShap"])
def test_hiding_what_looks_like_the_fill_changes_nothing(name):
    gray = np.full((1, 64, 64, 1), 0.5, np.float32)
    maps = METHODS[name]().explain(draw_linear((64, 64, 1)), gray, 1)
    np.testing.assert_allclose(maps, 0, atol=1e-6)


@pytest.mark.parametrize("name", SHARED)
def test_a_model_without_opinion_gets_an_empty_map(name):
    model = LinearClassifier(np.zeros((12, 10, 1), np.float32))
    assert not SHARED[name]().explain(model, draw_images((12, 10, 1)), 1).any()


@pytest.mark.parametrize("name", METHODS)
def test_a_model_that_answers_no_number_gets_no_map_of_numbers(name):
    model = LinearClassifier(np.full((12, 10, 1), np.nan, np.float32))
    maps = METHODS[name]().explain(model, draw_images((12, 10, 1)), 1)
    assert np.isnan(maps).all()


@pytest.mark.parametrize("name", ["Rise", "Lime"])
def test_another_seed_gives_another_map_that_tells_about_the_same(name):
    one, other = (SHARED[name](seed=s).explain(StripeCounter(), STRIPES, 0)[0] for s in (0, 1))
    assert not np.array_equal(one, other)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.8


@pytest.mark.parametrize("name", METHODS)
def test_who_waits_can_stop_it_between_batches(name):
    def stop(done, total, doing):
        assert 0 < done <= total
        raise Cancelled("Stopped")

    model = StripeCounter()
    with pytest.raises(Cancelled):
        METHODS[name]().attribute(Question(model, STRIPES, 0, progress=stop))
    assert sum(model.asked) <= 32


@pytest.mark.parametrize(
    ("method", "settings", "told"),
    [
        (Occlusion, {"patch": 0}, "patch and stride above 0"),
        (Occlusion, {"stride": 1.5}, "patch and stride above 0"),
        (Occlusion, {"fill": "green"}, "black, gray, mean, blurred, got 'green'"),
        (Rise, {"masks": 1}, "masks >= 2"),
        (Rise, {"shown": 1.0}, "0 < shown < 1"),
        (Rise, {"cells": 0}, "cells >= 1"),
        (Lime, {"samples": 1}, "samples >= 2"),
        (Lime, {"ridge": 0.0}, "ridge > 0"),
        (Lime, {"regions": "hexagons"}, "superpixels, grid, got 'hexagons'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(method, settings, told):
    with pytest.raises(ValueError, match=told):
        method(**settings)


# Masking


def test_what_is_shown_is_the_image_to_the_last_bit_and_what_is_hidden_is_the_fill():
    images = draw_images((6, 4, 2), n=3)
    labels = np.arange(24).reshape(6, 4) // 12
    masks = RegionMasks(labels, np.float32([[1, 1], [0, 1], [0, 0]]))
    fills = fill_images(images, "mean")
    (batch,) = MaskedImages(images, fills, [masks] * 3).iterate_batches(16)
    found = batch.reshape(3, 3, 6, 4, 2)
    np.testing.assert_array_equal(found[:, 0], images)
    np.testing.assert_array_equal(found[:, 1, 3:], images[:, 3:])
    np.testing.assert_allclose(found[:, 1, :3], fills[:, :3], atol=1e-6)
    np.testing.assert_allclose(found[:, 2], fills, atol=1e-6)


def test_batches_are_full_across_images_and_bounded():
    model = draw_linear((12, 10, 1))
    asked, logits = [], model.logits
    model.logits = lambda images: asked.append(len(images)) or logits(images)
    images, method = draw_images((12, 10, 1), n=3), Occlusion(patch=0.5)
    n_masked = 3 * len(cover((12, 10), 0.5, 0.5))
    method.explain(model, images, 1)
    assert asked[:-1] == [16] * (n_masked // 16) + [n_masked % 16] * (n_masked % 16 > 0)


@pytest.mark.parametrize("fill", FILLS)
def test_a_fill_is_an_image_that_says_less(fill):
    images = draw_images((20, 15, 3))
    filled = fill_images(images, fill)
    assert filled.shape == images.shape
    assert filled.std() < images.std() / 3
    if fill in ("mean", "blurred"):
        np.testing.assert_allclose(filled.mean(), images.mean(), atol=0.02)


# Occlusion


def test_occlusion_of_a_linear_model_is_the_mean_effect_of_the_squares_around():
    model, images = draw_linear((12, 10, 1)), draw_images((12, 10, 1), n=1)
    method = Occlusion(patch=0.4, stride=0.5, fill="gray")
    effect = model.weights[..., 0] / 2 * (images[0, ..., 0] - 0.5)
    added, covered = np.zeros((2, 12, 10))
    for row, column in itertools.product((0, 2, 4, 6, 8), (0, 2, 4, 6)):
        square = np.s_[row : row + 4, column : column + 4]
        added[square] += effect[square].sum()
        covered[square] += 1
    np.testing.assert_allclose(method.explain(model, images, 1)[0], added / covered, atol=1e-5)


def test_occlusion_of_single_pixels_is_weight_times_distance():
    model, images = draw_linear((6, 5, 3)), draw_images((6, 5, 3))
    maps = Occlusion(patch=0.01, fill="black").explain(model, images, 1)
    np.testing.assert_allclose(maps, (model.weights * images).sum(axis=-1) / 2, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("patch", "stride"), [(1 / 6, 0.5), (1.0, 1.0), (0.3, 0.9)])
def test_squares_cover_every_pixel_and_stay_inside(shape, patch, stride):
    patches = cover(shape, patch, stride)
    hidden = sum(patches[number] == 0 for number in range(len(patches)))
    assert hidden.min() >= 1
    assert hidden.sum() == len(patches) * patches.side**2
    np.testing.assert_allclose(patches.average(np.full(len(patches), 3.0)), 3)


def test_the_cost_of_occlusion_is_what_it_says():
    assert len(cover((320, 192), Occlusion.patch, Occlusion.stride)) + 1 == Occlusion.cost


# RISE


class LinearProbability:
    """What is no probability but lets RISE have a closed form: one class is linear."""

    classes = ("rest", "bright")

    def __init__(self, weights):
        self._weights, self.input_shape = weights, weights.shape

    def predict(self, images):
        p = np.tensordot(images, self._weights, axes=3).astype(np.float32)
        return np.stack([1 - p, p], axis=1)


def upsampling_matrix(length, n_cells, shift):
    """(length, n_cells + 1) half-pixel bilinear weights of the cells, by the textbook."""
    size = -(-length // n_cells)
    place = np.clip((np.arange(length) + shift + 0.5) / size - 0.5, 0, n_cells)
    return np.maximum(1 - np.abs(place[:, None] - np.arange(n_cells + 1)), 0)


def covariance_of_masks(length, n_cells):
    """(length, length) E[sum_cells R R^T] over the shifts; of both sides it is the product."""
    size = -(-length // n_cells)
    matrices = [upsampling_matrix(length, n_cells, shift) for shift in range(size)]
    return np.mean([m @ m.T for m in matrices], axis=0)


@pytest.mark.parametrize("cells", [1, 3])
def test_rise_of_a_linear_probability_converges_to_its_closed_form(cells):
    rng = np.random.default_rng(3)
    weights, images = rng.normal(size=(9, 6, 1)), draw_images((9, 6, 1), n=1)
    rows = {1: 2, 3: 4}[cells]  # round(9 / (6 / cells)), halves to the even one
    method = Rise(masks=10_000, cells=cells, shown=0.4)
    found = method.explain(LinearProbability(weights), images, "bright")[0]
    down, across = covariance_of_masks(9, rows), covariance_of_masks(6, cells)
    expected = 0.6 * np.einsum("ax,by,xy->ab", down, across, (weights * images[0])[..., 0])
    np.testing.assert_allclose(found, expected, atol=0.08 * np.abs(expected).max())


@pytest.mark.parametrize("shape", SHAPES)
def test_masks_are_the_upsampled_grids_and_show_each_pixel_alike(shape):
    masks = Rise(masks=200, shown=0.3).draw_masks(shape)
    drawn = np.stack([masks[number] for number in range(len(masks))])
    assert drawn.shape == (200, *shape)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert drawn.mean() == pytest.approx(0.3, abs=0.03)
    assert np.abs(drawn.mean(axis=0) - 0.3).max() < 5 * np.sqrt(0.3 * 0.7 / 200)
    n_cells = [side - 1 for side in masks.grids.shape[1:]]
    down, across = map(upsampling_matrix, shape, n_cells, masks.shifts[7])
    np.testing.assert_allclose(drawn[7], down @ masks.grids[7] @ across.T, atol=1e-5)


# LIME


def test_lime_recovers_the_effects_of_a_linear_models_cells():
    model, images = draw_linear((12, 10, 1)), draw_images((12, 10, 1))
    method = Lime(count=30, regions="grid", fill="gray", ridge=1e-6)
    answer = method.attribute(Question(model, images, 1))
    labels = lay_grid(images[0], 30)
    for image, found in zip(images, answer.maps, strict=True):
        effect = (model.weights * (image - 0.5))[..., 0] / 2
        cells = np.bincount(labels.ravel(), effect.ravel())
        np.testing.assert_allclose(found, cells[labels], atol=1e-4)
    assert answer.note == "Local fit R2 (adjusted) = 1.00."


def test_lime_of_logits_as_large_as_float32_holds_is_that_of_small_ones_scaled():
    model, images = draw_linear((12, 10, 1)), draw_images((12, 10, 1))
    large = LinearClassifier(model.weights * np.float32(1e37))
    small_maps, large_maps = (Lime().explain(one, images, 1) for one in (model, large))
    np.testing.assert_allclose(large_maps / 1e37, small_maps, rtol=1e-3, atol=1e-5)


def test_lime_says_how_badly_it_fits():
    class Parity(LinearClassifier):
        """Its logit is whether an even number of pixels is bright: nothing that is linear."""

        def logits(self, images):
            z = (images > 0).sum(axis=(1, 2, 3)) % 2 - np.float32(0.5)
            return np.stack([-z, z], axis=1)

    model = Parity(np.ones((6, 5, 1)))
    method = Lime(regions="grid", count=30, fill="black")
    note = method.attribute(Question(model, np.ones((1, 6, 5, 1), np.float32), 1)).note
    assert float(note.removeprefix("Local fit R2 (adjusted) = ").rstrip(".")) < 0.4


def test_a_fit_to_pure_noise_explains_nothing_on_average():
    rng, method = np.random.default_rng(3), Lime(count=30, regions="grid")
    masks = method._draw_masks(np.zeros((12, 10, 1), np.float32))
    shares = [method._fit(masks, rng.normal(size=300))[1] for _ in range(200)]
    assert abs(np.mean(shares)) < 4 * np.std(shares) / np.sqrt(200) < 0.02


def test_the_share_left_of_noise_is_counted_by_degrees_of_freedom():
    presence = np.random.default_rng(4).integers(0, 2, size=(50, 7)).astype(np.float32)
    left = share_left_of_noise(presence, np.full(50, 0.3), 1e-9)
    assert left == pytest.approx((50 - 1 - 7) / (50 - 1), rel=1e-6)
    assert share_left_of_noise(presence, np.full(50, 0.3), 1e9) == pytest.approx(1, abs=1e-6)


def test_lime_has_nothing_to_fit_where_nothing_changes():
    model = LinearClassifier(np.zeros((12, 10, 1)))
    answer = Lime().attribute(Question(model, draw_images((12, 10, 1)), 1))
    assert not answer.maps.any()
    assert "nothing to fit" in answer.note


@pytest.mark.parametrize("regions", REGIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_regions_are_numbered_without_a_hole(regions, shape):
    labels = REGIONS[regions](draw_images((*shape, 1), n=1)[0], 60)
    assert labels.shape == shape
    sizes = np.bincount(labels.ravel())
    assert sizes.min() > 0
    assert len(sizes) <= min(80, labels.size)
    if labels.size > 300:
        assert len(sizes) > 30
