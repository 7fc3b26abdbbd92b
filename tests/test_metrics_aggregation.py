"""Breasts, exams and patients: worst label, joined probability, metadata that all agree on."""

import numpy as np
import pytest
from prediction_rows import CLASSES, make_predictions

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.metrics.aggregation import AGGREGATIONS, LEVELS, aggregate
from mammo_core.predictions import read_predictions


def read(frame, tmp_path):
    frame.to_csv(tmp_path / "table.csv", index=False)
    return read_predictions(tmp_path / "table.csv")


@pytest.fixture
def frame():
    return make_predictions(12)


@pytest.fixture
def table(frame, tmp_path):
    return read(frame, tmp_path)


def noisy_or(p):
    return 1 - np.prod(1 - p)


@pytest.mark.parametrize(
    ("aggregation", "rule"), [("mean", "mean"), ("max", "max"), ("noisy_or", noisy_or)]
)
@pytest.mark.parametrize("level", ["breast", "exam", "patient"])
def test_scores_and_labels_equal_a_group_by(table, frame, level, aggregation, rule):
    got = aggregate(table, level, aggregation)
    groups = frame.groupby(list(LEVELS[level]), sort=True)
    np.testing.assert_allclose(got.probabilities[:, 2], groups["p_malignant"].agg(rule))
    worst = frame["label"].map(CLASSES.index).groupby([frame[c] for c in LEVELS[level]]).max()
    assert got.labels.tolist() == worst.tolist()


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_probabilities_still_sum_to_one(table, aggregation):
    got = aggregate(table, "exam", aggregation).probabilities
    np.testing.assert_allclose(got.sum(axis=1), 1)
    assert got.min() >= 0


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_units_of_one_image_stay_what_they_are(frame, tmp_path, aggregation):
    table = read(frame.iloc[::4], tmp_path)
    got = aggregate(table, "patient", aggregation)
    np.testing.assert_allclose(got.probabilities, table.probabilities, atol=1e-12)


def test_the_mean_is_each_classs_own_mean(table, frame):
    got = aggregate(table, "patient", "mean").probabilities
    expected = frame.groupby("patient_id")[[f"p_{c}" for c in CLASSES]].mean()
    np.testing.assert_allclose(got, expected)


def test_no_image_of_a_unit_scores_above_its_maximum(table):
    got = aggregate(table, "patient", "max")
    for patient, p in zip(table.patients, table.probabilities[:, 2], strict=True):
        assert p <= got.probabilities[patient, 2] + 1e-12


def test_a_certain_image_makes_a_certain_unit(frame, tmp_path):
    frame.loc[5, ["p_normal", "p_benign", "p_malignant"]] = 0.0, 0.0, 1.0
    got = aggregate(read(frame, tmp_path), "patient", "noisy_or")
    assert got.probabilities[1, 2] == 1


def test_metadata_that_images_disagree_on_is_missing(table):
    got = aggregate(table, "exam").frame
    assert got["laterality"].isna().all()
    assert got["view"].isna().all()
    assert got["density"].tolist()[:4] == ["a", "b", "c", "d"]
    assert got["age"].isna().tolist() == [k % 7 == 0 for k in range(12)]


def test_a_unit_opens_its_images(table, frame):
    got = aggregate(table, "breast")
    left = frame[(frame["patient_id"] == "p001") & (frame["laterality"] == "L")]
    place = np.flatnonzero((got.patients == 1) & (got.frame["laterality"] == "L").to_numpy())
    assert got.image_ids(place) == left["image_id"].tolist()


def test_chosen_units_still_open_their_images(table):
    got = aggregate(table, "patient")
    chosen = got.take(got.labels == 2)
    place = int(np.flatnonzero(got.labels == 2)[-1])
    assert chosen.image_ids(np.array([len(chosen) - 1])) == got.image_ids(np.array([place]))


def test_images_without_a_side_form_a_breast_of_their_own(frame, tmp_path):
    frame.loc[:1, "laterality"] = None
    got = aggregate(read(frame, tmp_path), "breast")
    assert len(got) == 24
    assert got.frame["laterality"].isna().sum() == 1


def test_without_an_exam_column_a_patient_has_one_exam(frame, tmp_path):
    table = read(frame.drop(columns="exam_id"), tmp_path)
    assert len(aggregate(table, "exam")) == 12
    assert len(aggregate(table, "breast")) == 24


def test_two_exams_of_a_patient_are_two_rows(frame, tmp_path):
    frame.loc[2:3, "exam_id"] = "later"
    table = read(frame, tmp_path)
    assert len(aggregate(table, "exam")) == 13
    assert len(aggregate(table, "patient")) == 12


def test_breasts_need_a_laterality_column(frame, tmp_path):
    with pytest.raises(BadTable, match="laterality"):
        aggregate(read(frame.drop(columns="laterality"), tmp_path), "breast")


@pytest.mark.parametrize(("level", "rule"), [("organ", "mean"), ("breast", "median")])
def test_unknown_levels_and_rules_are_refused_with_the_known_ones(table, level, rule):
    with pytest.raises(BadConfiguration, match=r"breast|noisy_or"):
        aggregate(table, level, rule)
