"""What it means that maps agree, by laws that hold for any maps."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from mammo_core.cases.explanation_disagreement import disagree
from mammo_core.evidence.agreement import GRID, rank_agreement
from mammo_core.explanations import Explanation

N = 3


@pytest.fixture
def maps():
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=(N, 40, 32)).astype(np.float32) for name in ("a", "b", "c")}


def average_cells(one):
    """Means over the 2 x 2 pixels of each cell."""
    return one.reshape(GRID[0], 2, GRID[1], 2).mean(axis=(1, 3))


def test_agreement_is_the_rank_correlation_of_the_averages_over_cells(maps):
    found = rank_agreement(maps)
    assert found.methods == ("a", "b", "c")
    assert found.correlations.shape == (N, 3, 3)
    for n in range(N):
        cells = [average_cells(of_method[n]).ravel() for of_method in maps.values()]
        np.testing.assert_allclose(found.correlations[n], spearmanr(cells, axis=1).statistic)


def test_a_map_agrees_with_itself_in_any_unit_and_is_against_its_reverse(maps):
    a = maps["a"]
    found = rank_agreement({"a": a, "scaled": 3 * a + 1, "reversed": -a}).correlations
    np.testing.assert_allclose(found, np.repeat([[[1, 1, -1], [1, 1, -1], [-1, -1, 1]]], N, 0))


def test_the_order_of_methods_changes_nothing_but_the_order(maps):
    turned = dict(reversed(maps.items()))
    found = rank_agreement(maps).correlations
    np.testing.assert_array_equal(rank_agreement(turned).correlations[:, ::-1, ::-1], found)


def test_each_image_is_compared_as_if_alone(maps):
    alone = rank_agreement({name: of_method[1:2] for name, of_method in maps.items()})
    np.testing.assert_array_equal(rank_agreement(maps).correlations[1:2], alone.correlations)


@pytest.mark.parametrize("spoiled", [0.0, np.nan, np.inf])
def test_a_map_that_says_nothing_agrees_with_none_and_spoils_no_other(maps, spoiled):
    whole = rank_agreement(maps).correlations
    maps["b"][1] = spoiled
    found = rank_agreement(maps).correlations
    assert np.isnan(found[1, 1]).all()
    assert np.isnan(found[1, :, 1]).all()
    known = ~np.isnan(found)
    assert known.sum() == found.size - 5
    np.testing.assert_array_equal(found[known], whole[known])


def test_maps_of_different_resolutions_are_compared_on_one_grid():
    ramp = np.add.outer(np.arange(40.0), np.arange(32.0))
    fine = np.repeat(np.repeat(ramp, 4, axis=0), 4, axis=1)
    found = rank_agreement({"coarse": np.float32(ramp[None]), "fine": np.float32(fine[None])})
    np.testing.assert_allclose(found.correlations, 1)


def test_the_table_of_methods_is_the_mean_over_the_images_where_both_say_anything(maps):
    maps["b"][2] = 0
    found = rank_agreement(maps)
    np.testing.assert_allclose(found.between[0, 1], found.correlations[:2, 0, 1].mean())
    np.testing.assert_allclose(found.between[0, 2], found.correlations[:, 0, 2].mean())


def test_methods_that_explained_other_numbers_of_images_are_refused(maps):
    with pytest.raises(ValueError, match="Expected maps of the same images by each method"):
        rank_agreement({"a": maps["a"], "b": maps["b"][:1]})


def test_a_case_disagrees_by_what_its_methods_lack_in_agreement(maps):
    key = {"target": "malignant", "image_sha256": "1"}
    kept = [Explanation(key, of_method[0], (40, 32), 0.1, "one") for of_method in maps.values()]
    pairs = rank_agreement(maps).correlations[0][np.triu_indices(3, 1)]
    assert disagree(kept) == pytest.approx(1 - pairs.mean(), abs=1e-6)


def test_a_case_disagrees_by_its_maps_as_they_are_shown(maps):
    """As an audit compares them: a coarse map is enlarged first, whatever it was kept as."""
    key = {"target": "malignant", "image_sha256": "1"}
    cells = np.maximum(maps["a"][0, :10, :6], 0)
    kept = [Explanation(key, one, (80, 48), 0.1, "one") for one in (cells, maps["b"][0])]
    shown = rank_agreement({str(k): one.upsample()[None] for k, one in enumerate(kept)})
    assert disagree(kept) == pytest.approx(1 - shown.correlations[0, 0, 1], abs=1e-6)
