"""Zones share out the picture; blanking takes away one part and nothing else."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mammo_core.audit.blanking import BLANKED, blank_images
from mammo_core.audit.pectoral import find_pectoral
from mammo_core.audit.shares import measure_areas, measure_shares
from mammo_core.audit.zones import BREAST, ZONES, find_border, find_zones, list_zone, mark_zones
from mammo_core.phantom.geometry import build_shape
from mammo_core.phantom.patient import draw_patient
from mammo_core.phantom.render import SCANNERS, render_view
from mammo_core.preprocess import Preprocess
from mammo_core.types import Mammogram

STORED = SimpleNamespace(preprocess=Preprocess(size=(96, 64), crop=False, background="keep"))


@pytest.fixture(scope="module")
def film():
    """A half disc at the left edge with a lesion, and a bright plate in the upper right corner."""
    rows, columns = np.mgrid[:300, :200]
    inside = ((rows - 150) / 120) ** 2 + (columns / 120) ** 2 < 1
    texture = np.random.default_rng(0).normal(0.5, 0.05, inside.shape)
    pixels = np.where(inside, texture, 0).astype(np.float32)
    pixels[25:45, 150:185] = 1
    lesion = np.hypot(rows - 150, columns - 60) < 15
    return pixels, lesion


@pytest.fixture(scope="module")
def marked(film):
    pixels, lesion = film
    return mark_zones(STORED, Mammogram(pixels), "CC", lesion)


def test_every_zone_that_is_there_is_found_where_it_is(marked):
    zones, breast = marked
    assert list_zone(zones, "lesion")[48, 19]
    assert list_zone(zones, "markers")[11, 53]
    assert list_zone(zones, "parenchyma")[48, 30]
    assert list_zone(zones, "air")[80, 50]
    assert (list_zone(zones, "border") == find_border(zones.shape)).all()
    assert breast[48, 19]
    assert not breast[11, 53]


def test_of_two_views_that_hang_side_by_side_each_has_its_zones(film, marked, monkeypatch):
    class Exams:
        index = pd.DataFrame(
            {
                "image_id": ["a", "b"],
                "patient_id": ["P", "P"],
                "exam_id": ["E", "E"],
                "laterality": ["L", "L"],
                "view": ["CC", "MLO"],
            }
        )

        def file_of(self, image_id):
            return image_id

        def read_mask(self, image_id):
            return film[1] if image_id == "a" else None

    monkeypatch.setattr("mammo_core.audit.zones.read_mammogram", lambda path: Mammogram(film[0]))
    stored = SimpleNamespace(preprocess=STORED.preprocess, views=("CC", "MLO"))
    zones, breast = find_zones(stored, Exams(), "a")
    assert (zones[:, :64] == marked[0]).all()
    assert (breast[:, :64] == breast[:, 64:]).all()
    assert not list_zone(zones[:, 64:], "lesion").any()


def test_zones_share_out_the_picture(marked):
    areas = measure_areas(*marked)
    assert sum(areas[name] for name in ZONES) == pytest.approx(1, abs=1e-4)
    assert areas[BREAST] == pytest.approx(marked[1].mean(), abs=1e-5)


def test_the_shares_of_a_flat_map_are_the_areas(marked):
    shares, areas = measure_shares(np.ones((96, 64), np.float32), *marked), measure_areas(*marked)
    there = [name for name in ZONES if shares[name] is not None]
    assert "pectoral" not in there
    assert [shares[name] for name in there] == pytest.approx([areas[name] for name in there])


def test_a_map_that_lies_in_one_zone_has_all_of_its_evidence_there(marked):
    zones, breast = marked
    attribution = np.where(list_zone(zones, "markers"), 2.0, -1.0).astype(np.float32)
    shares = measure_shares(attribution, zones, breast)
    assert (shares["markers"], shares["lesion"], shares[BREAST]) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_a_map_without_positive_evidence_has_no_shares(marked, value):
    shares = measure_shares(np.full((96, 64), value, np.float32), *marked)
    assert set(shares.values()) == {None}


def test_blanking_replaces_its_part_by_the_background_and_nothing_else(marked):
    zones, breast = marked
    image = np.random.default_rng(0).uniform(0.2, 1, (96, 64, 1)).astype(np.float32)
    image[list_zone(zones, "air")] = 0.1
    parts = {"outside": ~breast, "markers": list_zone(zones, "markers"), "breast": breast}
    versions = blank_images(image, zones, breast)
    for name, part in parts.items():
        assert (versions[name][part] == np.float32(0.1)).all()
        assert (versions[name][~part] == image[~part]).all()
    assert (versions["pectoral"] == image).all()  # a CC view shows none
    assert set(versions) == set(BLANKED)


@pytest.mark.parametrize("number", range(4))
def test_the_muscle_of_made_oblique_views_is_found(number):
    patient = draw_patient(7, number, 0.2)
    shape = build_shape(patient, "L", "MLO", SCANNERS[patient.scanner].frame((192, 160)))
    gray = render_view(patient, "L", "MLO", (192, 160)).gray.astype(np.float32)
    breast = shape.cover > 0.5
    muscle = (shape.muscle_depth > 0) & breast
    found = find_pectoral(gray, breast, "MLO")
    assert (found & muscle).sum() / (found | muscle).sum() > 0.7


def test_no_muscle_is_looked_for_in_other_views_nor_found_in_even_tissue():
    even = np.full((96, 64), 0.5, np.float32)
    breast = np.ones((96, 64), dtype=bool)
    wedge = even.copy()
    wedge[np.add.outer(np.arange(96) * 0.6, np.arange(64)) < 30] = 1
    assert not find_pectoral(even, breast, "MLO").any()
    assert not find_pectoral(wedge, breast, "CC").any()
    assert find_pectoral(wedge, breast, "MLO")[0, 0]
