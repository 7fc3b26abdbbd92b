"""Augmentation keeps a mammogram a mammogram."""

import numpy as np
import pytest

from mammo_core.augmentation import AUGMENTATIONS, CHANGES, augment, read_augmentation
from mammo_core.errors import BadConfiguration


@pytest.fixture
def image():
    picture = np.zeros((48, 32, 1), np.float32)
    picture[8:40, :20] = np.random.default_rng(0).uniform(0.2, 0.9, (32, 20, 1))
    return picture


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_keeps_shape_range_and_its_input(name, image):
    before = image.copy()
    changed = CHANGES[name].apply(image, np.random.default_rng(1))
    assert changed.shape == image.shape
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 1
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("name", CHANGES)
def test_the_chest_wall_stays_on_its_side(name, image):
    for seed in range(8):
        changed = CHANGES[name].apply(image, np.random.default_rng(seed))
        assert changed[:, :16].sum() > 2 * changed[:, 16:].sum()


@pytest.mark.parametrize("name", ["intensity", "noise"])
def test_air_stays_air(name, image):
    changed = CHANGES[name].apply(image, np.random.default_rng(2))
    assert (changed[image == 0] == 0).all()


def test_a_mask_moves_with_its_image_and_is_not_changed_otherwise(image):
    both = np.concatenate([image, (image > 0.5).astype(np.float32)], axis=-1)[None]
    changes = read_augmentation("flip,intensity,noise")
    for seed in range(6):
        changed = augment(both, changes, np.random.default_rng(seed), n_channels=1)[0]
        mask = changed[..., 1]
        assert set(np.unique(mask)) == {0.0, 1.0}
        assert changed[..., 0][mask == 1].min() > changed[..., 0][(mask == 0)].mean()


def test_one_seed_gives_one_answer(image):
    changes = read_augmentation("standard")
    batch = np.stack([image, image])
    a, b, c = (augment(batch, changes, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(a, b)
    assert np.abs(a - c).max() > 0.01


def test_none_changes_nothing(image):
    batch = image[None]
    assert augment(batch, read_augmentation("none"), np.random.default_rng(0)) is batch


def test_names_can_be_listed_and_unknown_ones_are_refused():
    assert read_augmentation("flip,noise") == (CHANGES["flip"], CHANGES["noise"])
    assert set().union(*AUGMENTATIONS.values()) <= set(CHANGES)
    with pytest.raises(BadConfiguration, match=r"augmentation.*'mirror'"):
        read_augmentation("mirror")
