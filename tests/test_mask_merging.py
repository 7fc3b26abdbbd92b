"""The masks of an image's lesions become one, whatever their files are called."""

import numpy as np
import pytest
from layout_trees.masks import write_dicom_picture
from PIL import Image

from mammo_core.datasets.mask_merging import NO_MASK, fit_mask, merge_masks
from mammo_core.errors import UnreadableFile

SHAPE = (80, 64)


def blob(top, left, height=10, width=8, shape=SHAPE):
    mask = np.zeros(shape, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def write_mask(path, mask, **header):
    return write_dicom_picture(path, mask.astype(np.uint8) * 255, **header)


def write_gray(path, shape, **header):
    pixels = np.random.default_rng(len(str(path))).integers(0, 4096, shape).astype(np.uint16)
    return write_dicom_picture(path, pixels, **header)


def test_the_masks_of_all_lesions_are_united(tmp_path):
    one = write_mask(tmp_path / "1.dcm", blob(5, 5))
    two = write_mask(tmp_path / "2.dcm", blob(40, 30))
    np.testing.assert_array_equal(merge_masks([[one], [two]], SHAPE), blob(5, 5) | blob(40, 30))


@pytest.mark.parametrize("described", [True, False])
@pytest.mark.parametrize("crop_first", [True, False])
def test_a_mask_is_found_beside_its_crop_by_description_or_picture(tmp_path, described, crop_first):
    words = ("ROI mask images", "cropped images") if described else ("", "")
    mask = write_mask(tmp_path / "a.dcm", blob(5, 5), SeriesDescription=words[0])
    crop = write_gray(tmp_path / "b.dcm", (32, 32), SeriesDescription=words[1])
    files = [crop, mask] if crop_first else [mask, crop]
    np.testing.assert_array_equal(merge_masks([files], SHAPE), blob(5, 5))


@pytest.mark.parametrize("crop_first", [True, False])
def test_of_two_pictures_that_may_be_the_mask_the_description_names_it(tmp_path, crop_first):
    mask = write_mask(tmp_path / "a.dcm", blob(5, 5), SeriesDescription="ROI mask images")
    crop = write_mask(tmp_path / "b.dcm", blob(9, 9), SeriesDescription="cropped images")
    files = [crop, mask] if crop_first else [mask, crop]
    np.testing.assert_array_equal(merge_masks([files], SHAPE), blob(5, 5))


def test_a_description_that_the_picture_belies_is_not_believed(tmp_path):
    mask = write_mask(tmp_path / "a.dcm", blob(5, 5), SeriesDescription="cropped images")
    crop = write_gray(tmp_path / "b.dcm", SHAPE, SeriesDescription="ROI mask images")
    np.testing.assert_array_equal(merge_masks([[crop, mask]], SHAPE), blob(5, 5))


def test_a_black_and_white_crop_is_no_mask_of_the_image(tmp_path):
    crop = write_mask(tmp_path / "a.dcm", blob(5, 5, shape=(40, 64)))
    with pytest.raises(UnreadableFile, match=NO_MASK):
        merge_masks([[crop]], SHAPE)


@pytest.mark.parametrize("factor", [2, 3])
def test_a_mask_of_another_size_is_brought_to_the_images_grid(tmp_path, factor):
    large = np.kron(blob(5, 5), np.ones((factor, factor), bool))
    file = write_mask(tmp_path / "a.dcm", large)
    np.testing.assert_array_equal(merge_masks([[file]], SHAPE), blob(5, 5))


def test_enlarging_a_mask_repeats_its_pixels():
    small = np.random.default_rng(0).random((5, 4)) > 0.5
    np.testing.assert_array_equal(fit_mask(small, (15, 12)), np.kron(small, np.ones((3, 3), bool)))


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [
        *((suffix, mode) for suffix in (".png", ".tif") for mode in ("1", "L", "RGB", "RGBA")),
        *((".jpg", mode) for mode in ("L", "RGB")),
    ],
)
def test_masks_may_be_pictures_with_or_without_channels(tmp_path, suffix, mode):
    mask = blob(8, 8, 32, 24)
    file = tmp_path / f"mask{suffix}"
    Image.fromarray(mask.astype(np.uint8) * 255).convert(mode).save(file)
    np.testing.assert_array_equal(merge_masks([[file]], SHAPE), mask)


def test_a_lesion_without_mask_leaves_the_image_without_one(tmp_path):
    there = write_mask(tmp_path / "1.dcm", blob(5, 5))
    damaged = tmp_path / "2.dcm"
    damaged.write_bytes(there.read_bytes()[:400])
    empty = write_mask(tmp_path / "3.dcm", blob(0, 0, 0, 0))
    for files in ([], [damaged], [empty], [tmp_path / "absent.dcm"]):
        with pytest.raises(UnreadableFile, match=NO_MASK):
            merge_masks([[there], files], SHAPE)


def test_no_lesion_is_an_empty_mask():
    assert not merge_masks([], SHAPE).any()
