"""A kept evaluation is used only for the table and the options that it was made from."""

from dataclasses import replace

import pytest
from prediction_rows import make_predictions

from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.metrics.stored import evaluation_path, load_evaluation, store_evaluation
from mammo_core.predictions import read_predictions

OPTIONS = EvaluationOptions(level="breast")
ANSWER = {"n": 7, "accuracy": {"value": 0.5, "low": None, "high": None}}


@pytest.fixture
def table(tmp_path):
    make_predictions(5).to_csv(tmp_path / "table.csv", index=False)
    return read_predictions(tmp_path / "table.csv")


@pytest.fixture
def folder(tmp_path, table):
    store_evaluation(tmp_path, "films", table, OPTIONS, ANSWER)
    return tmp_path


def test_what_was_stored_is_loaded(folder, table):
    assert load_evaluation(folder, "films", table, OPTIONS) == ANSWER
    assert (folder / "evaluations" / "films.test.breast.mean.json").is_file()


def test_the_last_class_may_be_named_or_not(folder, table):
    named = replace(OPTIONS, positive="malignant")
    assert load_evaluation(folder, "films", table, named) == ANSWER


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"bootstrap": 10}, {"threshold": 0.4}, {"positive": "benign"}, {"level": "exam"}],
    ids=str,
)
def test_other_options_find_nothing(folder, table, change):
    assert load_evaluation(folder, "films", table, replace(OPTIONS, **change)) is None


@pytest.mark.parametrize(
    "change",
    [{"prevalence": 0.006}, {"interval": "bca"}, {"cost_ratio": 5.0}, {"thresholds_from": "val"}],
    ids=str,
)
def test_an_answer_asked_otherwise_leaves_that_of_the_pages_where_it_is(folder, table, change):
    asked = replace(OPTIONS, **change)
    store_evaluation(folder, "films", table, asked, {"n": 8})
    assert load_evaluation(folder, "films", table, asked) == {"n": 8}
    assert load_evaluation(folder, "films", table, OPTIONS) == ANSWER
    for pattern in ("*.mean.json", "*.*.*.mean.json"):  # what cards and runs look for
        assert len(list((folder / "evaluations").glob(pattern))) == 1


def test_another_table_finds_nothing(folder, table):
    assert load_evaluation(folder, "films", replace(table, sha256="other"), OPTIONS) is None


@pytest.mark.parametrize("content", ["", "[]", '{"table_sha256": 1}'])
def test_a_damaged_file_counts_as_none(folder, table, content):
    evaluation_path(folder, "films", OPTIONS).write_text(content)
    assert load_evaluation(folder, "films", table, OPTIONS) is None
