"""Deletion, insertion, ROAD and infidelity where the answer is known."""

import numpy as np
import pytest
from linear_classifier import LinearClassifier

from mammo_core.attribution import METHODS
from mammo_core.evidence import METRICS
from mammo_core.evidence.imputation import NEIGHBORS, impute_blurred, impute_linear, impute_mean
from mammo_core.evidence.scene import FILLS, Scene, Trial

ROWS, COLUMNS = 12, 10
PIXELS = ROWS * COLUMNS


class Curved(LinearClassifier):
    """A logit that is far from linear in the image."""

    def logits(self, images):
        return 3 * np.tanh(super().logits(images))


def make_case(model_type=LinearClassifier, n=3, channels=1, seed=0):
    rng = np.random.default_rng(seed)
    model = model_type(rng.normal(size=(ROWS, COLUMNS, channels)))
    return model, rng.random((n, ROWS, COLUMNS, channels), dtype=np.float32)


def contributions(model, images):
    """What each pixel adds to the logit of class 1."""
    return (images * model.weights).sum(axis=-1) / 2


def noise_like(maps, seed=1):
    return np.random.default_rng(seed).normal(size=maps.shape).astype(np.float32)


# Right, random, reversed


@pytest.mark.parametrize("score", ["probability", "logit"])
@pytest.mark.parametrize("name", ["deletion", "insertion", "road"])
def test_the_right_map_comes_before_a_random_one_and_that_before_its_reverse(name, score):
    model, images = make_case()
    right = contributions(model, images)
    metric = METRICS[name](score=score)
    values = [metric.measure(model, images, m, 1) for m in (right, noise_like(right), -right)]
    sign = 1 if metric.higher_is_better else -1
    assert (sign * values[0] > sign * values[1]).all()
    assert (sign * values[1] > sign * values[2]).all()


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("name", ["deletion", "insertion"])
def test_no_order_beats_that_of_the_effects_under_a_linear_logit(name, fill):
    model, images = make_case(n=1)
    effect = contributions(model, images - FILLS[fill](images[0]))
    metric = METRICS[name](score="logit", fill=fill, steps=PIXELS)
    best, worst = (metric.measure(model, images, sign * effect, 1)[0] for sign in (1, -1))
    if not metric.higher_is_better:
        best, worst = -best, -worst
    for seed in range(20):
        (value,) = metric.measure(model, images, noise_like(effect, seed), 1)
        assert worst <= (value if metric.higher_is_better else -value) <= best


# Deletion and insertion


def test_deletion_of_a_linear_logit_in_closed_form():
    """The i-th pixel to go adds its part for (i - 1/2) / P of the way."""
    model, images = make_case()
    maps = noise_like(images[..., 0])
    order = np.argsort(-maps.reshape(3, -1), axis=1)
    ordered = np.take_along_axis(contributions(model, images).reshape(3, -1), order, axis=1)
    expected = ordered @ ((np.arange(PIXELS) + 0.5) / PIXELS)
    metric = METRICS["deletion"](score="logit", steps=PIXELS, fill="black")
    np.testing.assert_allclose(metric.measure(model, images, maps, 1), expected, atol=1e-4)


def test_insertion_of_a_linear_logit_in_closed_form():
    model, images = make_case()
    maps = noise_like(images[..., 0])
    order = np.argsort(-maps.reshape(3, -1), axis=1)
    ordered = np.take_along_axis(contributions(model, images).reshape(3, -1), order, axis=1)
    expected = ordered @ (1 - (np.arange(PIXELS) + 0.5) / PIXELS)
    metric = METRICS["insertion"](score="logit", steps=PIXELS, fill="black")
    np.testing.assert_allclose(metric.measure(model, images, maps, 1), expected, atol=1e-4)


@pytest.mark.parametrize("score", ["probability", "logit"])
@pytest.mark.parametrize("fill", FILLS)
def test_insertion_is_deletion_of_the_reversed_order_read_backwards(fill, score):
    model, images = make_case(Curved, channels=3)
    maps = noise_like(images[..., 0])
    settings = {"fill": fill, "score": score, "steps": 20}
    inserted = METRICS["insertion"](**settings).measure(model, images, maps, 1)
    deleted = METRICS["deletion"](**settings).measure(model, images, -maps, 1)
    np.testing.assert_allclose(inserted, deleted, rtol=1e-5)


@pytest.mark.parametrize("score", ["probability", "logit"])
def test_four_pixels_deleted_by_hand(score):
    model = LinearClassifier(np.float32([1, -2, 3, 0.5]).reshape(1, 4, 1))
    images = np.float32([0.5, 0.25, 1, 0.75]).reshape(1, 1, 4, 1)
    maps = np.float32([2, 9, 5, 1]).reshape(1, 1, 4)
    seen = [[0.5, 0.25, 1, 0.75], [0.5, 0, 1, 0.75], [0.5, 0, 0, 0.75], [0, 0, 0, 0.75], [0] * 4]
    ask = model.predict if score == "probability" else model.logits
    curve = ask(np.float32(seen).reshape(5, 1, 4, 1))[:, 1]
    expected = (curve[:-1] + curve[1:]).mean() / 2
    metric = METRICS["deletion"](score=score, steps=4, fill="black")
    assert metric.measure(model, images, maps, 1)[0] == pytest.approx(expected, rel=1e-5)


def test_one_step_is_the_mean_of_the_whole_and_the_empty_image():
    model, images = make_case(Curved)
    maps = noise_like(images[..., 0])
    ends = np.stack([model.predict(images)[:, 1], model.predict(0 * images)[:, 1]])
    values = METRICS["deletion"](steps=1, fill="black").measure(model, images, maps, 1)
    np.testing.assert_allclose(values, ends.mean(axis=0), rtol=1e-5)


def test_more_steps_than_pixels_change_nothing():
    model, images = make_case(Curved)
    maps = noise_like(images[..., 0])
    exact, finer = (
        METRICS["deletion"](steps=steps).measure(model, images, maps, 1)
        for steps in (PIXELS, 3 * PIXELS)
    )
    np.testing.assert_allclose(finer, exact, rtol=1e-5)


@pytest.mark.parametrize("name", ["deletion", "insertion", "road"])
def test_only_the_order_of_a_map_counts(name):
    model, images = make_case(Curved)
    maps = noise_like(images[..., 0])
    values = METRICS[name]().measure(model, images, maps, 1)
    squeezed = METRICS[name]().measure(model, images, np.exp(maps) * 7, 1)
    np.testing.assert_allclose(squeezed, values, rtol=1e-5)


def test_equal_values_do_not_go_row_by_row():
    """A lone peak leaves all others equal; in reading order the upper half would go first."""
    flat = np.zeros((40, 30), np.float32)
    flat[20, 15] = 1
    order = Trial(Scene(np.zeros((40, 30, 1), np.float32)), flat).order(0)
    assert order[0] == 20 * 30 + 15
    first_half = order[: len(order) // 2] // 30
    assert first_half.mean() == pytest.approx(19.5, abs=2)
    np.testing.assert_array_equal(np.sort(order), np.arange(1200))


@pytest.mark.parametrize("name", ["deletion", "insertion"])
def test_random_maps_score_half_of_both_ends_under_a_linear_logit(name):
    model, images = make_case(n=1)
    maps = np.random.default_rng(2).random((400, ROWS, COLUMNS), dtype=np.float32)
    metric = METRICS[name](score="logit")
    filled = FILLS[metric.fill](images[0])[None]
    halves = model.logits(np.concatenate([images, filled]))[:, 1].mean()
    values = metric.measure(model, np.repeat(images, 400, axis=0), maps, 1)
    assert values.mean() == pytest.approx(halves, abs=4 * values.std() / np.sqrt(400))


# What is filled in


def test_fills_are_what_they_are_called():
    image = np.random.default_rng(3).random((ROWS, COLUMNS, 3), dtype=np.float32)
    assert not FILLS["black"](image).any()
    mean = np.broadcast_to(image.mean(axis=(0, 1)), image.shape)
    np.testing.assert_allclose(FILLS["mean"](image), mean)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_blur_keeps_a_plain_image_and_flattens_texture(channels):
    plain = np.full((64, 48, channels), 0.3, np.float32)
    np.testing.assert_allclose(FILLS["blurred"](plain), plain, atol=1e-6)
    texture = np.random.default_rng(4).random((64, 48, channels), dtype=np.float32)
    assert FILLS["blurred"](texture).std() < 0.2 * texture.std()


# Imputation


def holes(share, shape=(ROWS, COLUMNS), seed=5):
    return np.random.default_rng(seed).random(shape) < share


@pytest.mark.parametrize("channels", [1, 3])
def test_where_nothing_is_missing_nothing_is_imputed(channels):
    image = np.random.default_rng(6).random((ROWS, COLUMNS, channels), dtype=np.float32)
    for impute in (impute_linear, impute_mean, impute_blurred):
        np.testing.assert_array_equal(impute(image, np.zeros((ROWS, COLUMNS), bool)), image)


def solve_densely(image, gone):
    """The linear system of the paper, pixel by pixel, by a dense solver."""
    rows, columns = gone.shape
    matrix, right = np.eye(gone.size), np.where(gone, 0, image).ravel().astype(float)
    for r, c in zip(*np.nonzero(gone), strict=True):
        near = [(r + i - 1, c + j - 1, NEIGHBORS[i, j]) for i in range(3) for j in range(3)]
        near = [(y, x, w) for y, x, w in near if w and 0 <= y < rows and 0 <= x < columns]
        for y, x, w in near:
            matrix[r * columns + c, y * columns + x] = -w / sum(w for _, _, w in near)
    return np.linalg.solve(matrix, right).reshape(gone.shape)


@pytest.mark.parametrize("shape", [(ROWS, COLUMNS), (37, 24)])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_linear_imputation_solves_the_system_of_the_paper(share, shape):
    image = np.random.default_rng(7).random((*shape, 2), dtype=np.float32)
    gone = holes(share, shape)
    expected = [solve_densely(image[..., k], gone) for k in range(2)]
    np.testing.assert_allclose(impute_linear(image, gone), np.stack(expected, -1), atol=1e-3)


def test_the_nearest_four_neighbors_count_twice_as_much_as_the_diagonal_ones():
    np.testing.assert_allclose(NEIGHBORS[[0, 1, 1, 2], [1, 0, 2, 1]], 1 / 6)
    np.testing.assert_allclose(NEIGHBORS[[0, 0, 2, 2], [0, 2, 0, 2]], 1 / 12)


def test_a_hole_in_a_slope_is_mended_without_a_trace():
    down, along = np.mgrid[:90, :70] / 180
    slope = (0.1 + down + along).astype(np.float32)[..., None]
    gone = np.zeros((90, 70), bool)
    gone[20:75, 10:60] = True
    np.testing.assert_allclose(impute_linear(slope, gone), slope, atol=0.005)


@pytest.mark.parametrize("impute", [impute_linear, impute_mean])
def test_what_was_taken_out_leaves_no_trace(impute):
    image = np.random.default_rng(8).random((ROWS, COLUMNS, 1), dtype=np.float32)
    gone = holes(0.4)
    other = np.where(gone[..., None], 0.9, image).astype(np.float32)
    np.testing.assert_array_equal(impute(image, gone), impute(other, gone))


def test_mean_imputation_takes_the_mean_of_what_is_left():
    image = np.float32([[0.2, 0.4], [0.9, 0.6]])[..., None]
    gone = np.array([[False, False], [True, False]])
    np.testing.assert_allclose(impute_mean(image, gone)[1, 0], 0.4)


# ROAD


@pytest.mark.parametrize("imputation", ["noisy_linear", "mean", "blurred"])
def test_road_of_the_reversed_map_is_its_negative(imputation):
    model, images = make_case(Curved, channels=3)
    maps = noise_like(images[..., 0])
    metric = METRICS["road"](imputation=imputation)
    values = metric.measure(model, images, maps, 1)
    assert (values != 0).all()
    np.testing.assert_allclose(metric.measure(model, images, -maps, 1), -values, atol=1e-6)


def test_road_of_random_maps_is_nothing_on_average():
    model, images = make_case(Curved, n=1)
    maps = np.random.default_rng(9).random((150, ROWS, COLUMNS), dtype=np.float32)
    metric = METRICS["road"](imputation="mean")
    values = metric.measure(model, np.repeat(images, 150, axis=0), maps, 1)
    assert values.mean() == pytest.approx(0, abs=4 * values.std() / np.sqrt(150))
    assert values.std() > 0


def test_road_of_a_plain_image_is_nothing():
    model, _ = make_case()
    plain = np.full((1, ROWS, COLUMNS, 1), 0.5, np.float32)
    maps = noise_like(plain[..., 0])
    metric = METRICS["road"](noise=0.0)
    np.testing.assert_allclose(metric.measure(model, plain, maps, 1), 0, atol=1e-4)


def test_road_of_a_single_share_by_hand():
    """At share s the area is the triangle from the unperturbed score: half of the gap."""
    model, images = make_case(n=1)
    maps = noise_like(images[..., 0])
    order = np.argsort(-maps.ravel())
    scores = []
    for pixels in (order[: PIXELS // 4], order[-PIXELS // 4 :]):
        gone = np.zeros(PIXELS, bool)
        gone[pixels] = True
        imputed = impute_mean(images[0], gone.reshape(ROWS, COLUMNS))
        scores.append(model.predict(imputed[None])[0, 1])
    metric = METRICS["road"](shares=(0.25,), imputation="mean")
    expected = (scores[1] - scores[0]) / 2
    assert metric.measure(model, images, maps, 1)[0] == pytest.approx(expected, rel=1e-4)


# Infidelity


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scale", [1, 0.01, 300])
def test_the_gradient_of_a_linear_logit_is_faithful_in_any_unit(channels, scale):
    model, images = make_case(channels=channels)
    gradient = scale * model.gradient(images, 1).sum(axis=-1)
    values = METRICS["infidelity"]().measure(model, images, gradient, 1)
    np.testing.assert_allclose(values, 0, atol=1e-6)


def test_the_gradient_upside_down_foresees_nothing():
    model, images = make_case()
    upside_down = -model.gradient(images, 1)[..., 0]
    np.testing.assert_array_equal(METRICS["infidelity"]().measure(model, images, upside_down, 1), 1)


def test_infidelity_of_a_linear_logit_is_the_angle_between_map_and_gradient():
    model, images = make_case(n=1)
    gradient = model.gradient(images, 1)[..., 0]
    halfway = gradient + noise_like(gradient) * np.float32(gradient.std())
    cosine = np.vdot(gradient, halfway) / np.linalg.norm(gradient) / np.linalg.norm(halfway)
    values = METRICS["infidelity"](samples=4000).measure(model, images, halfway, 1)
    assert values[0] == pytest.approx(1 - cosine**2, abs=0.05)


def test_random_maps_foresee_by_luck_half_a_sample():
    rng = np.random.default_rng(10)
    model = LinearClassifier(rng.normal(size=(60, 40, 1)))
    images = rng.random((1, 60, 40, 1), dtype=np.float32)
    maps = rng.normal(size=(300, 60, 40)).astype(np.float32)
    metric = METRICS["infidelity"](samples=8)
    values = metric.measure(model, np.repeat(images, 300, axis=0), maps, 1)
    assert values.mean() == pytest.approx(1 - 1 / 16, abs=4 * values.std() / np.sqrt(300))


def test_random_maps_of_one_sign_foresee_what_a_sum_of_pixels_does():
    """The square of the angle between uniform noise and a constant: mean^2 / mean square = 3/4."""
    model = LinearClassifier(np.ones((60, 40, 1)))
    images = np.random.default_rng(11).random((30, 60, 40, 1), dtype=np.float32)
    maps = METHODS["random"]().explain(model, images, 1)
    values = METRICS["infidelity"](samples=200).measure(model, images, maps, 1)
    assert values.mean() == pytest.approx(1 / 4, abs=0.03)


def test_a_model_that_never_changes_has_no_infidelity():
    model, images = make_case()
    model.logits = lambda images: np.ones((len(images), 2), np.float32)
    values = METRICS["infidelity"]().measure(model, images, noise_like(images[..., 0]), 1)
    assert np.isnan(values).all()
