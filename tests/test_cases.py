"""The cases behind the numbers."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mammo_core.cases import count_facet, list_cases, select_cases
from mammo_core.metrics.aggregation import aggregate
from mammo_core.predictions import check_predictions

ROWS = [
    # image, patient, side, label, p_normal, p_benign, p_malignant, density
    ("a", "P1", "L", "malignant", 0.1, 0.2, 0.7, "c"),
    ("b", "P1", "R", "normal", 0.2, 0.2, 0.6, "c"),
    ("c", "P2", "L", "malignant", 0.8, 0.1, 0.1, None),
    ("d", "P2", "R", "benign", 0.2, 0.7, 0.1, "a"),
]
PROBABILITIES = ["p_normal", "p_benign", "p_malignant"]
COLUMNS = ["image_id", "patient_id", "laterality", "label", *PROBABILITIES, "density"]


@pytest.fixture
def table():
    return check_predictions(pa.table(pd.DataFrame(ROWS, columns=COLUMNS)), "a test")


def judge(table, threshold=0.5, units=None):
    return list_cases(table, units or table, positive="malignant", threshold=threshold)


def test_outcomes_follow_from_threshold_and_truth(table):
    assert judge(table)["outcome"].to_dict() == {"a": "TP", "b": "FP", "c": "FN", "d": "TN"}


def test_a_case_at_the_threshold_is_called(table):
    assert judge(table, threshold=0.7).loc["a", "outcome"] == "TP"
    assert judge(table, threshold=np.nextafter(0.7, 1)).loc["a", "outcome"] == "FN"


def test_the_loss_is_the_negative_log_of_what_the_truth_was_given(table):
    assert judge(table).loc["c", "loss"] == pytest.approx(-np.log(0.1))


def test_uncertainty_is_zero_for_the_sure_and_one_for_the_undecided():
    rows = [("a", "P", "normal", 1.0, 0.0), ("b", "P", "normal", 0.5, 0.5)]
    frame = pd.DataFrame(rows, columns=["image_id", "patient_id", "label", "p_normal", "p_sick"])
    table = check_predictions(pa.table(frame), "a test")
    cases = list_cases(table, table, positive="sick", threshold=0.5)
    assert cases["uncertainty"].tolist() == pytest.approx([0, 1])


def test_every_image_is_judged_as_its_patient_is(table):
    cases = judge(table, units=aggregate(table, "patient"))
    assert cases.loc[["a", "b"], "true"].unique().tolist() == ["malignant"]
    assert cases.loc[["a", "b"], "score"].tolist() == pytest.approx([0.65, 0.65])
    assert set(cases["image_id"]) == set("abcd")


def test_the_most_wrong_case_comes_first(table):
    assert select_cases(judge(table), {}).index[0] == "c"


def test_facets_narrow_together_and_missing_is_a_value(table):
    cases = judge(table)
    assert select_cases(cases, {"true": ["malignant"], "density": ["c"]}).index.tolist() == ["a"]
    assert select_cases(cases, {"density": ["unknown"]}).index.tolist() == ["c"]
    assert select_cases(cases, {"no_such_column": ["x"]}).empty


def test_a_facet_is_counted_under_the_others_but_not_under_itself(table):
    counts = count_facet(judge(table), {"true": ["malignant"], "laterality": ["R"]}, "true")
    assert counts.to_dict() == {"benign": 1, "normal": 1}


def test_part_of_an_id_finds_its_case_and_is_no_pattern(table):
    assert select_cases(judge(table), {}, find="B").index.tolist() == ["b"]
    assert select_cases(judge(table), {}, find=".").empty
