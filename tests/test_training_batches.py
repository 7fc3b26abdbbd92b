"""Batches hold what the settings ask for: channels, shares of classes, balance, moved patches."""

import numpy as np
import pytest

from mammo_core.training.batches import ImageBatches, make_patch_batches
from mammo_core.training.checkpoint import RunState
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.data import TrainingData, repeat_gray
from mammo_core.training.loop import run_stages
from mammo_core.types import no_progress

CLASSES = ("normal", "benign", "malignant")
LABELS = np.array([0] * 18 + [1] * 8 + [2] * 4 + [0, 1, 2])
SETTINGS = {
    "recipe": "patch_to_image",
    "image_size": (64, 48),
    "patch_size": 32,
    "patch_batch_size": 8,
    "patches_a_lesion": (1, 1),
    "batch_size": 8,
}


def make_data(pixels, channels=1):
    def read_mask(position):
        return (pixels[position] > 40_000).astype(np.float32)

    with_lesion = frozenset(map(int, np.flatnonzero(LABELS[:30])))
    splits = np.arange(30), np.arange(30, 33)
    return TrainingData(pixels, LABELS, *splits, CLASSES, with_lesion, read_mask, channels)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """33 gray images with a bright lesion where there is one, read from a file."""
    rng = np.random.default_rng(0)
    pixels = rng.uniform(12_000, 20_000, (33, 64, 48)).astype(np.uint16)
    for image in np.flatnonzero(LABELS):
        row, column = rng.integers(12, 52), rng.integers(12, 36)
        pixels[image, row - 4 : row + 5, column - 4 : column + 5] = 60_000
    file = tmp_path_factory.mktemp("pixels") / "pixels.npy"
    np.save(file, pixels)
    return make_data(np.load(file, mmap_mode="r"))


def join(batches):
    """[images, labels, weights] of a whole epoch."""
    return [np.concatenate(parts) for parts in zip(*batches, strict=True)]


def make_patches(data, config):
    return make_patch_batches(data, config, (4, 4))


def epoch(data, number=0, **settings):
    config = TrainingConfiguration(**SETTINGS | settings)
    return join(ImageBatches(data, config).epoch(number))


def patch_epoch(data, number=0, **settings):
    config = TrainingConfiguration(**SETTINGS | settings)
    return join(make_patches(data, config).epoch(number))


@pytest.mark.parametrize("make", [epoch, patch_epoch])
@pytest.mark.parametrize("augmentation", ["none", "standard", "strong"])
class TestEveryBatch:
    def test_holds_single_precision_in_the_range(self, make, augmentation, data):
        images, labels, weights = make(data, augmentation=augmentation)
        assert (images.dtype, weights.dtype) == (np.float32, np.float32)
        assert 0 <= images.min() < images.max() <= 1
        assert len(images) == len(labels) == len(weights)

    def test_is_the_same_for_one_seed_and_epoch(self, make, augmentation, data):
        one, again, later = (make(data, number, augmentation=augmentation) for number in (3, 3, 4))
        for a, b in zip(one, again, strict=True):
            np.testing.assert_array_equal(a, b)
        assert not np.array_equal(one[0], later[0])

    def test_three_channels_hold_the_one_image(self, make, augmentation, data):
        gray = make(data, augmentation=augmentation)[0]
        colored = make(make_data(data.pixels, channels=3), augmentation=augmentation)[0]
        np.testing.assert_array_equal(colored, np.repeat(gray, 3, axis=-1))


@pytest.mark.parametrize("make", [ImageBatches, make_patches])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_become_a_tensor_without_a_copy(make, channels, data):
    from mammo_core.training.step import place_images

    for batch in make(make_data(data.pixels, channels), TrainingConfiguration(**SETTINGS)).epoch(0):
        tensor = place_images(batch)[0]
        np.testing.assert_array_equal(tensor.numpy(), batch[0])
        batch[0][:] = 7
        assert (tensor.numpy() == 7).all()


def test_images_that_begin_anywhere_become_the_same_tensor():
    from mammo_core.training.step import place_images

    room = np.arange(2 * 8 * 8 + 16, dtype=np.float32)
    for first in range(16):
        images = room[first : first + 128].reshape(2, 8, 8, 1)
        tensor = place_images((images, np.zeros(2, np.int64), np.ones(2, np.float32)))[0]
        np.testing.assert_array_equal((tensor + 1).numpy(), images + 1)


def test_validation_has_the_channels_of_the_model(data):
    colored = make_data(data.pixels, channels=3).images(data.val)
    assert colored.shape == (3, 64, 48, 3)
    np.testing.assert_array_equal(colored, np.repeat(data.images(data.val), 3, axis=-1))


def test_one_channel_is_not_copied():
    images = np.zeros((2, 8, 8), np.float32)
    assert np.shares_memory(repeat_gray(images, 1), images)


def test_labels_are_classes_without_mixup_and_shares_with_it(data):
    classes, shares = epoch(data)[1], epoch(data, augmentation="standard,mixup:1")[1]
    assert (classes.shape, classes.dtype) == ((30,), np.int64)
    assert (shares.shape, shares.dtype) == ((30, 3), np.float32)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert ((shares > 0).sum(axis=1) > 1).any()


def test_patches_are_neither_interpolated_nor_mixed_nor_hidden(data):
    texts = ("flip", "flip,rotate,scale,shift,elastic,mixup,cutout")
    plain, more = (patch_epoch(data, augmentation=text) for text in texts)
    for a, b in zip(plain, more, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("imbalance", ["class_weights", "balanced_sampling"])
def test_every_class_has_the_same_mass_in_an_epoch(imbalance, data):
    _, labels, weights = epoch(data, imbalance=imbalance)
    np.testing.assert_allclose(np.bincount(labels, weights), 10, rtol=1e-5)


def test_without_a_strategy_every_image_counts_once(data):
    _, labels, weights = epoch(data, imbalance="none")
    np.testing.assert_array_equal(np.bincount(labels), [18, 8, 4])
    assert (weights == 1).all()


def test_masks_are_read_once_and_kept_small(data):
    read = []
    counted = TrainingData(
        *(data.pixels, data.labels, data.train, data.val, CLASSES, data.with_lesion),
        read_mask=lambda position: read.append(position) or data.read_mask(position),
    )
    batches = make_patch_batches(counted, TrainingConfiguration(**SETTINGS), (4, 4))
    for number in range(3):
        list(batches.epoch(number))
    assert sorted(read) == sorted(data.with_lesion)
    assert all(mask.values.nbytes <= 9 * 9 for mask in batches.masks.values())


def test_all_of_it_trains_together(data, tmp_path):
    config = TrainingConfiguration(
        **SETTINGS
        | {"patch_epochs": 1, "epochs": 1, "channels": 3, "imbalance": "balanced_sampling"},
        loss="focal",
        label_smoothing=0.1,
        augmentation="strong",
    )
    state = RunState()
    colored = make_data(data.pixels, channels=3)
    model = run_stages(tmp_path, colored, config, state, no_progress)
    assert [row["stage"] for row in state.rows] == ["patches", "images"]
    assert all(np.isfinite(row["loss"]) and row["loss"] > 0 for row in state.rows)
    assert model.input_shape == (None, 64, 48, 3)
