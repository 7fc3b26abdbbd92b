"""A patient in two splits is told of wherever one split is judged and another one fits."""

import pytest
from prediction_rows import make_predictions

from mammo_core.calibrators.calibrated_tables import calibrate_file
from mammo_core.metrics.evaluation import evaluate
from mammo_core.metrics.shared_patients import tell_shared_patients
from mammo_core.predictions import read_predictions
from mammo_core.table_models.adoption import TableImport, adopt_table
from mammo_core.verbs.conformal import conformal

SHARED = "3 patients have images in the split 'test' and in another (val)"


@pytest.fixture
def frame():
    """Patients 0 to 19 in val, 17 to 39 in test: three have views in both."""
    made = make_predictions(40)
    patient, is_left = made["patient_id"].str[1:].astype(int), made["laterality"] == "L"
    return made.assign(split=(patient < 17).where(~patient.between(17, 19), is_left)).replace(
        {"split": {True: "val", False: "test"}}
    )


@pytest.fixture
def table(frame, tmp_path):
    path = tmp_path / "theirs.csv"
    frame.to_csv(path, index=False)
    return path


def of(answer):
    return [text for text in answer["warnings"] if "in another" in text]


def test_evaluating_tells_of_them_and_their_other_split(table):
    (told,) = of(evaluate(read_predictions(table), bootstrap=0))
    assert told.startswith(SHARED)


def test_calibrating_tells_of_them_from_its_own_split(table, tmp_path):
    (told,) = of(calibrate_file(table, tmp_path / "out.parquet", "temperature", bootstrap=0))
    assert told.startswith("3 patients have images in the split 'val' and in another (test)")


def test_conformal_sets_tell_of_them(table):
    (told,) = of(conformal(predictions=table, bootstrap=0))
    assert told.startswith(SHARED)


def test_taking_the_table_in_tells_of_them(table, tmp_path, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path / "home"))
    (told,) = of(adopt_table(TableImport(file=table), "theirs"))
    assert told.startswith(SHARED)


def test_patients_of_one_split_each_are_nothing_to_tell(frame):
    is_apart = ~frame["patient_id"].isin(["p017", "p018", "p019"])
    assert tell_shared_patients(frame[is_apart], "test") == []


def test_all_rows_together_have_no_other_split(frame):
    assert tell_shared_patients(frame, "all") == []


def test_a_missing_split_is_no_other_one(frame):
    of_val = frame.assign(split=frame["split"].where(frame["split"] == "test"))
    assert tell_shared_patients(of_val, "test") == []
