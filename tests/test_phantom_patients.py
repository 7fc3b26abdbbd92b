"""Patients of the synthetic set: the mix, what depends on what, and that the seed decides all."""

import itertools
from collections import Counter

import numpy as np
import pytest
from scipy.stats import rankdata

from mammo_core.phantom.patient import (
    LESION_KINDS,
    conspicuity,
    draw_label,
    draw_patient,
)

MANY = 4000
MALIGNANT = {
    "spiculated_mass",
    "indistinct_mass",
    "pleomorphic_calcifications",
    "architectural_distortion",
}
BENIGN = {"circumscribed_mass", "coarse_calcifications", "vascular_calcifications"}


@pytest.fixture(scope="module")
def patients():
    return [draw_patient(11, number) for number in range(MANY)]


def auroc(is_positive, scores):
    ranks = rankdata(scores)
    n = is_positive.sum()
    return (ranks[is_positive].sum() - n * (n + 1) / 2) / (n * (len(ranks) - n))


def test_half_are_normal_a_quarter_benign_a_quarter_malignant(patients):
    counts = Counter(patient.label for patient in patients)
    assert counts == {"normal": MANY // 2, "benign": MANY // 4, "malignant": MANY // 4}


def test_labels_come_in_no_fixed_order():
    orders = {tuple(draw_label(11, 4 * block + k) for k in range(4)) for block in range(60)}
    assert len(orders) == 12  # every arrangement of two normal, a benign and a malignant patient


@pytest.mark.parametrize("label", ["benign", "malignant"])
@pytest.mark.parametrize("trait", ["age", "density", "scanner", "depth_mm"])
def test_no_trait_predicts_the_label(patients, label, trait):
    """Four standard errors of an AUROC with 1000 positives of 4000 are 0.042."""
    is_positive = np.array([patient.label == label for patient in patients])
    scores = np.unique([getattr(patient, trait) for patient in patients], return_inverse=True)[1]
    assert abs(auroc(is_positive, scores) - 0.5) < 0.042


def test_density_falls_with_age(patients):
    ages = {d: np.mean([p.age for p in patients if p.density == d]) for d in "abcd"}
    assert ages["a"] > ages["b"] > ages["c"] > ages["d"]
    shares = Counter(patient.density for patient in patients)
    assert min(shares.values()) > 0.05 * MANY


def test_lesion_kinds_mean_what_they_are(patients):
    kinds = {
        label: {p.lesion.kind for p in patients if p.label == label}
        for label in ("benign", "malignant")
    }
    assert kinds == {"benign": BENIGN, "malignant": MALIGNANT}
    assert set(LESION_KINDS) == BENIGN | MALIGNANT


def test_only_the_breast_with_the_lesion_is_labeled(patients):
    sick = [patient for patient in patients if patient.lesion]
    for patient in sick:
        other = "R" if patient.lesion.laterality == "L" else "L"
        assert patient.label_of(patient.lesion.laterality) == patient.label
        assert patient.label_of(other) == "normal"
    left = np.mean([patient.lesion.laterality == "L" for patient in sick])
    assert abs(left - 0.5) < 0.05


def test_a_patient_is_the_same_however_many_are_drawn():
    assert draw_patient(5, 17) == draw_patient(5, 17)
    assert draw_patient(5, 17) != draw_patient(6, 17)
    assert draw_patient(5, 17) != draw_patient(5, 18)


def test_difficulty_changes_lesions_and_nothing_else():
    easy = [draw_patient(2, n, difficulty=0.0) for n in range(40)]
    hard = [draw_patient(2, n, difficulty=1.0) for n in range(40)]
    for a, b in zip(easy, hard, strict=True):
        assert (a.age, a.density, a.depth_mm, a.label) == (b.age, b.density, b.depth_mm, b.label)
        if a.lesion:
            assert a.lesion.contrast > b.lesion.contrast
            assert a.lesion.radius_mm > b.lesion.radius_mm


def test_conspicuity_falls_with_difficulty():
    levels = [conspicuity(d) for d in (0, 0.25, 0.5, 0.75, 1)]
    assert all(a[0] > b[0] > 0 and a[1] > b[1] > 0 for a, b in itertools.pairwise(levels))


def test_a_difficulty_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        draw_patient(0, 0, difficulty=1.2)
