"""What a model is given of a case, and how its map finds the way back to the image's own grid."""

import numpy as np
import pandas as pd
import pytest

from mammo_core.config import to_mapping
from mammo_core.model_input import ModelInput, find_other_view, input_of_case, shape_input
from mammo_core.model_store import StoredModel
from mammo_core.pixels import prepare_one
from mammo_core.placement import place
from mammo_core.preprocess import Preprocess

SAMPLE = "sample_data"
SIZE = (64, 48)


def make_model(tmp_path, shape, views=()):
    card = {
        "architecture": "test_net",
        "input_shape": list(shape),
        "preprocessing": to_mapping(Preprocess(size=SIZE)),
    }
    return StoredModel(tmp_path, card | ({"views": list(views)} if views else {}))


@pytest.fixture(scope="module")
def sample():
    from mammo_core.datasets import load_dataset

    return load_dataset(SAMPLE)


@pytest.fixture(scope="module")
def pair(sample):
    """(CC, MLO) ids of one breast of the sample."""
    index = sample.index
    breast = index[
        index["patient_id"].eq(index["patient_id"].iloc[0]) & index["laterality"].eq("L")
    ]
    return tuple(breast[breast["view"] == view]["image_id"].iloc[0] for view in ("CC", "MLO"))


def test_channels_hold_the_same_gray_image(tmp_path):
    image = np.random.default_rng(0).random(SIZE).astype(np.float32)
    shaped = shape_input(make_model(tmp_path, (*SIZE, 3)), image)
    assert shaped.shape == (*SIZE, 3)
    np.testing.assert_array_equal(shaped, np.stack([image] * 3, axis=-1))


def test_the_other_view_is_of_the_same_breast(sample, pair):
    cc, mlo = pair
    assert find_other_view(sample.index, cc) == (mlo, "CC")
    assert find_other_view(sample.index, mlo) == (cc, "MLO")
    alone = sample.index[sample.index["image_id"] == cc]
    assert find_other_view(pd.DataFrame(alone), cc) == (None, "CC")


def test_both_views_of_a_breast_are_given_in_one_order_whichever_is_asked(tmp_path, sample, pair):
    stored = make_model(tmp_path, (64, 96, 1), ("CC", "MLO"))
    given = [input_of_case(stored, sample, image_id).image for image_id in pair]
    np.testing.assert_array_equal(*given)
    for image_id, half in zip(pair, np.split(given[0][..., 0], 2, axis=1), strict=True):
        alone = prepare_one(sample.file_of(image_id), stored.preprocess).image
        np.testing.assert_array_equal(half, alone)


def test_a_map_goes_back_to_the_image_from_its_own_half(tmp_path, sample, pair):
    stored = make_model(tmp_path, (64, 96, 1), ("CC", "MLO"))
    on_the_left = np.zeros((64, 96), np.float32)
    on_the_left[:, :48] = 1
    cc, mlo = (input_of_case(stored, sample, image_id) for image_id in pair)
    assert cc.to_image(on_the_left).max() > 0.9
    assert mlo.to_image(on_the_left).max() == 0


def test_a_single_view_keeps_its_whole_map(sample, pair):
    placement = prepare_one(sample.file_of(pair[0]), Preprocess(size=SIZE)).placement
    row = sample.index.set_index("image_id").loc[pair[0]]
    whole = ModelInput(np.zeros((*SIZE, 1), np.float32), placement)
    assert whole.to_image(np.ones((8, 6), np.float32)).shape == (row["rows"], row["columns"])


@pytest.mark.parametrize("most", [40, 100, 5000])
@pytest.mark.parametrize("flip", [False, True])
def test_a_thumbnail_has_each_place_where_the_images_own_grid_has_it(flip, most):
    where = place((500, 400), (60, 460, 20, 320), flip=flip, size=SIZE)
    given = ModelInput(np.zeros((*SIZE, 1), np.float32), where)
    for row, column in ((5, 3), (33, 20), (60, 40)):
        attribution = np.zeros(SIZE, np.float32)
        attribution[row, column] = -7
        small, large = given.to_thumbnail(attribution, most), given.to_image(attribution)
        assert max(small.shape) <= most
        assert small.min() == -7 or most > max(SIZE)  # finer than the map it is drawn between cells
        centers = [
            (np.argwhere(one == one.min()).mean(axis=0) + 0.5) / one.shape for one in (small, large)
        ]
        np.testing.assert_allclose(*centers, atol=1.5 / min(small.shape))


def test_zones_tell_breast_air_and_what_is_not_of_the_image(tmp_path, sample, pair):
    single = input_of_case(make_model(tmp_path, (*SIZE, 1)), sample, pair[1])
    hung = input_of_case(make_model(tmp_path, (64, 96, 1), ("CC", "MLO")), sample, pair[1])
    seen = single.placement.scaled_rows * single.placement.scaled_columns
    assert (single.zones > 0).sum() == seen
    assert (single.image[single.zones == 0] == 0).all()
    assert (single.image[single.zones == 2] > 0).mean() > 0.9
    np.testing.assert_array_equal(hung.zones[:, 48:], single.zones)
    assert not hung.zones[:, :48].any()
