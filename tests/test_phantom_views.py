"""Rendered views: that they agree, that lesions are where masks say, and how their texture is."""

import dataclasses
import itertools

import cv2
import numpy as np
import pytest

from mammo_core.phantom.fields import Frame, power_law_pair
from mammo_core.phantom.lesions import DRAWINGS
from mammo_core.phantom.patient import LESION_KINDS, VIEWS, draw_patient
from mammo_core.phantom.render import render_view
from mammo_core.phantom.scanner import SCANNERS

SMALL = (160, 128)


def patient_with(kind, seed=3, **changes):
    number = next(
        n for n in range(400) if (p := draw_patient(seed, n)).lesion and p.lesion.kind == kind
    )
    return dataclasses.replace(draw_patient(seed, number), **changes)


def spectral_exponent(square, spacing_mm):
    """Minus the slope of log power over log frequency, from a Welch average of windowed parts."""
    side = 64
    window = np.outer(np.hanning(side), np.hanning(side))
    starts = range(0, len(square) - side + 1, side // 2)
    power = np.mean(
        [
            np.abs(np.fft.fft2((part - part.mean()) * window)) ** 2
            for part in (square[i : i + side, j : j + side] for i in starts for j in starts)
        ],
        axis=0,
    )
    f = np.fft.fftfreq(side, spacing_mm)
    radius = np.hypot(f[:, None], f[None, :])
    edges = np.geomspace(3 / (side * spacing_mm), 0.8, 9)
    rings = [(radius >= a) & (radius < b) for a, b in itertools.pairwise(edges)]
    x = [np.log(radius[ring].mean()) for ring in rings]
    y = [np.log(power[ring].mean()) for ring in rings]
    return -np.polyfit(x, y, 1)[0]


def densest_square(view, side):
    """The brightest square that lies inside the breast, below the armpit."""
    mean = cv2.boxFilter(view.gray, -1, (side, side))
    inside = cv2.erode(view.breast.astype(np.uint8), np.ones((side, side)), borderValue=0) > 0
    half = side // 2
    inside[: view.frame.rows // 2 - half // 2] = False  # muscle
    inside[-half:] = inside[:, :half] = inside[:, -half:] = False
    row, column = np.unravel_index(np.argmax(np.where(inside, mean, 0)), mean.shape)
    return view.gray[row - half : row + half, column - half : column + half]


def test_the_spectrum_estimate_finds_a_known_exponent():
    field, _ = power_law_pair(np.random.default_rng(0), (512, 512), 0.35, exponent=3.0, knee_mm=500)
    assert spectral_exponent(field[:256, :256], 0.35) == pytest.approx(3.0, abs=0.2)


def test_texture_in_dense_tissue_has_a_mammographic_spectrum():
    dense = [p for p in (draw_patient(21, n) for n in range(40)) if p.density in "cd"][:10]
    exponents = []
    for patient in dense:
        view = render_view(patient, "L", "CC")
        exponents.append(spectral_exponent(densest_square(view, 96), view.frame.spacing_mm))
    assert 2.5 < np.median(exponents) < 3.3


@pytest.mark.parametrize("kind", LESION_KINDS)
def test_a_lesion_changes_its_mask_and_little_else(kind):
    sick = patient_with(kind)
    well = dataclasses.replace(sick, lesion=None)
    for view in VIEWS:
        seen = render_view(sick, sick.lesion.laterality, view)
        healthy = render_view(well, sick.lesion.laterality, view)
        change = np.abs(seen.gray - healthy.gray)
        assert seen.mask.any()
        assert not seen.mask[~seen.breast].any()
        assert change[seen.mask].mean() > 8 * change[~seen.mask].mean()


@pytest.mark.parametrize("kind", LESION_KINDS)
def test_both_views_agree_on_the_depth_behind_the_nipple(kind):
    patient = patient_with(kind)
    for view in VIEWS:
        seen = render_view(patient, patient.lesion.laterality, view)
        assert seen.nipple[0] - seen.lesion_center[0] == pytest.approx(patient.lesion.depth_mm)
        columns = np.flatnonzero(seen.mask.any(axis=0)) + 0.5
        center = columns.mean() * seen.frame.spacing_mm
        if patient.lesion.laterality == "R":
            center = seen.frame.width_mm - center
        assert center == pytest.approx(seen.lesion_center[0], abs=0.6 * patient.lesion.radius_mm)


def test_every_lesion_leaves_a_mask_even_on_a_small_matrix():
    sick = [p for p in (draw_patient(8, n) for n in range(48)) if p.lesion]
    empty = [
        (patient.patient_id, view)
        for patient in sick
        for view in VIEWS
        if not render_view(patient, patient.lesion.laterality, view, SMALL).mask.any()
    ]
    assert not empty


def test_the_other_breast_has_no_mask():
    patient = patient_with("spiculated_mass")
    other = "R" if patient.lesion.laterality == "L" else "L"
    assert render_view(patient, other, "CC", SMALL).mask is None


def test_left_and_right_lie_at_opposite_walls_and_look_alike():
    alike, strange = [], []
    patients = [draw_patient(4, n) for n in range(8)]
    turned = {}
    for patient in patients:
        right = render_view(patient, "R", "CC", SMALL)
        assert right.breast[:, -1].sum() > right.breast[:, 0].sum() == 0
        turned[patient.number] = cv2.resize(right.gray[:, ::-1].copy(), SMALL[::-1])
    for patient in patients:
        left = cv2.resize(render_view(patient, "L", "CC", SMALL).gray, SMALL[::-1])
        for number, right in turned.items():
            likeness = np.corrcoef(left.ravel(), right.ravel())[0, 1]
            (alike if number == patient.number else strange).append(likeness)
    assert np.median(alike) > np.quantile(strange, 0.9)


def test_denser_breasts_hold_more_bright_tissue():
    patient = dataclasses.replace(draw_patient(6, 0), scanner="selene")
    shares = []
    for density in "abcd":
        view = render_view(dataclasses.replace(patient, density=density), "L", "CC", SMALL)
        shares.append((view.gray[view.breast] > 0.45).mean())
    assert shares == sorted(shares)
    assert shares[-1] > 3 * shares[0]


@pytest.mark.parametrize("scanner", SCANNERS)
def test_air_is_constant_and_values_fit_12_bits(scanner):
    patient = dataclasses.replace(draw_patient(1, 0), scanner=scanner)
    view = render_view(patient, "L", "MLO", SMALL)
    air = view.pixels[~view.breast & (view.gray == 0)]
    assert (air == (4095 if SCANNERS[scanner].inverted else 0)).all()
    assert len(air) > 0.2 * view.pixels.size
    assert view.pixels.max() <= 4095


def test_scanners_have_their_own_matrix_around_the_size_asked_for():
    shapes = {name: scanner.frame((640, 512)).shape for name, scanner in SCANNERS.items()}
    assert shapes == {"selene": (640, 512), "phantomix": (608, 480), "lumigraph": (672, 544)}
    assert {SCANNERS[name].inverted for name in SCANNERS} == {True, False}


@pytest.mark.parametrize("size", [(160, 128), (333, 201), (160, 640)])
def test_any_size_can_be_drawn(size):
    view = render_view(draw_patient(1, 3), "R", "MLO", size)
    assert view.pixels.shape == view.frame.shape
    assert 0.05 < view.breast.mean() < 0.95


def test_the_same_patient_gives_the_same_pixels():
    first, second = (render_view(draw_patient(9, 2), "L", "MLO", SMALL) for _ in range(2))
    assert np.array_equal(first.pixels, second.pixels)
    other = render_view(draw_patient(10, 2), "L", "MLO", SMALL)
    assert first.pixels.shape != other.pixels.shape or (first.pixels != other.pixels).any()


@pytest.mark.parametrize("laterality", "LR")
@pytest.mark.parametrize("view", VIEWS)
def test_the_tag_lies_outside_the_breast_and_nowhere_else(laterality, view):
    for number in range(6):
        patient = draw_patient(13, number)
        plain = render_view(patient, laterality, view, SMALL)
        tagged = render_view(patient, laterality, view, SMALL, has_tag=True)
        changed = plain.pixels != tagged.pixels
        assert 4 < changed.sum() < 0.01 * changed.size
        assert not (changed & plain.breast).any()


def test_each_kind_has_its_drawing():
    assert set(DRAWINGS) == set(LESION_KINDS)


def test_a_frame_spreads_its_grid_over_its_area():
    x, y = Frame(40, 20, 0.5).grid((8, 10))
    assert x[0, 0] == pytest.approx(0.5)
    assert x[0, -1] == pytest.approx(9.5)
    assert y[-1, 0] == pytest.approx(18.75)
