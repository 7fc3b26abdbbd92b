"""Conformal sets keep their promise, patients count once, and MAPIE builds them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from prediction_rows import CLASSES, make_predictions
from scipy.stats import binom

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.predictions import check_predictions
from mammo_core.uncertainty.conformal import (
    CONFORMAL,
    find_class_thresholds,
    find_threshold,
    predict_sets,
    score_truth,
)
from mammo_core.uncertainty.conformal_answer import ConformalOptions, answer_table
from mammo_core.uncertainty.coverage import estimate_coverage
from mammo_core.uncertainty.mapie_sets import build_sets
from mammo_core.uncertainty.validation_rows import find_validation
from mammo_core.validation_rows import ValidationRows


def to_table(frame):
    return check_predictions(pa.Table.from_pandas(frame, preserve_index=False), "made")


def draw_table(n_patients, rng, views=4):
    """Studies of one kind, the views of a patient alike; those of one class score worse."""
    patient = np.repeat(np.arange(n_patients), views)
    label = rng.choice(3, n_patients, p=[0.5, 0.3, 0.2])[patient]
    z = rng.normal(size=(n_patients, 3))[patient] + rng.normal(0, 0.4, (len(patient), 3))
    z[np.arange(len(patient)), label] += np.array([2.5, 1.5, 0.5])[label]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return to_table(
        pd.DataFrame(
            {
                "image_id": [f"i{k:05}" for k in range(len(patient))],
                "patient_id": [f"p{k:05}" for k in patient],
                "label": np.array(CLASSES)[label],
                **{f"p_{name}": p[:, k] for k, name in enumerate(CLASSES)},
            }
        )
    )


def is_covered(calibration, table, method, alpha):
    sets = predict_sets(calibration, table, method=method, alpha=alpha)
    return sets[np.arange(len(table)), table.labels]


def test_with_one_row_a_patient_it_is_the_order_statistic_of_split_conformal():
    scores = np.random.default_rng(0).random(57)
    rank = int(np.ceil(58 * 0.9))
    found = find_threshold(scores, np.arange(57), alpha=0.1)
    assert found == np.sort(scores)[rank - 1]


def test_mapie_by_its_own_score_builds_the_same_sets_where_patients_have_one_row_each():
    rng = np.random.default_rng(1)
    calibration, table = draw_table(150, rng, views=1), draw_table(200, rng)
    expected = build_sets(
        calibration.probabilities, calibration.labels, table.probabilities, score="lac", alpha=0.1
    )
    found = predict_sets(calibration, table, method="lac", alpha=0.1)
    assert (found == expected).all()


def test_the_sets_are_the_closed_form_of_their_thresholds():
    rng = np.random.default_rng(2)
    calibration, table = draw_table(100, rng), draw_table(50, rng)
    for method in CONFORMAL:
        thresholds = CONFORMAL[method].find_thresholds(calibration, 0.15)
        found = predict_sets(calibration, table, method=method, alpha=0.15)
        assert (found == (1 - table.probabilities <= thresholds)).all()


def test_rows_repeated_within_a_patient_change_nothing():
    rng = np.random.default_rng(3)
    scores, patients = rng.random(40), np.arange(40)
    repeated = np.repeat(np.arange(40), rng.integers(1, 6, 40))
    once = find_threshold(scores, patients, alpha=0.2)
    assert find_threshold(scores[repeated], patients[repeated], alpha=0.2) == once


def test_too_few_patients_exclude_nothing():
    assert find_threshold(np.arange(8.0), np.arange(8), alpha=0.1) == np.inf
    assert find_threshold(np.arange(9.0), np.arange(9), alpha=0.1) == 8.0
    assert find_threshold(np.empty(0), np.empty(0), alpha=0.1) == np.inf


def test_a_new_patients_image_is_covered_as_often_as_asked():
    """Of patients with one to eight images alike, one image of one more each: binomial."""
    rng, n_studies, hits = np.random.default_rng(4), 3000, 0
    for _ in range(n_studies):
        patients = np.repeat(np.arange(20), rng.integers(1, 9, 20))
        of_patient = rng.normal(size=21)
        scores = of_patient[patients] + 0.3 * rng.normal(size=len(patients))
        new = of_patient[20] + 0.3 * rng.normal()
        hits += new <= find_threshold(scores, patients, alpha=0.2)
    assert hits >= binom.ppf(0.001, n_studies, 0.8)
    assert hits <= binom.ppf(0.999, n_studies, 0.8 + 1 / 21)


def test_only_a_threshold_for_each_class_covers_each_class():
    rng = np.random.default_rng(5)
    calibration, table = draw_table(800, rng), draw_table(2000, rng)
    worst = table.labels == 2
    shares = {name: is_covered(calibration, table, name, 0.1)[worst].mean() for name in CONFORMAL}
    assert shares["class_conditional"] == pytest.approx(0.9, abs=0.04)
    assert shares["lac"] < 0.85


def test_a_class_that_nobody_has_in_the_calibration_is_in_every_set():
    rng = np.random.default_rng(6)
    calibration, table = draw_table(100, rng), draw_table(20, rng)
    without = calibration.take(calibration.labels != 2)
    with pytest.warns(UserWarning, match="less labels"):
        sets = predict_sets(without, table, method="class_conditional", alpha=0.1)
    assert np.isinf(find_class_thresholds(without, 0.1)[2])
    assert sets[:, 2].all()


def test_coverage_and_size_are_counted_as_by_hand():
    rng = np.random.default_rng(7)
    table = draw_table(40, rng)
    sets = rng.random((len(table), 3)) < 0.6
    found = estimate_coverage(table, sets, replicates=50)
    covered = sets[np.arange(len(table)), table.labels]
    assert found["coverage"]["value"] == pytest.approx(covered.mean())
    for k, name in enumerate(CLASSES):
        of_class = found["per_class"][name]
        assert of_class["n"] == (table.labels == k).sum()
        assert of_class["coverage"]["value"] == pytest.approx(covered[table.labels == k].mean())
    assert found["mean_size"]["value"] == pytest.approx(sets.sum(axis=1).mean())
    assert found["single"]["value"] == pytest.approx((sets.sum(axis=1) == 1).mean())
    assert found["empty"]["value"] == pytest.approx((~sets.any(axis=1)).mean())


def test_a_mean_size_of_one_is_no_share_that_was_always_met():
    table = draw_table(10, np.random.default_rng(9))
    found = estimate_coverage(table, np.eye(3, dtype=bool)[table.labels], replicates=20)
    assert found["mean_size"] == {"value": 1.0, "low": None, "high": None}
    assert found["coverage"]["low"] < found["coverage"]["value"] == 1.0


def test_the_rows_of_one_patient_have_no_interval():
    table = draw_table(1, np.random.default_rng(9))
    found = estimate_coverage(table, np.ones((len(table), 3), dtype=bool), replicates=20)
    assert found["coverage"] == {"value": 1.0, "low": None, "high": None}
    assert found["mean_size"] == {"value": 3.0, "low": None, "high": None}


def test_patients_who_are_alike_widen_the_interval_of_coverage():
    rng = np.random.default_rng(8)
    one = draw_table(60, rng, views=1)
    sets = rng.random((60, 3)) < 0.7
    four = to_table(
        one.frame.loc[one.frame.index.repeat(4)].assign(image_id=[f"j{k:05}" for k in range(240)])
    )
    alike = estimate_coverage(four, np.repeat(sets, 4, axis=0))["coverage"]
    single = estimate_coverage(one, sets)["coverage"]
    assert (alike["low"], alike["high"]) == pytest.approx((single["low"], single["high"]))


OPTIONS = ConformalOptions(rows=EvaluationOptions(bootstrap=20))


def test_a_table_with_a_validation_split_calibrates_itself():
    frame = make_predictions(80)
    frame["split"] = np.where(frame["patient_id"] < "p040", "val", "test")
    table = to_table(frame)
    answer = answer_table(table, find_validation(None, table), OPTIONS)
    assert (answer["patients"], answer["calibration"]["patients"]) == (40, 40)
    assert set(answer["methods"]) == set(CONFORMAL)
    for found in answer["methods"].values():
        assert sum(one["n"] for one in found["sets"]) == answer["n"]


@pytest.mark.parametrize("level", ["breast", "patient"])
def test_both_sides_are_joined_to_the_same_level(level):
    frame = make_predictions(80)
    frame["split"] = np.where(frame["patient_id"] < "p040", "val", "test")
    table = to_table(frame)
    options = ConformalOptions(rows=EvaluationOptions(level=level, bootstrap=5))
    answer = answer_table(table, find_validation(None, table), options)
    assert answer["n"] == answer["calibration"]["n"] == 40 * {"breast": 2, "patient": 1}[level]


def test_patients_on_both_sides_are_told_of():
    table = to_table(make_predictions(30).assign(split="val"))
    options = ConformalOptions(rows=EvaluationOptions(split="val", bootstrap=5))
    answer = answer_table(table, find_validation(None, table), options)
    assert any("30 patients both" in warning for warning in answer["warnings"])


def test_numbered_patients_of_another_dataset_are_not_taken_for_the_same():
    table = to_table(make_predictions(30))
    elsewhere = ValidationRows(table, "another dataset", is_same_data=False)
    answer = answer_table(table, elsewhere, OPTIONS)
    assert not any("both" in warning for warning in answer["warnings"])


def test_few_patients_of_a_class_are_told_of():
    frame = make_predictions(80)
    frame["split"] = np.where(frame["patient_id"] < "p010", "val", "test")
    table = to_table(frame)
    answer = answer_table(table, find_validation(None, table), OPTIONS)
    assert any("in every set" in warning for warning in answer["warnings"])
    least = answer["methods"]["class_conditional"]["least_probability"]
    assert least["malignant"] is None


def test_what_cannot_be_calibrated_is_refused_in_a_line():
    table = to_table(make_predictions(20))
    with pytest.raises(BadTable, match="split 'val' to calibrate"):
        answer_table(table, find_validation(None, table), OPTIONS)
    few = table.take(np.arange(4))
    with pytest.raises(BadTable, match="at least 10 rows"):
        predict_sets(few, table, method="lac", alpha=0.1)
    with pytest.raises(BadConfiguration, match="coverage between 0 and 1"):
        predict_sets(table, table, method="lac", alpha=1.2)
    with pytest.raises(BadConfiguration, match="lac, class_conditional"):
        predict_sets(table, table, method="aps", alpha=0.1)


def test_other_classes_cannot_calibrate():
    table = to_table(make_predictions(20))
    renamed = make_predictions(20).rename(columns={"p_normal": "p_none"})
    renamed["label"] = renamed["label"].replace("normal", "none")
    with pytest.raises(BadTable, match="none, benign, malignant"):
        predict_sets(to_table(renamed), table, method="lac", alpha=0.1)


def test_the_score_is_what_the_truth_lacks_of_one():
    table = to_table(make_predictions(5))
    expected = [1 - row[f"p_{row['label']}"] for row in table.frame.to_dict("records")]
    assert score_truth(table) == pytest.approx(expected)
