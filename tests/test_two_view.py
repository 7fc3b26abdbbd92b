"""A two-view network takes both views of a breast for what they are, and trains on breasts."""

import numpy as np
import pytest

from mammo_core.architectures import build_architecture
from mammo_core.errors import BadConfiguration
from mammo_core.training.configuration import TrainingConfiguration

VIEW = (64, 48)


@pytest.fixture(scope="module")
def network():
    return build_architecture("two_view", (64, 96, 1), 3)


def hang(cc, mlo):
    return np.concatenate([cc, mlo], axis=1)[None, ..., None]


def views(seed=0):
    return np.random.default_rng(seed).random((2, *VIEW)).astype(np.float32) + 0.1


def test_before_it_has_learnt_both_views_count_the_same(network):
    """Its trunk sees a few pixels across the seam, so that only nearly the same comes out."""
    cc, mlo = views()
    np.testing.assert_allclose(network(hang(cc, mlo)), network(hang(mlo, cc)), atol=2e-3)


def test_an_absent_view_leaves_the_other_its_say(network):
    cc, mlo = views()
    black = np.zeros_like(cc)
    alone = np.asarray(network(hang(cc, black)))
    twice = np.asarray(network(hang(cc, cc)))
    np.testing.assert_allclose(alone, twice, atol=2e-3)
    assert np.abs(alone - np.asarray(network(hang(black, mlo)))).max() > 1e-6


def test_views_that_do_not_fall_on_whole_positions_are_refused():
    with pytest.raises(BadConfiguration, match="multiple of 8 columns"):
        build_architecture("two_view", (64, 90, 1), 3)


def test_patches_are_no_breasts():
    with pytest.raises(BadConfiguration, match="begin with weights=THAT MODEL"):
        TrainingConfiguration(architecture="two_view", recipe="patch_to_image")


def test_attention_over_both_views_is_refused():
    with pytest.raises(BadConfiguration, match="'pooling' must be one of logsumexp, mean"):
        build_architecture("two_view", (64, 96, 1), 3, pooling="attention")
