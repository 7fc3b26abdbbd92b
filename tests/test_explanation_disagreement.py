"""How far the kept maps of an image are apart, by laws that hold for any maps."""

import os

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from mammo_core.attribution.resolution import upsample
from mammo_core.cases.explanation_disagreement import (
    explanation_disagreement,
    find_comparable,
    find_kept_maps,
)
from mammo_core.evidence.agreement import GRID
from mammo_core.explanations import Explanation, write_explanation

MODEL = "ab" * 32
SHAPE = 3 * GRID[0], 3 * GRID[1]
IMAGES = pd.Series(["a", "b c/d", "e"])
"""The second is no file name."""


def keep(image_id, method, attribution, target="malignant", pixels="1"):
    key = {
        "model_sha256": MODEL,
        "image_id": image_id,
        "image_sha256": pixels,
        "method": method,
        "settings": {},
        "target": target,
    }
    return write_explanation(Explanation(key, np.float32(attribution), SHAPE, 0.1, "one"))


def tile(cells):
    """A map on the images' grid, 3 x 3 pixels a cell."""
    return np.kron(cells, np.ones((3, 3)))


def measure(images=IMAGES):
    return explanation_disagreement(images, find_kept_maps(MODEL))


@pytest.fixture
def attribution(home):
    return np.random.default_rng(3).normal(size=GRID)


@pytest.mark.parametrize(
    ("sign", "expected"), [(1, 0), (-1, 2)], ids=["the same map", "its reverse"]
)
def test_equal_maps_are_not_apart_and_reversed_ones_as_far_as_can_be(attribution, sign, expected):
    keep("b c/d", "saliency", attribution)
    keep("b c/d", "grad_cam", sign * attribution)
    np.testing.assert_allclose(measure(), [np.nan, expected, np.nan], atol=1e-9)


def test_only_the_order_of_places_counts(attribution):
    keep("a", "saliency", tile(attribution))
    keep("a", "grad_cam", tile(np.exp(attribution / 2)))
    assert measure()[0] == pytest.approx(0, abs=2e-3)  # float16 joins some ranks


@pytest.mark.parametrize("cells", [(5, 3), (10, 6), GRID])
def test_a_coarse_map_counts_as_it_is_shown(home, cells):
    coarse = np.random.default_rng(5).normal(size=(1, *cells)).astype(np.float32)
    keep("a", "saliency", coarse[0])
    keep("a", "grad_cam", upsample(coarse, SHAPE)[0])
    assert measure()[0] == pytest.approx(0, abs=2e-3)


def test_it_is_the_mean_of_spearmans_correlations_over_pairs(attribution):
    maps = [attribution, attribution**2, np.random.default_rng(4).normal(size=GRID)]
    for method, one in zip(("saliency", "grad_cam", "layer_cam"), maps, strict=True):
        keep("a", method, tile(one))
    table = spearmanr(np.stack([one.ravel() for one in maps], axis=1)).statistic
    assert measure()[0] == pytest.approx(1 - table[np.triu_indices(3, 1)].mean(), abs=2e-3)


def test_one_map_or_two_of_different_questions_are_undefined(attribution):
    keep("a", "saliency", attribution)
    keep("b c/d", "saliency", attribution)
    keep("b c/d", "grad_cam", attribution, target="benign")
    keep("e", "saliency", attribution, pixels="1")
    keep("e", "grad_cam", attribution, pixels="2")
    assert np.isnan(measure()).all()


def test_controls_and_maps_that_say_nothing_do_not_count(attribution):
    keep("a", "saliency", attribution)
    keep("a", "random", -attribution)
    keep("e", "saliency", attribution)
    keep("e", "grad_cam", np.ones(GRID))
    assert np.isnan(measure()).all()
    keep("e", "layer_cam", attribution)
    assert measure()[2] == pytest.approx(0, abs=1e-9)


def test_a_map_that_is_added_or_made_anew_counts_at_once(attribution):
    keep("a", "saliency", attribution)
    assert np.isnan(measure()[0])
    keep("a", "grad_cam", attribution)
    assert measure()[0] == pytest.approx(0, abs=1e-9)
    keep("a", "grad_cam", -attribution)
    assert measure()[0] == pytest.approx(2)


def test_what_did_not_change_is_not_read_again(attribution):
    paths = [keep("a", method, attribution) for method in ("saliency", "grad_cam")]
    os.utime(paths[0].parent, ns=(1, 1))
    first = measure()
    for path in paths:
        path.write_bytes(b"no map")  # which leaves the folder's own time
    np.testing.assert_array_equal(measure(), first)


def test_no_map_costs_no_look_at_the_images(home):
    untouchable = None
    assert find_comparable(untouchable, find_kept_maps(MODEL)) == {}


def test_damaged_files_and_foreign_ones_are_left_out(attribution):
    path = keep("a", "saliency", attribution)
    keep("a", "grad_cam", attribution)
    (path.parent / "layer_cam.npz").write_bytes(b"no map")
    (path.parent.parent / "notes.txt").write_text("mine")
    path.write_bytes(path.read_bytes()[:100])
    assert np.isnan(measure()).all()
