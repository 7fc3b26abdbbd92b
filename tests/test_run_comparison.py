"""Two runs are paired on images that both were judged on before, and only on those."""

import pandas as pd
import pytest
import run_folders
import standin_home

from mammo_core.metrics.comparison import delong
from mammo_core.predictions import read_predictions, write_predictions
from mammo_core.run_comparison import VALIDATION, compare_runs
from mammo_core.runs import find_runs

KNOWN = {"value": 0.75, "low": 0.5, "high": 0.875}


@pytest.fixture
def index():
    rows = [
        row
        for patient in range(12)
        for row in standin_home.describe_patient(patient, standin_home.CLASSES[patient % 3], "a")
    ]
    return pd.DataFrame(rows).assign(path="", mask_path="", sha256="", gate="")


@pytest.fixture
def models(home, index):
    for seed, name in enumerate("ab"):
        folder = home / "models" / name
        run_folders.write_run(folder)
        table = standin_home.predict(index, seed)
        write_predictions(folder / "predictions" / "films.parquet", table)
        write_predictions(folder / VALIDATION, table.assign(split="val"))
    return home / "models"


def pairs():
    return compare_runs(*find_runs(["a", "b"]))


def test_validation_images_of_one_dataset_are_paired(models):
    (pair,) = pairs()
    tables = [read_predictions(models / name / VALIDATION) for name in "ab"]
    is_positive = tables[0].labels == 2
    scores = [table.probabilities[:, 2] for table in tables]
    expected = delong(is_positive, *scores, tables[0].patients)
    assert (pair.dataset, pair.split, pair.fault) == ("films", "val", "")
    assert pair.answer["difference"]["value"] == pytest.approx(expected.auc_a - expected.auc_b)
    assert pair.answer["delong_p"] == pytest.approx(expected.p)


def test_a_test_set_is_not_looked_at_unless_both_were_evaluated_on_it(models):
    run_folders.write_evaluation(models / "a", KNOWN)
    assert [pair.split for pair in pairs()] == ["val"]
    run_folders.write_evaluation(models / "b", KNOWN)
    assert [pair.split for pair in pairs()] == ["val", "test"]


def test_validation_images_of_another_dataset_are_not_paired(models, home):
    run_folders.write_run(home / "models" / "c", dataset={"name": "other"})
    table = read_predictions(models / "a" / VALIDATION).frame
    write_predictions(home / "models" / "c" / VALIDATION, table)
    assert compare_runs(*find_runs(["a", "c"])) == []


def test_a_run_and_its_copy_do_not_differ(models):
    table = read_predictions(models / "a" / VALIDATION).frame
    write_predictions(models / "b" / VALIDATION, table)
    (pair,) = pairs()
    assert pair.answer["difference"]["value"] == 0
    assert pair.answer["delong_p"] is None


def test_other_images_are_told_with_their_counts(models):
    table = read_predictions(models / "b" / VALIDATION).frame
    write_predictions(models / "b" / VALIDATION, table.iloc[4:])
    (pair,) = pairs()
    assert pair.answer is None
    assert "48 and 44 images" in pair.fault
