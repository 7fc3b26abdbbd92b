"""A single case is referred, and its classes left open, as the validation cases say."""

import numpy as np
import pyarrow as pa
import pytest
import standin_home
from prediction_rows import CLASSES, make_predictions

from mammo_core.file_prediction import FileAnswer, tabulate
from mammo_core.model_store import find_model
from mammo_core.predictions import check_predictions, read_predictions, write_predictions
from mammo_core.types import Verdict
from mammo_core.uncertainty import MEASURES
from mammo_core.uncertainty.case_rule import build_rule, find_rule
from mammo_core.uncertainty.conformal import predict_sets
from mammo_core.validation_rows import ValidationRows


@pytest.fixture(scope="module")
def table():
    frame = make_predictions(60)
    return check_predictions(pa.Table.from_pandas(frame, preserve_index=False), "made")


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_the_share_of_the_validation_cases_lies_beyond_the_limit(table, share):
    rule = build_rule(ValidationRows(table, "made"), share)
    entropies = MEASURES["entropy"].compute(table.probabilities)
    assert (entropies > rule.limit).mean() == pytest.approx(share, abs=1 / len(table))


def test_a_case_is_referred_from_beyond_the_limit_on(table):
    rule = build_rule(ValidationRows(table, "made"), 0.2)
    judged = [rule.judge(dict(zip(CLASSES, p, strict=True))) for p in table.probabilities]
    entropies = MEASURES["entropy"].compute(table.probabilities)
    assert [one.refer for one in judged] == (entropies > rule.limit).tolist()


def test_the_classes_left_open_are_those_of_the_conformal_set(table):
    rule = build_rule(ValidationRows(table, "made"), 0.2)
    sets = predict_sets(table, table, method="class_conditional", alpha=1 - rule.coverage)
    for p, expected in zip(table.probabilities, sets, strict=True):
        left = rule.judge(dict(zip(CLASSES, p, strict=True))).open_classes
        assert left == tuple(np.array(CLASSES)[expected])


def keep(home, sha256):
    frame = make_predictions(30).assign(split="val")
    facts = {"model_sha256": sha256, "dataset_fingerprint": "0", "split": "val"}
    write_predictions(home / "models" / "demo" / "validation.parquet", frame, facts)


def test_a_model_is_judged_by_the_validation_images_that_its_training_kept(home):
    standin_home.make_home(home, n_patients=3)
    model = find_model("demo")
    assert find_rule(model) is None
    keep(home, model.sha256)
    rule = find_rule(model)
    assert (rule.n, rule.n_patients) == (120, 30)
    kept = read_predictions(model.path / "validation.parquet")
    assert rule.limit in MEASURES["entropy"].compute(kept.probabilities)


def test_validation_images_of_other_weights_say_nothing(home):
    standin_home.make_home(home, n_patients=3)
    keep(home, "of another network")
    assert find_rule(find_model("demo")) is None


def test_an_answer_about_a_file_says_whether_to_refer_it(table):
    rule = build_rule(ValidationRows(table, "made"), 0.1)
    accepted = Verdict("accept", ())
    sure, torn = dict(zip(CLASSES, (1.0, 0.0, 0.0), strict=True)), dict.fromkeys(CLASSES, 1 / 3)
    told = [FileAnswer("x", accepted, p).judged_by(rule).to_json() for p in (sure, torn, None)]
    assert [one["refer"] for one in told] == [False, True, None]
    assert told[1]["open_classes"] == [*CLASSES]
    row = tabulate([FileAnswer("x", accepted, sure).judged_by(rule)], CLASSES, 0.5)[0]
    assert (row["refer"], row["open_classes"]) == (False, "normal")


def test_without_validation_cases_nothing_is_said_of_referral():
    answer = FileAnswer("x", Verdict("accept", ()), dict.fromkeys(CLASSES, 1 / 3))
    assert answer.judged_by(None) is answer
    assert answer.to_json()["refer"] is None
