"""Blinded readings: what is written down for good, and what it comes to."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from prediction_rows import CLASSES, make_predictions
from sklearn import metrics as sk

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.predictions import PredictionTable
from mammo_core.reviews.reading_order import draw_cases
from mammo_core.reviews.reading_result import judge_reading, tabulate_reading
from mammo_core.reviews.readings import Verdict, open_readings

CASES = ("b", "a", "c")


def make_table(patients):
    frame = make_predictions(patients).sort_values(["patient_id", "image_id"])
    return PredictionTable(frame.reset_index(drop=True), CLASSES)


@pytest.fixture
def readings(home):
    return open_readings()


@pytest.fixture
def reading(readings):
    return begin(readings)


def begin(readings, **changes):
    settings = {
        "dataset": "exams",
        "model": "demo",
        "split": "test",
        "reader": " A  B ",
        "tells_truth": True,
        "image_ids": CASES,
    }
    return readings.begin(**settings | changes)


def verdict(label="malignant", **more):
    return Verdict(label=label, **{"suspicion": 80} | more)


def test_a_reading_is_found_again_as_it_was_begun(readings, reading):
    assert open_readings().find(reading.id) == reading
    assert reading.reader == "A B"
    assert reading.image_ids == CASES


def test_verdicts_come_in_the_order_of_the_reading(readings, reading):
    readings.judge(reading, "a", verdict())
    readings.judge(reading, "b", verdict("normal", note="dense", seconds=9))
    assert list(readings.verdicts(reading)) == ["b", "a"]
    assert readings.verdicts(reading)["b"] == verdict("normal", note="dense", seconds=9)


def test_a_verdict_is_never_changed(readings, reading):
    readings.judge(reading, "a", verdict())
    with pytest.raises(BadConfiguration, match="judged before"):
        readings.judge(reading, "a", verdict("normal"))
    assert readings.verdicts(reading)["a"].label == "malignant"


@pytest.mark.parametrize(("image_id", "said"), [("z", verdict()), ("a", verdict(suspicion=101))])
def test_what_cannot_be_a_verdict_is_refused(readings, reading, image_id, said):
    with pytest.raises(BadConfiguration):
        readings.judge(reading, image_id, said)
    assert not readings.verdicts(reading)


@pytest.mark.parametrize("changes", [{"reader": "  "}, {"reader": "x" * 41}, {"image_ids": ()}])
def test_a_reading_needs_a_reader_and_cases(readings, changes):
    with pytest.raises(BadConfiguration):
        begin(readings, **changes)
    assert not readings.list()


def test_a_deleted_reading_leaves_nothing_and_the_others_stay(readings, reading):
    other = begin(readings)
    for one in (reading, other):
        readings.judge(one, "a", verdict())
    readings.remove(reading)
    assert readings.list() == [other]
    assert readings.verdicts(other)
    assert not readings.verdicts(reading)


def test_no_case_is_shown_twice_and_one_seed_has_one_order():
    table = make_table(patients=10)
    ids = draw_cases(table, 25, seed=3)
    assert len(set(ids)) == 25
    assert ids == draw_cases(table, 25, seed=3)
    assert ids != draw_cases(table, 25, seed=4)
    assert sorted(draw_cases(table, 10**6)) == sorted(table.frame["image_id"])


def test_a_balanced_reading_shows_every_class_as_often_as_it_lasts():
    table = make_table(patients=60)
    label = table.frame.set_index("image_id")["label"]
    shown = Counter(label[name] for name in draw_cases(table, 12, is_balanced=True))
    assert set(shown.values()) == {12 // len(table.classes)}


class TestResult:
    @pytest.fixture
    def table(self):
        return make_table(patients=30)

    @pytest.fixture
    def verdicts(self, table):
        rng = np.random.default_rng(5)
        right = rng.random(len(table)) < 0.6
        labels = np.where(right, table.labels, rng.integers(0, len(table.classes), len(table)))
        return {
            name: verdict(table.classes[code], suspicion=int(rng.integers(0, 101)))
            for name, code in zip(table.frame["image_id"], labels, strict=True)
        }

    def test_every_figure_is_scikit_learns(self, table, verdicts):
        said = [verdicts[name].label for name in table.frame["image_id"]]
        suspicion = [verdicts[name].suspicion for name in table.frame["image_id"]]
        truth = [table.classes[i] for i in table.labels]
        model = [table.classes[i] for i in table.predicted]
        result = judge_reading(table, verdicts, replicates=50)
        reader = {name: estimate["value"] for name, estimate in result["reader"].items()}
        severe = np.array(truth) == table.classes[-1]
        assert reader["accuracy"] == pytest.approx(sk.accuracy_score(truth, said))
        assert reader["kappa"] == pytest.approx(sk.cohen_kappa_score(truth, said))
        assert reader["auroc"] == pytest.approx(sk.roc_auc_score(severe, suspicion))
        assert reader["sensitivity"] == pytest.approx(
            sk.recall_score(severe, np.array(said) == table.classes[-1])
        )
        kappa = result["agreement"]["kappa"]["value"]
        assert kappa == pytest.approx(sk.cohen_kappa_score(said, model))

    def test_whoever_says_what_the_model_says_agrees_with_it(self, table):
        calls = [table.classes[i] for i in table.predicted]
        same = {n: verdict(c) for n, c in zip(table.frame["image_id"], calls, strict=True)}
        result = judge_reading(table, same, replicates=20)
        assert result["agreement"]["same"]["value"] == 1
        assert result["agreement"]["kappa"]["value"] == pytest.approx(1)
        assert result["disagreements"] == []
        assert result["reader"]["accuracy"] == result["model"]["accuracy"]

    def test_a_faultless_reading_of_few_patients_is_not_said_to_be_certain(self, table):
        is_few = table.patients < 3
        truth = [table.classes[i] for i in table.labels[is_few]]
        names = table.frame["image_id"][is_few]
        right = {
            name: verdict(label, suspicion=k)
            for k, (name, label) in enumerate(zip(names, truth, strict=True))
        }
        result = judge_reading(table, right, replicates=50)
        accuracy = {"value": 1, "low": pytest.approx(0.025 ** (1 / 3)), "high": 1}
        assert (result["patients"], result["reader"]["accuracy"]) == (3, accuracy)
        told = [*result["reader"].values(), *result["agreement"].values()]
        assert all(one["low"] is None or one["low"] < one["high"] for one in told)

    def test_only_what_was_judged_counts(self, table, verdicts):
        few = dict(list(verdicts.items())[:7])
        assert judge_reading(table, few, replicates=10)["n"] == 7
        assert [row["image_id"] for row in tabulate_reading(table, few)] == list(few)

    def test_one_patient_gives_no_interval(self, table, verdicts):
        few = {name: verdicts[name] for name in table.frame["image_id"][:4]}
        result = judge_reading(table, few, replicates=20)
        assert result["patients"] == 1
        assert result["agreement"]["same"]["low"] is None
        assert result["warnings"]

    def test_verdicts_on_other_images_are_told(self, table):
        with pytest.raises(BadTable):
            judge_reading(table, {"nobody": verdict()})

    def test_what_a_few_cases_cannot_tell_is_undefined(self, table, verdicts):
        is_first = table.labels == 0
        few = {name: verdicts[name] for name in table.frame["image_id"][is_first][:3]}
        result = judge_reading(table, few, replicates=10)
        assert result["reader"]["auroc"] == {"value": None, "low": None, "high": None}
        assert result["reader"]["sensitivity"]["value"] is None
        assert result["auroc_p"] is None


def test_missing_predictions_of_a_judged_case_stay_missing_in_its_row():
    row = tabulate_reading(make_table(patients=2), {"nobody": verdict()})[0]
    assert row["truth"] is None or pd.isna(row["truth"])
