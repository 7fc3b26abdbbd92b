"""What is burned in beside the breast is found; the breast, the film's edge and noise are not."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mammo_core.breast import find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.markers import find_markers
from mammo_core.phantom.patient import draw_patient
from mammo_core.phantom.render import render_view
from mammo_core.types import Mammogram

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data" / "dicom"


def make_breast(rows=800, columns=600):
    """A textured half ellipse at the left side, in air."""
    down, across = np.mgrid[:rows, :columns]
    inside = ((down - rows / 2) / (0.4 * rows)) ** 2 + (across / (0.55 * columns)) ** 2 < 1
    grain = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(rows, columns)), (0, 0), 6)
    return np.where(inside, np.clip(0.5 + grain, 0.2, 0.9), 0).astype(np.float32)


def mark(pixels):
    """The boxes on an image."""
    pixels = np.ascontiguousarray(pixels, dtype=np.float32)
    return find_markers(Mammogram(pixels), find_breast(pixels))


def cover(boxes, shape):
    covered = np.zeros(shape, bool)
    for box in boxes:
        covered[box.top : box.bottom, box.left : box.right] = True
    return covered


def write(pixels, text, row, column, size=1.2):
    """The image with letters, and where their ink is."""
    ink = np.zeros(pixels.shape, np.uint8)
    cv2.putText(ink, text, (column, row), cv2.FONT_HERSHEY_SIMPLEX, size, 255, 3, cv2.LINE_AA)
    return np.maximum(pixels, ink / np.float32(255)), ink > 127


def test_a_breast_in_plain_air_has_no_marker():
    assert mark(make_breast()) == []


def test_letters_of_a_word_are_one_marker_that_covers_their_ink():
    pixels, ink = write(make_breast(), "LCC", 100, 450)
    boxes = mark(pixels)
    assert len(boxes) == 1
    assert not (ink & ~cover(boxes, pixels.shape)).any()


def test_two_markers_far_apart_are_two_from_above():
    pixels, _ = write(make_breast(), "LCC", 100, 450)
    pixels, _ = write(pixels, "AB", 700, 480)
    tops = [box.top for box in mark(pixels)]
    assert len(tops) == 2
    assert tops == sorted(tops)


@pytest.mark.parametrize("gray", [0.3, 0.6, 1.0])
def test_a_plate_is_found_whatever_its_gray(gray):
    pixels = make_breast()
    pixels[60:140, 430:560] = gray
    (box,) = mark(pixels)
    assert (box.top, box.bottom, box.left, box.right) == pytest.approx((60, 140, 430, 560), abs=4)


def test_what_a_frame_encloses_belongs_to_it():
    pixels, _ = write(make_breast(), "R", 130, 480)
    frame = cv2.rectangle(pixels.copy(), (440, 60), (560, 160), 1.0, 2)
    assert len(mark(frame)) == 1


def test_mirroring_the_image_mirrors_the_markers():
    pixels, _ = write(make_breast(), "LCC", 100, 450)
    (box,), (mirrored,) = mark(pixels), mark(pixels[:, ::-1])
    columns = pixels.shape[1]
    assert mirrored.left == pytest.approx(columns - box.right, abs=2)
    assert mirrored.right == pytest.approx(columns - box.left, abs=2)


def test_markers_are_boxed_in_the_images_own_pixels():
    pixels, ink = write(make_breast(1600, 1200), "LCC", 200, 940, size=2.6)
    covered = cover(mark(pixels), pixels.shape)
    assert (covered & ink).sum() >= 0.99 * ink.sum()
    assert covered.sum() < 4 * ink.sum() + 20_000


def test_noise_dust_shades_and_the_films_edge_are_no_markers():
    pixels = make_breast()
    rng = np.random.default_rng(1)
    noisy = pixels + rng.normal(0, 0.01, pixels.shape)
    noisy[rng.integers(0, 800, 30), rng.integers(450, 600, 30)] = 1
    assert mark(np.clip(noisy, 0, 1)) == []
    shade = np.exp(-(((np.mgrid[:800, :600] - [[[150]], [[500]]]) / 60) ** 2).sum(axis=0))
    assert mark(np.maximum(pixels, 0.5 * shade)) == []
    edged = pixels.copy()
    edged[:, -12:] = 1
    assert mark(edged) == []


def test_skin_folds_at_the_chest_wall_are_no_markers():
    pixels = make_breast()
    pixels[770:, :40] = 0.8
    assert mark(pixels) == []


def test_a_plate_is_found_though_a_strip_joins_it_to_the_breast():
    pixels = make_breast()
    pixels[60:140, 430:560] = 0.9
    pixels[60:90, 20:430] = 0.3
    pixels[60:400, 20:60] = np.maximum(pixels[60:400, 20:60], 0.3)
    covered = cover(mark(pixels), pixels.shape)
    assert covered[60:140, 430:560].all()


def test_a_thin_strip_along_a_side_of_the_film_is_no_marker():
    pixels = make_breast()
    pixels[:8, 350:560] = 1
    assert mark(pixels) == []


def test_a_picture_that_the_breast_fills_has_none():
    assert mark(np.full((300, 200), 0.5)) == []


@pytest.mark.parametrize("name", ["S00000_LCC", "S00003_RMLO", "S00008_RCC", "S00011_LMLO"])
def test_the_samples_view_markers_are_found_once_each(name):
    mammogram = read_mammogram(SAMPLE / name[:6] / f"{name}.dcm")
    (box,) = find_markers(mammogram, find_breast(mammogram.pixels))
    assert box.bottom < 0.15 * mammogram.rows


@pytest.mark.parametrize(("laterality", "view"), [("L", "CC"), ("R", "MLO")])
def test_the_tag_that_betrays_the_label_is_covered(laterality, view):
    patient = draw_patient(99, 4)
    plain, tagged = (
        render_view(patient, laterality, view, has_tag=has_tag).gray for has_tag in (False, True)
    )
    tag = tagged - plain > 0.5
    assert tag.any()
    assert not (tag & cover(mark(plain), tag.shape)).any()
    assert (tag & ~cover(mark(tagged), tag.shape)).sum() <= 0.02 * tag.sum()


@pytest.mark.real
def test_real_digital_mammograms_carry_their_view_marker(real_data):
    marked = {
        file.stem[-2:]: bool(find_markers(image, find_breast(image.pixels)))
        for file in sorted((real_data / "mayo_density").glob("*.jpg"))
        if (image := read_mammogram(file))
    }
    assert [name for name, has_one in marked.items() if not has_one] == ["D1"]  # it has none


@pytest.mark.real
def test_a_film_whose_labels_were_cleaned_has_none_and_one_that_kept_its_plate_has(real_data):
    for name, has_plate in (
        *(("mdb001", False), ("mdb033", False), ("mdb047", False)),
        *(("mdb075", True), ("mdb147", True)),
    ):
        film = read_mammogram(real_data / "mini_mias" / f"{name}.jpg")
        assert bool(find_markers(film, find_breast(film.pixels))) == has_plate
