"""Net benefit against closed forms and a loop over rows."""

import numpy as np
import pandas as pd
import pytest
from prediction_rows import make_predictions

from mammo_core.metrics.decision_curve import (
    THRESHOLDS,
    UNITS,
    compare_decisions,
    compute_net_benefit,
    draw_decision_curve,
)
from mammo_core.metrics.evaluation import evaluate
from mammo_core.metrics.threshold_sweep import ThresholdSweep
from mammo_core.predictions import read_predictions

GRID = np.arange(1, 100) / 100


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    scores = np.round(rng.random(300), 2)
    return scores, rng.random(300) < scores, np.repeat(np.arange(100), 3)


@pytest.fixture(scope="module")
def sweep(rows):
    return ThresholdSweep(*rows, replicates=200)


@pytest.fixture
def table(tmp_path):
    make_predictions(40).to_csv(tmp_path / "table.csv", index=False)
    return read_predictions(tmp_path / "table.csv")


def loop_over_rows(scores, truth, threshold):
    """The definition of Vickers and Elkin, row by row."""
    hits = sum(1 for s, t in zip(scores, truth, strict=True) if s >= threshold and t)
    alarms = sum(1 for s, t in zip(scores, truth, strict=True) if s >= threshold and not t)
    return hits / len(scores) - alarms / len(scores) * threshold / (1 - threshold)


def test_net_benefit_equals_the_definition_row_by_row(rows, sweep):
    scores, truth, _ = rows
    for point in draw_decision_curve(sweep, GRID):
        assert point.net_benefit.value == pytest.approx(
            loop_over_rows(scores, truth, point.threshold), abs=1e-12
        )


def test_acting_on_all_is_worth_nothing_where_the_threshold_is_the_prevalence():
    assert compute_net_benefit(1.0, 1.0, 0.2, 0.2) == pytest.approx(0)


def test_acting_on_all_equals_the_model_below_its_lowest_score(rows):
    scores, truth, patients = rows
    sweep = ThresholdSweep(0.5 + scores / 2, truth, patients, replicates=50)
    point = draw_decision_curve(sweep, [0.4])[0]
    assert point.net_benefit == point.treat_all
    assert point.gain.value == min(point.treat_all.value, 0)


def test_a_perfect_model_is_worth_the_prevalence_at_every_threshold(rows):
    _, truth, patients = rows
    curve = draw_decision_curve(ThresholdSweep(truth * 1.0, truth, patients), GRID)
    assert [p.net_benefit.value for p in curve] == pytest.approx([truth.mean()] * 99)


def test_no_model_is_worth_more_than_the_prevalence(sweep):
    curve = draw_decision_curve(sweep, GRID, prevalence=0.01)
    assert max(p.net_benefit.value for p in curve) <= 0.01


def test_the_prevalence_of_the_rows_changes_nothing(rows, sweep):
    own = draw_decision_curve(sweep, GRID)
    told = draw_decision_curve(sweep, GRID, prevalence=float(rows[1].mean()))
    assert [p.net_benefit.value for p in told] == pytest.approx([p.net_benefit.value for p in own])


def test_another_prevalence_is_that_of_rows_repeated(rows):
    scores, truth, patients = rows
    more = np.concatenate([np.arange(300), np.flatnonzero(~truth), np.flatnonzero(~truth)])
    rarer = ThresholdSweep(scores[more], truth[more], patients[more], replicates=0)
    expected = draw_decision_curve(rarer, GRID)
    got = draw_decision_curve(
        ThresholdSweep(*rows, replicates=0), GRID, prevalence=float(truth[more].mean())
    )
    assert [p.net_benefit.value for p in got] == pytest.approx(
        [p.net_benefit.value for p in expected]
    )


def test_the_gain_is_over_the_better_of_all_and_none(sweep):
    for point in draw_decision_curve(sweep, GRID):
        best = max(point.treat_all.value, 0)
        assert point.gain.value == pytest.approx(point.net_benefit.value - best)
        assert point.gain.low <= point.gain.value <= point.gain.high


def test_per_positive_case_a_perfect_model_is_worth_1_in_every_draw(rows):
    _, truth, patients = rows
    sweep = ThresholdSweep(truth * 1.0, truth, patients, replicates=100)
    for point in draw_decision_curve(sweep, GRID, per="positive"):
        assert list(point.net_benefit.to_json().values()) == pytest.approx([1, 1, 1])


def test_per_positive_case_is_net_benefit_over_the_prevalence(sweep):
    a_case, a_positive = (draw_decision_curve(sweep, GRID, 0.02, per=per) for per in UNITS)
    for one, other in zip(a_case, a_positive, strict=True):
        assert other.gain.low == pytest.approx(one.gain.low / 0.02)
        assert other.net_benefit.value == pytest.approx(one.net_benefit.value / 0.02)


def test_with_a_class_missing_nothing_is_known():
    sweep = ThresholdSweep(np.array([0.2, 0.7]), np.zeros(2, dtype=bool), np.arange(2))
    assert draw_decision_curve(sweep, [0.5])[0].net_benefit.value is None
    assert np.isnan(compare_decisions(np.nan, 0.5, 0.5, 0.0)).all()


def test_an_evaluation_holds_the_curve_with_the_bands_of_the_sweep(table):
    answer = evaluate(table, bootstrap=300)
    sweep = ThresholdSweep(
        table.probabilities[:, 2], table.labels == 2, table.patients, replicates=300
    )
    curve = draw_decision_curve(sweep, THRESHOLDS)
    assert [p["threshold"] for p in answer["decision_curve"]] == list(THRESHOLDS)
    for got, expected in zip(answer["decision_curve"], curve, strict=True):
        for name in ("net_benefit", "treat_all", "gain"):
            assert got[name] == pytest.approx(getattr(expected, name).to_json(), abs=1e-6)


def test_an_evaluation_at_a_prevalence_holds_both_curves(table):
    answer = evaluate(table, bootstrap=50, prevalence=0.01)
    sweep = ThresholdSweep(
        table.probabilities[:, 2], table.labels == 2, table.patients, replicates=50
    )
    for prevalence, ending in ((None, ""), (0.01, "_at_prevalence")):
        curve = draw_decision_curve(sweep, THRESHOLDS, prevalence)
        for got, expected in zip(answer["decision_curve"], curve, strict=True):
            assert got[f"gain{ending}"] == pytest.approx(expected.gain.to_json(), abs=1e-6)


def test_a_table_of_one_class_has_an_undefined_curve(tmp_path):
    frame = make_predictions(20)
    pd.DataFrame(frame[frame["label"] == "normal"]).to_csv(tmp_path / "t.csv", index=False)
    answer = evaluate(read_predictions(tmp_path / "t.csv"), bootstrap=20)
    values = {p["net_benefit"]["value"] for p in answer["decision_curve"]}
    assert values == {None}


def test_the_curve_of_one_patient_has_no_band():
    scores, is_positive = np.linspace(0.1, 0.9, 8), np.arange(8) % 2 == 0
    sweep = ThresholdSweep(scores, is_positive, np.zeros(8, int), replicates=20)
    point = draw_decision_curve(sweep, [0.3])[0]
    for estimate in (point.net_benefit, point.treat_all, point.gain):
        assert estimate.value is not None
        assert estimate.low is estimate.high is None
