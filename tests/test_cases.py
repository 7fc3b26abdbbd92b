"""The cases behind the numbers: judged, filtered, counted, ordered, written down."""

import csv
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from prediction_rows import CLASSES, make_predictions

from mammo_core.cases import (
    UNKNOWN,
    Filters,
    classify,
    encode,
    encode_ages,
    judge_cases,
    keep,
    mark,
    order_by,
)
from mammo_core.cases.export import write_cases
from mammo_core.metrics.aggregation import LEVELS, aggregate
from mammo_core.predictions import check_predictions
from mammo_core.reviews.review import Review

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


def judge(table, units=None):
    return judge_cases(table, units or table, positive=table.classes[-1])


def by_image(cases, threshold=0.5):
    return {row["image_id"]: row for row in cases.rows(np.arange(len(cases)), threshold)}


def columns_of(cases, threshold=0.5):
    metadata = {name: encode(cases.frame[name]) for name in ("density", "laterality")}
    return metadata | {"true": cases.true, "outcome": cases.outcomes(threshold)}


def chosen(cases, order=None, **filters):
    kept = keep(cases.image_ids, cases.score, columns_of(cases), Filters(**filters))
    places = kept.in_order(order_by(cases.loss) if order is None else order)
    return cases.image_ids.iloc[places].tolist()


def test_outcomes_follow_from_threshold_and_truth(table):
    found = {name: row["outcome"] for name, row in by_image(judge(table)).items()}
    assert found == {"a": "TP", "b": "FP", "c": "FN", "d": "TN"}


def test_a_case_at_the_threshold_is_called(table):
    assert by_image(judge(table), threshold=0.7)["a"]["outcome"] == "TP"
    assert by_image(judge(table), threshold=np.nextafter(0.7, 1))["a"]["outcome"] == "FN"


def test_the_loss_is_the_negative_log_of_what_the_truth_was_given(table):
    assert by_image(judge(table))["c"]["loss"] == pytest.approx(-np.log(0.1))


def test_uncertainty_is_zero_for_the_sure_and_one_for_the_undecided():
    rows = [("a", "P", "normal", 1.0, 0.0), ("b", "P", "normal", 0.5, 0.5)]
    frame = pd.DataFrame(rows, columns=["image_id", "patient_id", "label", "p_normal", "p_sick"])
    cases = judge(check_predictions(pa.table(frame), "a test"))
    assert cases.uncertainty.tolist() == pytest.approx([0, 1])


def test_a_case_without_a_label_has_neither_outcome_nor_loss(table):
    table.frame.loc[0, "label"] = None
    row = by_image(judge(table))["a"]
    assert (row["true"], row["outcome"], row["loss"]) == (None, None, None)
    assert row["predicted"] == "malignant"


@pytest.mark.parametrize("level", LEVELS)
def test_every_image_is_judged_as_its_unit_is(level):
    table = check_predictions(pa.Table.from_pandas(make_predictions(20)), "made")
    units = aggregate(table, level).frame.to_dict("records")
    for row in by_image(judge(table, aggregate(table, level))).values():
        [unit] = [unit for unit in units if all(unit[name] == row[name] for name in LEVELS[level])]
        assert (row["true"], row["score"]) == (unit["label"], unit["p_malignant"])


def test_units_of_other_images_are_refused(table):
    with pytest.raises(ValueError, match="units of 4 images, got units of 2"):
        judge(table, aggregate(table, "patient").take(np.array([0])))


def test_the_most_wrong_case_comes_first(table):
    assert chosen(judge(table))[0] == "c"


def test_the_undefined_come_last_and_equals_as_they_came():
    assert order_by(np.array([1.0, np.nan, 2.0, 1.0, np.nan])).tolist() == [2, 0, 3, 1, 4]


def test_facets_narrow_together_and_missing_is_a_value(table):
    cases = judge(table)
    assert chosen(cases, facets={"true": ["malignant"], "density": ["c"]}) == ["a"]
    assert chosen(cases, facets={"density": [UNKNOWN]}) == ["c"]
    assert chosen(cases, facets={"density": ["no such value"]}) == []
    assert chosen(cases, facets={"no_such_column": ["x"]}) == []


def test_both_ends_of_a_range_of_scores_are_kept(table):
    assert set(chosen(judge(table), scores=(0.1, 0.6))) == {"b", "c", "d"}


def test_a_set_of_images_is_kept_but_for_those_that_are_not_there(table):
    assert set(chosen(judge(table), among=["d", "a", "elsewhere"])) == {"a", "d"}
    assert chosen(judge(table), among=[]) == []


def test_part_of_an_id_finds_its_case_and_is_no_pattern(table):
    assert chosen(judge(table), find="B") == ["b"]
    assert chosen(judge(table), find=".") == []


def test_a_facet_is_counted_under_the_others_but_not_under_itself(table):
    cases = judge(table)
    filters = Filters({"true": ["malignant"], "laterality": ["R"]})
    columns = columns_of(cases)
    kept = keep(cases.image_ids, cases.score, columns, filters)
    assert columns["true"].count(kept.under_others("true")) == {"benign": 1, "normal": 1}
    assert columns["laterality"].count(kept.under_others("laterality")) == {"L": 2}


def test_a_count_tells_what_its_value_would_leave():
    """Whatever the filters: choosing a value leaves as many cases as its count said."""
    table = check_predictions(pa.Table.from_pandas(make_predictions(40)), "made")
    cases, columns = judge(table), columns_of(judge(table))
    facets = {"true": ["malignant", "benign"], "laterality": ["L"]}
    filters = Filters(facets, find="1", scores=(0.1, 0.9))
    kept = keep(cases.image_ids, cases.score, columns, filters)
    for name, column in columns.items():
        for value, n in column.count(kept.under_others(name)).items():
            narrowed = {**facets, name: [value]}
            assert len(chosen(cases, facets=narrowed, find="1", scores=(0.1, 0.9))) == n


def test_the_order_is_pandas_own():
    table = check_predictions(pa.Table.from_pandas(make_predictions(40)), "made")
    cases = judge(table)
    expected = cases.table(np.arange(len(cases)), 0.5).sort_values(
        "loss", ascending=False, kind="stable"
    )
    assert chosen(cases) == expected["image_id"].tolist()


def test_an_unknown_value_by_that_name_and_a_missing_one_are_the_same():
    column = encode(pd.Series(["x", UNKNOWN, None, "x"]))
    assert column.count(None) == {"x": 2, UNKNOWN: 2}


def test_numbers_are_spelled_as_people_do_and_ages_lie_in_tens():
    assert encode(pd.Series([2.0, 0.5, np.nan])).count(None) == {"2": 1, "0.5": 1, UNKNOWN: 1}
    ages = encode_ages(pd.Series([40.0, 49.0, 50.0, np.nan]))
    assert ages.count(None) == {"40-49": 2, "50-59": 1, UNKNOWN: 1}


def test_an_image_counts_for_each_of_its_tags():
    tags = mark(pd.Series(list("abcd")), {"clip": ["a", "b", "elsewhere"], "scar": ["b"]})
    assert tags.count(None) == {"clip": 2, "scar": 1}
    assert tags.count(np.array([True, False, True, True])) == {"clip": 1}
    assert tags.having(["clip", "scar"]).tolist() == [True, True, False, False]
    assert tags.having(["no such tag"]).tolist() == [False] * 4


def test_images_of_which_nothing_is_said_are_classed_as_the_rest():
    status = classify(pd.Series(list("abc")), {"exclude": ["b", "elsewhere"]}, "open")
    assert status.count(None) == {"open": 2, "exclude": 1}


def test_images_are_found_at_their_places(table):
    assert judge(table).places_of(["d", "elsewhere", "b"]).tolist() == [1, 3]


def test_a_list_opens_in_a_spreadsheet_as_text_and_reads_back(table):
    table.frame.loc[0, "density"] = "@SUM(A1)"
    cases = judge(table)
    said = {"b": Review(("clip", "=tag"), "=cmd()|'x'\nsecond, line", "exclude")}
    text = write_cases(cases.table(np.array([1, 0]), 0.5), said)
    b, a = csv.DictReader(io.StringIO(text))
    assert (b["image_id"], b["tags"], b["status"]) == ("b", "clip; =tag", "exclude")
    assert b["note"] == "'=cmd()|'x'\nsecond, line"
    assert a["density"] == "'@SUM(A1)"
    assert (a["note"], a["status"], float(a["score"]), a["outcome"]) == ("", "open", 0.7, "TP")


def test_classes_keep_their_names_in_the_order_of_the_table():
    table = check_predictions(pa.Table.from_pandas(make_predictions(10)), "made")
    assert judge(table).true.values[: len(CLASSES)] == CLASSES
