"""The tabs of Evaluate with all estimates: each class, and the named operating points."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import standin_home
from page_runs import open_app
from sklearn import metrics as sk
from streamlit.testing.v1 import AppTest

from mammo_core.metrics.classification import PER_CLASS, SUMMARIES
from mammo_core.metrics.intervals import INTERVALS
from mammo_core.metrics.operating_points import RATES, choose_thresholds
from mammo_core.metrics.prevalence import AT_PREVALENCE
from mammo_core.metrics.sections.classification import RANKINGS
from mammo_core.predictions import read_predictions
from mammo_ui.evaluate_tabs import operating_points, per_class

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def made_home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    standin_home.make_home(folder)
    path = folder / "models" / "demo" / "predictions" / "exams.parquet"
    frame = pd.read_parquet(path)
    is_val = frame["patient_id"].isin(sorted(frame["patient_id"].unique())[:6])
    frame.assign(split=np.where(is_val, "val", "test")).to_parquet(path)
    return folder


@pytest.fixture
def table(standin):
    path = standin / "models" / "demo" / "predictions" / "exams.parquet"
    return read_predictions(path)


def open_tab(title, **query):
    at = open_app("evaluate", evaluate_tab=title, **query)
    assert not at.error
    return at


def captions(at):
    return "\n".join(str(part.value) for part in at.caption)


def of_split(table, split):
    """(scores, is malignant) of a split."""
    rows = (table.frame["split"] == split).to_numpy()
    return table.probabilities[rows, -1], table.labels[rows] == 2


def points(at):
    return at.dataframe[0].value.set_index("Operating point")


def number(text):
    return float(text.split()[0])


def test_each_points_rates_are_those_of_its_threshold(standin, table):
    scores, positive = of_split(table, "test")
    shown = points(open_tab("Operating points"))
    assert {"Own", "Youden", "Cost 10:1"} <= set(shown.index)
    for _, row in shown.iterrows():
        called = scores >= row["Threshold"]
        assert number(row["Sensitivity"]) == pytest.approx(called[positive].mean(), abs=0.0051)
        assert number(row["Specificity"]) == pytest.approx((~called)[~positive].mean(), abs=0.0051)
        assert re.fullmatch(r"[\d.]+ \[[\d.]+ to [\d.]+\]", row["Recall rate"])


def test_thresholds_of_validation_are_applied_to_these_cases_and_said_so(standin, table):
    at = open_tab("Operating points", points_from="validation")
    expected = choose_thresholds(*of_split(table, "val"), 0.4)["youden"]
    assert points(at).loc["Youden", "Threshold"] == pytest.approx(expected)
    assert points(at).loc["Youden", "Chosen on"] == "validation"
    assert "Thresholds chosen on validation cases, rates of these cases" in captions(at)
    scores, positive = of_split(table, "test")
    shown = number(points(at).loc["Youden", "Sensitivity"])
    assert shown == pytest.approx((scores >= expected)[positive].mean(), abs=0.0051)


def test_thresholds_of_these_very_cases_are_said_to_flatter(standin):
    at = open_tab("Operating points")
    assert set(points(at)["Chosen on"]) == {"test", "\N{EN DASH}"}
    assert "chosen on these very cases and flatter" in captions(at)


def test_a_prevalence_adds_predictive_values_at_it(standin):
    shown = points(open_tab("Operating points", prevalence="0.6"))
    for _, row in shown.iterrows():
        if row["PPV at 0.6 %"] != "\N{EN DASH}":
            assert number(row["PPV at 0.6 %"]) <= number(row["PPV"])
            assert number(row["NPV at 0.6 %"]) >= number(row["NPV"])


def test_a_ticked_row_sets_the_threshold():
    at = AppTest.from_string(
        "import streamlit as st\nfrom mammo_ui.evaluate_tabs import operating_points as tab\n"
        "st.session_state[tab.KEY] = {'selection': {'rows': [1]}}\n"
        "tab._take_threshold([0.25, 0.75])"
    )
    at.session_state["threshold"] = 0.5
    assert at.run().session_state["threshold"] == 0.75


def test_a_table_of_one_split_offers_no_other(standin):
    path = standin / "models" / "demo" / "predictions" / "exams.parquet"
    pd.read_parquet(path).assign(split="test").to_parquet(path)
    at = open_tab("Operating points")
    assert "Choose thresholds on" not in {part.label for part in at.segmented_control}


def test_each_class_and_each_summary_has_its_estimates(standin, table):
    at = open_tab("Per class")
    classes, summaries = (at.dataframe[i].value for i in range(2))
    assert list(classes["Measure"]) == ["Cases", *(t for t, _ in per_class.MEASURES.values())]
    assert list(summaries["Measure"]) == [t for t, _ in per_class.SUMMARIES.values()]
    scores, positive = of_split(table, "test")
    by_measure = classes.set_index("Measure")["malignant"]
    assert by_measure["Cases"] == str(positive.sum())
    expected = sk.roc_auc_score(positive, scores, max_fpr=0.2)
    assert number(by_measure["Partial AUROC"]) == pytest.approx(expected, abs=0.0051)
    rows = (table.frame["split"] == "test").to_numpy()
    expected = sk.cohen_kappa_score(table.labels[rows], table.predicted[rows], weights="quadratic")
    shown = summaries.set_index("Measure")["Estimate"]["Kappa, quadratic weights"]
    assert number(shown) == pytest.approx(expected, abs=0.0051)


def test_bca_changes_intervals_of_counts_and_none_of_auroc(standin):
    by_percentiles, by_bca = (
        open_tab("Per class", interval=title).dataframe[0].value.set_index("Measure")["malignant"]
        for title in ("percentile", "BCa")
    )
    assert by_bca["AUROC"] == by_percentiles["AUROC"]
    assert by_bca["Probabilistic F1"] != by_percentiles["Probabilistic F1"]
    for measure in by_bca.index:
        assert by_bca[measure].split()[0] == by_percentiles[measure].split()[0]
    kept = standin / "models" / "demo" / "evaluations"
    assert len(list(kept.glob("exams.test.image.mean*.json"))) == 2


def test_no_estimate_of_the_core_is_left_out():
    assert set(per_class.SUMMARIES) == {*SUMMARIES, "macro_auroc"}
    assert set(per_class.MEASURES) == {*PER_CLASS, *RANKINGS, "auroc", "pf1"}
    assert {*operating_points.CARRIED, *operating_points.COUNTED} == set(RATES)
    assert set(operating_points.RECKONED) == set(AT_PREVALENCE)
    assert list(per_class.INTERVALS) == list(INTERVALS)
