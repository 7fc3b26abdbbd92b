"""The simulated studies behind docs/coverage.md: what is called true is true."""

import numpy as np
import pytest

from benchmarks.coverage import (
    BY_BOOTSTRAP,
    WAYS,
    Design,
    count_covered,
    draw_study,
    estimate_aurocs,
    write_tables,
)
from mammo_core.metrics.intervals import INTERVALS
from mammo_core.metrics.operating_points import RATES, outcome_cells
from mammo_core.metrics.partial_auroc import compute_partial_auroc
from mammo_core.metrics.rankings import AurocReplicates

DESIGNS = [Design(share, auroc) for share in (0.3, 0.06) for auroc in (0.85, 0.95)]


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_a_huge_study_shows_the_truths(design):
    study = draw_study(design, np.random.default_rng(0), n_patients=20_000)
    scores, is_positive, patients = study.scores, study.is_positive, study.patients
    cells = np.bincount(outcome_cells(scores, is_positive, design.threshold), minlength=4)
    one = np.zeros(len(scores), dtype=int)
    seen = {
        "auroc": AurocReplicates(scores, is_positive, one, 1)(np.ones((1, 1)))[0],
        "partial_auroc": compute_partial_auroc(scores, is_positive),
        **{name: RATES[name](*cells) for name in ("sensitivity", "specificity", "ppv", "npv")},
    }
    for name, truth in design.truths().items():
        assert seen[name] == pytest.approx(truth, abs=0.02)
    assert is_positive[::4].mean() == pytest.approx(design.share, abs=0.01)
    assert patients[-1] == 19_999


def test_views_of_a_patient_correlate_as_said():
    study = draw_study(Design(0.3, 0.85), np.random.default_rng(1), n_patients=20_000)
    noise = (study.scores - Design(0.3, 0.85).distance * study.is_positive).reshape(-1, 4)
    assert np.corrcoef(noise.T)[0, 1:] == pytest.approx(0.8, abs=0.01)


def test_intervals_of_independent_rows_cover_less_than_those_over_patients():
    design, rng = Design(0.3, 0.85), np.random.default_rng(0)
    found = [estimate_aurocs(draw_study(design, rng)) for _ in range(200)]
    held = {key: np.mean([f[key].low <= 0.85 <= f[key].high for f in found]) for key in found[0]}
    assert held["independent"] < 0.9 < 0.92 < held["auroc"]


def test_the_table_tells_covered_intervals_in_per_cent_and_missing_ones():
    design = Design(0.06, 0.95)
    text = write_tables({design: {"auroc": (36, 40), "partial_auroc bca": (38, 40)}}, 41)
    assert "| 6% | 0.95 | 90.0 / 1 | - |" in text
    truth = design.truths()["partial_auroc"]
    assert f"| 6% | 0.95 | partial auroc | {truth:.3f} | - | 95.0 / 1 |" in text


def test_every_number_of_the_tables_has_every_interval():
    counted = count_covered(Design(0.3, 0.85), 1)
    assert {f"{name} {way}" for name in BY_BOOTSTRAP for way in INTERVALS} <= set(counted)
    assert set(WAYS) <= set(counted)
