"""Where maps lie, against a lesion: perfect, inverted and random maps, ties, other libraries."""

import numpy as np
import pytest
from linear_classifier import LinearClassifier
from sklearn.metrics import average_precision_score

from mammo_core.evidence import METRICS

ROWS, COLUMNS = 16, 12
LOCALIZING = [name for name, metric in METRICS.items() if metric.needs_mask]
MODEL = LinearClassifier(np.zeros((ROWS, COLUMNS, 1)))


def lesion(rows=slice(4, 9), columns=slice(3, 7)):
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[rows, columns] = True
    return mask


def measure(name, maps, mask, **settings):
    maps = np.asarray(maps, np.float32).reshape(-1, ROWS, COLUMNS)
    masks = np.broadcast_to(mask, maps.shape)
    images = np.zeros((*maps.shape, 1), np.float32)
    return METRICS[name](**settings).measure(MODEL, images, maps, 1, masks)


def random_maps(n, seed=0):
    return np.random.default_rng(seed).random((n, ROWS, COLUMNS), dtype=np.float32)


# What all share


@pytest.mark.parametrize("name", LOCALIZING)
def test_a_map_on_the_lesion_is_perfect(name):
    assert measure(name, lesion(), lesion())[0] == pytest.approx(1)


@pytest.mark.parametrize("name", LOCALIZING)
def test_a_map_everywhere_else_is_worth_nothing(name):
    assert measure(name, ~lesion(), lesion())[0] <= 0


@pytest.mark.parametrize("name", LOCALIZING)
def test_a_graded_map_on_the_lesion_is_perfect_too(name):
    graded = lesion() * (1 + random_maps(1)[0])
    assert measure(name, graded, lesion())[0] == pytest.approx(1)


@pytest.mark.parametrize("name", LOCALIZING)
def test_the_unit_of_a_map_does_not_count(name):
    maps = random_maps(4) - 0.3
    np.testing.assert_allclose(
        measure(name, 64 * maps, lesion()), measure(name, maps, lesion()), rtol=1e-6
    )


@pytest.mark.parametrize("name", ["pointing_game", "energy_pointing", "relevance_rank"])
@pytest.mark.parametrize("rows", [slice(4, 6), slice(0, 12)])
def test_random_maps_score_the_lesions_share_of_the_image(name, rows):
    mask = lesion(rows)
    values = measure(name, random_maps(600), mask)
    assert values.mean() == pytest.approx(mask.mean(), abs=4 * values.std() / np.sqrt(600))


def test_random_maps_cover_about_p_of_2_minus_p():
    p = lesion().mean()
    values = measure("iou", random_maps(600), lesion())
    assert values.mean() == pytest.approx(p / (2 - p), rel=0.1)


def test_random_maps_have_an_auprc_of_nothing_but_a_known_trace():
    """Before a hit at place i, each of i - 1 pixels is one of the other r - 1 hits or not."""
    mask = lesion()
    n, r, p = mask.size, mask.sum(), mask.mean()
    places = np.arange(1, n + 1)
    expected = (((places - 1) * (r - 1) / (n - 1) + 1) / places).mean()
    values = measure("auprc", random_maps(600), mask)
    corrected = (expected - p) / (1 - p)
    assert 0 < corrected < 0.05
    assert values.mean() == pytest.approx(corrected, abs=4 * values.std() / np.sqrt(600))


# The pointing game


@pytest.mark.parametrize(("row", "column", "hit"), [(4, 3, 1), (8, 6, 1), (3, 3, 0), (4, 7, 0)])
def test_the_highest_pixel_hits_the_lesion_or_not(row, column, hit):
    peak = random_maps(1)[0]
    peak[row, column] = 2
    assert measure("pointing_game", peak, lesion())[0] == hit


def test_of_several_highest_pixels_the_share_inside_counts():
    peaks = np.zeros((ROWS, COLUMNS))
    peaks[4, [0, 3, 4, 11]] = 1
    assert measure("pointing_game", peaks, lesion())[0] == 0.5


@pytest.mark.parametrize(("tolerance", "hit"), [(0, 0), (4.9, 0), (5, 1), (5.1, 1)])
def test_near_enough_is_a_distance_in_pixels(tolerance, hit):
    peak = np.zeros((ROWS, COLUMNS))
    peak[12, 9] = 1  # 4 rows below the corner (8, 6), 3 columns beside it
    assert measure("pointing_game", peak, lesion(), tolerance_px=tolerance)[0] == hit


def test_random_maps_hit_what_the_tolerance_leaves_of_the_image():
    grown = 7 * 6 - 4  # a pixel around the 5 x 4 lesion, without the corners
    values = measure("pointing_game", random_maps(2000), lesion(), tolerance_px=1)
    assert values.mean() == pytest.approx(grown / (ROWS * COLUMNS), abs=4 * 0.4 / np.sqrt(2000))


# Energy


def test_energy_is_the_positive_part_inside():
    signed = np.full((ROWS, COLUMNS), -5.0)
    signed[5, 5], signed[0, 0], signed[15, 11] = 3, 0.75, 0.25
    assert measure("energy_pointing", signed, lesion())[0] == pytest.approx(0.75)


def test_a_map_that_speaks_for_nothing_has_no_energy():
    assert np.isnan(measure("energy_pointing", -random_maps(1), lesion())).all()


# The highest pixels


def test_rank_and_iou_of_half_a_lesion():
    """Ten of the twenty highest pixels inside: 10 / 20, and 10 / (20 + 20 - 10)."""
    beside = np.roll(lesion(), 2, axis=1)
    assert measure("relevance_rank", beside, lesion())[0] == pytest.approx(10 / 20)
    assert measure("iou", beside, lesion())[0] == pytest.approx(10 / 30)


def test_iou_is_that_of_the_two_sets():
    for values in random_maps(20):
        n = lesion().sum()
        top = values >= np.sort(values, axis=None)[-n]
        expected = (top & lesion()).sum() / (top | lesion()).sum()
        assert measure("iou", values, lesion())[0] == pytest.approx(expected)


def test_equal_values_count_as_a_random_choice_among_them_does_on_average():
    rng = np.random.default_rng(1)
    coarse = np.floor(random_maps(1)[0] * 4)
    shaken = coarse + rng.random((2000, ROWS, COLUMNS)) / 2
    by_luck = measure("relevance_rank", shaken, lesion())
    exact = measure("relevance_rank", coarse, lesion())[0]
    assert by_luck.mean() == pytest.approx(exact, abs=4 * by_luck.std() / np.sqrt(2000))


def test_a_map_that_finds_room_for_all_its_equal_values_takes_them_all():
    half = lesion() & (np.arange(COLUMNS) < 5)
    assert measure("relevance_rank", half, lesion())[0] >= 0.5


# Average precision


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_average_precision_equals_scikit_learn_with_and_without_ties(levels):
    mask = lesion()
    maps = np.floor((random_maps(10) + 0.3 * mask) * levels) - levels / 3
    p = mask.mean()
    expected = [average_precision_score(mask.ravel(), a.ravel()) for a in maps]
    corrected = (np.array(expected) - p) / (1 - p)
    np.testing.assert_allclose(measure("auprc", maps, mask), corrected, rtol=1e-9)


def test_a_lesion_that_is_the_whole_image_leaves_chance_nothing_to_correct():
    everywhere = np.ones((ROWS, COLUMNS), bool)
    assert np.isnan(measure("auprc", random_maps(2), everywhere)).all()
    np.testing.assert_allclose(measure("energy_pointing", random_maps(2), everywhere), 1)
