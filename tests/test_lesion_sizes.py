"""How large marked lesions are."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from standin_home import write_dataset

from mammo_core.datasets import load_dataset
from mammo_core.datasets.lesion_sizes import can_measure, read_lesion_sizes


@pytest.fixture
def folder(home):
    """Twelve images of three patients; the mask of those with a lesion covers 15 x 10 pixels."""
    write_dataset(home / ".mammo" / "datasets" / "exams", 3, 0)
    return home / ".mammo" / "datasets" / "exams"


def give_spacings(folder, spacings):
    index = pd.read_parquet(folder / "index.parquet")
    index["pixel_spacing_mm"] = spacings(index)
    index.attrs["fingerprint"] = "0123456789ab"
    index.to_parquet(folder / "index.parquet")


def test_the_area_of_a_mask_is_its_pixels_times_their_area(folder):
    give_spacings(folder, lambda index: np.where(index["view"] == "CC", 0.1, 0.2))
    sizes = read_lesion_sizes(load_dataset(folder))
    index = load_dataset(folder).index.set_index("image_id")
    assert set(sizes) == set(index[index["mask_path"].notna()].index)
    for name, size in sizes.items():
        assert size == pytest.approx(150 * (0.01 if index.loc[name, "view"] == "CC" else 0.04))


def test_an_image_without_spacing_has_no_size(folder):
    give_spacings(folder, lambda index: np.where(index["view"] == "CC", 0.1, np.nan))
    assert all("CC" in name for name in read_lesion_sizes(load_dataset(folder)))


def test_masks_are_read_once_and_again_only_when_the_dataset_has_changed(folder):
    give_spacings(folder, lambda index: 0.1)
    dataset = load_dataset(folder)
    first = read_lesion_sizes(dataset)
    Image.fromarray(np.zeros((80, 64), np.uint8)).save(folder / "images" / "mask.png")
    assert read_lesion_sizes(dataset) == first
    dataset.card["fingerprint"] = "another"
    assert set(read_lesion_sizes(dataset).values()) == {0.0}


@pytest.mark.parametrize(("spacing", "can"), [(0.1, True), (np.nan, False)])
def test_that_sizes_can_be_told_is_read_from_the_footer(folder, spacing, can):
    give_spacings(folder, lambda index: spacing)
    assert can_measure(folder) is can
