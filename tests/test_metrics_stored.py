"""A kept evaluation is used only for the table and the options that it was made from."""

from dataclasses import replace

import pytest
from prediction_rows import make_predictions

from mammo_core.metrics.answer_shape import PARTS
from mammo_core.metrics.evaluation import evaluate_options
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.metrics.stored import evaluation_path, load_evaluation, store_evaluation
from mammo_core.predictions import read_predictions

OPTIONS = EvaluationOptions(level="breast")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "table.csv"
    make_predictions(5).to_csv(path, index=False)
    return read_predictions(path)


@pytest.fixture(scope="module")
def answer(table):
    return evaluate_options(table, replace(OPTIONS, bootstrap=20))


@pytest.fixture
def folder(tmp_path, table, answer):
    store_evaluation(tmp_path, "films", table, OPTIONS, answer)
    return tmp_path


def test_what_was_stored_is_loaded(folder, table, answer):
    assert load_evaluation(folder, "films", table, OPTIONS) == answer
    assert (folder / "evaluations" / "films.test.breast.mean.json").is_file()


def test_the_last_class_may_be_named_or_not(folder, table, answer):
    named = replace(OPTIONS, positive="malignant")
    assert load_evaluation(folder, "films", table, named) == answer


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
def test_an_answer_asked_otherwise_leaves_that_of_the_pages_where_it_is(
    folder, table, answer, change
):
    asked, other = replace(OPTIONS, **change), answer | {"n": 8}
    store_evaluation(folder, "films", table, asked, other)
    assert load_evaluation(folder, "films", table, asked) == other
    assert load_evaluation(folder, "films", table, OPTIONS) == answer
    for pattern in ("*.mean.json", "*.*.*.mean.json"):  # what cards and runs look for
        assert len(list((folder / "evaluations").glob(pattern))) == 1


def test_another_table_finds_nothing(folder, table):
    assert load_evaluation(folder, "films", replace(table, sha256="other"), OPTIONS) is None


@pytest.mark.parametrize("content", ["", "[]", '{"table_sha256": 1}'])
def test_a_damaged_file_counts_as_none(folder, table, content):
    evaluation_path(folder, "films", OPTIONS).write_text(content)
    assert load_evaluation(folder, "films", table, OPTIONS) is None


def test_every_part_of_an_answer_is_looked_for(answer):
    assert set(answer) == set(PARTS)


@pytest.mark.parametrize("payload", [3, None, [], {}, "per_class", "classes", "warnings", "n"])
def test_a_damaged_answer_counts_as_none(folder, table, answer, payload):
    lost = {name: part for name, part in answer.items() if name != payload}
    kept = lost if isinstance(payload, str) else payload
    store_evaluation(folder, "films", table, OPTIONS, kept)
    assert load_evaluation(folder, "films", table, OPTIONS) is None


@pytest.mark.parametrize("part", list(PARTS))
def test_a_part_of_another_kind_counts_as_damage(folder, table, answer, part):
    other = 3 if isinstance(answer[part], str) else "damaged"
    store_evaluation(folder, "films", table, OPTIONS, answer | {part: other})
    assert load_evaluation(folder, "films", table, OPTIONS) is None
