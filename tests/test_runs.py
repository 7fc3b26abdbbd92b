"""What is said of runs is what their folders hold; nothing is computed, nothing is left out."""

import json
import os
import shutil

import psutil
import pytest
import run_folders

from mammo_core.errors import BadModel
from mammo_core.paths import read_json, write_json
from mammo_core.run import STATES
from mammo_core.run_reading import read_run
from mammo_core.run_results import FEW_PATIENTS, NO_POSITIVE, NOT_KEPT
from mammo_core.runs import find_runs, list_runs

KNOWN = {"value": 0.75, "low": 0.5, "high": 0.875}
POINT = {"value": 0.75, "low": None, "high": None}
NOTHING = {"value": None, "low": None, "high": None}


@pytest.fixture
def models(home):
    folder = home / "models"
    folder.mkdir(parents=True)
    return folder


def note_job(home, model, **fields):
    """A training's job as its folder tells it."""
    folder = home / ".mammo" / "jobs" / "20260101-000000-abcdef"
    folder.mkdir(parents=True)
    content = {"title": "x", "arguments": ["train", "films", "--out", str(model)], "created": 1.7e9}
    (folder / "job.json").write_text(json.dumps(content | fields))


def test_no_folder_of_models_is_no_run(home):
    assert list_runs() == []


def test_each_folder_is_one_run_in_its_own_state(models):
    run_folders.write_run(models / "a")
    run_folders.write_import(models / "b")
    run_folders.write_unfinished(models / "c")
    (models / "d").mkdir()
    (models / ".on-its-way").mkdir()
    (models / "README.md").touch()
    runs = list_runs()
    assert [run.name for run in runs] == ["a", "b", "c", "d"]
    assert [run.state for run in runs] == ["finished", "imported", "stopped", "damaged"]
    assert {run.state for run in runs} <= set(STATES)
    assert [run.is_whole for run in runs] == [True, True, False, False]


@pytest.mark.parametrize("damage", ["{", "[]", '{"configuration": {}}', '{"configuration": 3}'])
def test_a_damaged_folder_is_listed_with_what_is_wrong(models, damage):
    run_folders.write_unfinished(models / "a")
    (models / "a" / "training.json").write_text(damage)
    (run,) = list_runs()
    assert run.state == "damaged"
    assert run.fault
    json.dumps(run.to_json(), allow_nan=False)


def test_every_run_can_be_told_as_strict_json(models):
    run_folders.write_run(models / "a")
    run_folders.write_import(models / "b")
    run_folders.write_unfinished(models / "c", history="")
    texts = [json.dumps(run.to_json(), allow_nan=False) for run in list_runs()]
    assert len(texts) == 3


def test_a_training_at_work_is_running_and_one_that_ended_is_stopped(home, models):
    run_folders.write_unfinished(models / "a")
    process = {"pid": os.getpid(), "started": psutil.Process().create_time()}
    note_job(home, models / "a", **process)
    assert list_runs()[0].state == "running"
    (home / ".mammo" / "jobs" / "20260101-000000-abcdef" / "end.json").write_text('{"exit": 130}')
    assert list_runs()[0].state == "stopped"


def test_a_training_that_has_just_begun_is_running_though_its_folder_is_empty(home, models):
    (models / "a").mkdir()
    note_job(home, models / "a", pid=os.getpid(), started=psutil.Process().create_time())
    (run,) = list_runs()
    assert (run.state, run.fault) == ("running", "")


@pytest.mark.parametrize(
    "changes", [{"input_shape": [1, 2]}, {"classes": 3}, {"training": []}, {"dataset": "films"}]
)
def test_a_card_of_another_kind_is_a_damaged_run(models, changes):
    run_folders.write_run(models / "a")
    path = models / "a" / "model.json"
    write_json(path, read_json(path) | changes)
    assert list_runs()[0].state == "damaged"


def test_a_finished_model_counts_its_epochs_minutes_and_parameters(models):
    run_folders.write_run(models / "a")
    told = list_runs()[0].to_json()
    assert (told["epochs"], told["minutes"], told["parameters"]) == (2, 0.13, 1000)
    assert told["date"] == "2026-01-02"
    assert told["input_shape"] == [64, 48, 1]
    assert told["dataset"] == "films"


def test_an_unfinished_training_shows_its_best_epoch_without_an_interval(models):
    run_folders.write_unfinished(models / "a")
    (run,) = list_runs()
    assert run.validation.estimate == {"value": 0.8, "low": None, "high": None}
    assert (run.epochs, run.seconds) == (2, 8.0)


def test_epochs_that_went_on_are_seen_at_once(models):
    run_folders.write_unfinished(models / "a")
    assert list_runs()[0].epochs == 2
    third = run_folders.HISTORY + "3,images,0.8,0.8,0.9,4\n"
    run_folders.write_text(models / "a" / "history.csv", third)
    assert list_runs()[0].validation.estimate["value"] == 0.9


def test_a_validation_without_kept_predictions_has_no_interval_and_says_why(models):
    run_folders.write_run(models / "a")
    measured = read_run(models / "a").validation
    assert measured.estimate == {"value": 0.8, "low": None, "high": None}
    assert measured.reason == NOT_KEPT


@pytest.mark.parametrize(
    ("estimate", "reason"), [(KNOWN, ""), (POINT, FEW_PATIENTS), (NOTHING, NO_POSITIVE)]
)
def test_a_kept_validation_is_shown_as_it_was_kept(models, estimate, reason):
    kept = {"images": 12, "patients": 3, "auroc": estimate}
    run_folders.write_run(models / "a", training={"validation": kept})
    measured = read_run(models / "a").validation
    assert measured.estimate == estimate
    assert (measured.n, measured.patients, measured.reason) == (12, 3, reason)


def test_what_was_never_evaluated_has_no_test(models):
    run_folders.write_run(models / "a")
    assert read_run(models / "a").tests == ()


def test_tests_on_the_own_dataset_and_images_come_first(models):
    run_folders.write_run(models / "a")
    run_folders.write_evaluation(models / "a", KNOWN, dataset="alien")
    run_folders.write_evaluation(models / "a", KNOWN, level="breast")
    run_folders.write_evaluation(models / "a", POINT)
    tests = read_run(models / "a").tests
    order = [(test.dataset, test.level) for test in tests]
    assert order == [("films", "image"), ("films", "breast"), ("alien", "image")]
    assert tests[0].reason == FEW_PATIENTS


def test_all_images_are_a_test_only_where_the_model_learned_from_none_of_them(models):
    run_folders.write_run(models / "a")
    run_folders.write_evaluation(models / "a", KNOWN, split="all")
    run_folders.write_evaluation(models / "a", KNOWN, split="val")
    run_folders.write_evaluation(models / "a", KNOWN, split="all", dataset="alien")
    assert [test.dataset for test in read_run(models / "a").tests] == ["alien"]


def test_an_evaluation_of_another_table_is_no_test(models):
    run_folders.write_run(models / "a")
    run_folders.write_evaluation(models / "a", KNOWN)
    assert len(read_run(models / "a").tests) == 1
    run_folders.write_text(models / "a" / "predictions" / "films.parquet", "another table")
    assert read_run(models / "a").tests == ()
    shutil.rmtree(models / "a" / "predictions")
    assert read_run(models / "a").tests == ()


def test_a_damaged_evaluation_is_no_test(models):
    run_folders.write_run(models / "a")
    run_folders.write_evaluation(models / "a", KNOWN)
    run_folders.write_text(models / "a" / "evaluations" / "films.test.image.mean.json", "{")
    assert read_run(models / "a").tests == ()


def test_an_unknown_name_is_told_with_those_there_are(models):
    run_folders.write_run(models / "a")
    assert [run.name for run in find_runs(["a"])] == ["a"]
    with pytest.raises(BadModel, match="No run 'b': expected one of: a"):
        find_runs(["a", "b"])
