"""Finding the breast: half disks drawn with a known outline, in the way of what films show."""

import numpy as np
import pytest

from mammo_core.breast import bounding_box, find_breast, shrink


def half_disk(rows=512, columns=400, radius=180, air=0.0):
    """(image, its true mask): tissue brightest at the wall, chest wall on the left."""
    y, x = np.mgrid[:rows, :columns]
    distance = np.hypot(y - rows / 2 + 0.5, x + 0.5)
    mask = distance < radius
    tissue = 0.25 + 0.6 * (1 - distance / radius)
    return np.where(mask, tissue, air).astype(np.float32), mask


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


def test_a_drawn_breast_is_found_to_the_pixel_of_the_small_copy():
    image, truth = half_disk()
    breast = find_breast(image)
    assert overlap(breast.mask, truth) > 0.97
    assert breast.chest_wall == "left"


def test_mirroring_the_image_mirrors_the_breast():
    image, truth = half_disk()
    breast = find_breast(np.ascontiguousarray(image[:, ::-1]))
    assert breast.chest_wall == "right"
    assert overlap(breast.mask[:, ::-1], truth) > 0.97


def test_a_label_and_a_bright_film_edge_are_left_out():
    image, truth = half_disk()
    image[20:60, 300:360] = 1
    image[:, -6:] = 1
    breast = find_breast(image)
    assert overlap(breast.mask, truth) > 0.97
    assert breast.box[3] <= 190


def test_a_tape_across_the_top_is_torn_off():
    image, truth = half_disk(radius=240)
    image[16:20, :] = 0.9
    assert overlap(find_breast(image).mask, truth) > 0.95


def test_gray_noisy_air_is_not_taken_for_breast():
    image, truth = half_disk(air=0.12)
    noise = np.random.default_rng(0).normal(0, 0.02, image.shape).astype(np.float32)
    assert overlap(find_breast(np.clip(image + noise, 0, 1)).mask, truth) > 0.95


def test_dark_fat_behind_the_skin_belongs_to_the_breast():
    image, truth = half_disk()
    y, x = np.mgrid[:512, :400]
    distance = np.hypot(y - 255.5, x + 0.5)
    image[(distance > 150) & (distance < 174)] = 0.02
    assert overlap(find_breast(image).mask, truth) > 0.95


def test_air_beside_the_chest_wall_changes_nothing():
    image, _ = half_disk()
    padded = np.pad(image, ((0, 0), (100, 0)))
    breast = find_breast(padded)
    assert breast.chest_wall == "left"
    assert breast.box[2] == pytest.approx(100, abs=3)


def test_the_box_is_half_open_around_the_mask():
    breast = find_breast(half_disk()[0])
    top, bottom, left, right = bounding_box(breast.mask)
    assert breast.box[0] <= top
    assert breast.box[1] >= bottom
    assert breast.box[2] <= left
    assert breast.box[3] >= right
    assert breast.mask.dtype == bool


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_blank_picture_is_its_own_breast(value):
    breast = find_breast(np.full((100, 80), value, np.float32))
    assert breast.mask.all()
    assert breast.box == (0, 100, 0, 80)


def test_a_small_image_is_not_enlarged():
    image = np.zeros((40, 30), np.float32)
    assert shrink(image, 256) is image


@pytest.mark.real
def test_the_side_of_every_film_is_found(real_data):
    from mammo_core.dicom import read_mammogram

    wrong = [
        path.stem
        for path in sorted((real_data / "mini_mias").glob("*.jpg"))
        if (find_breast(read_mammogram(path).pixels).chest_wall == "right")
        != bool(int(path.stem[3:]) % 2)
    ]
    assert not wrong
