"""What the Train page does before a training starts and says of those before."""

import json
import os

import psutil
import pytest
import standin_home

from mammo_core.datasets import load_dataset
from mammo_core.errors import BadConfiguration
from mammo_core.jobs import Job
from mammo_core.preprocess import Preprocess
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.plan import Plan, write_plan
from mammo_ui.learning_curves import choose_ticks, draw_curves, read_history
from mammo_ui.training import check_free, checked_name, describe_jobs, suggest_name


def make_job(home, number, model, *, exit_code=None, log=""):
    """A training as its folder tells it; without an exit code it runs as this very process."""
    folder = home / ".mammo" / "jobs" / f"2026010{number}-000000-abcdef"
    folder.mkdir(parents=True)
    content = {
        "title": f"Train {model.name}",
        "arguments": ["train", "exams", "--out", str(model)],
        "created": 1.7e9 + number,
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
    }
    (folder / "job.json").write_text(json.dumps(content))
    (folder / "log.txt").write_text(log)
    if exit_code is not None:
        (folder / "end.json").write_text(json.dumps({"exit": exit_code, "at": 1.7e9}))
    return Job(folder)


@pytest.fixture
def plan(home):
    folder = home / ".mammo" / "datasets" / "exams"
    standin_home.write_dataset(folder, n_patients=1, seed=0)
    return Plan(load_dataset(folder), TrainingConfiguration(epochs=3), Preprocess(size=(320, 192)))


def test_a_free_name_and_an_unfinished_training_of_the_same_plan_are_let_through(home, plan):
    out = home / "models" / "mine"
    check_free(out, plan)
    write_plan(out, plan)
    check_free(out, plan)


def test_a_finished_model_is_never_trained_over(home, plan):
    out = home / "models" / "mine"
    write_plan(out, plan)
    (out / "model.json").write_text("{}")
    with pytest.raises(BadConfiguration, match="The name mine is taken; choose another"):
        check_free(out, plan)


def test_an_unfinished_training_with_other_settings_keeps_its_name(home, plan):
    out = home / "models" / "mine"
    write_plan(out, plan)
    other = Plan(plan.dataset, TrainingConfiguration(epochs=4), plan.preprocess)
    with pytest.raises(BadConfiguration, match="The name mine is taken; choose another"):
        check_free(out, other)


def test_a_training_that_runs_keeps_its_name_even_from_its_own_plan(home, plan):
    out = home / "models" / "mine"
    make_job(home, 1, out)
    with pytest.raises(BadConfiguration, match="taken by a training that runs now"):
        check_free(out, plan)


def test_the_suggested_name_is_that_of_no_finished_model(home):
    assert suggest_name() == "my-model"
    standin_home.write_card(home / "models" / "my-model")
    assert suggest_name() == "my-model-2"


def test_each_job_tells_its_own_end_and_only_the_newest_of_a_folder_its_best_epoch(home):
    model = home / "models" / "mine"
    standin_home.write_card(model)
    older = make_job(home, 1, model, exit_code=2, log="The disk is full\n")
    newer = make_job(home, 2, model, exit_code=0, log="seconds: 351.66128\n")
    first, second = describe_jobs([newer, older])
    assert "done" in first["state"]
    assert "failed" in second["state"]
    assert first["best epoch"] == "2 of 2, AUROC 0.80"
    assert second["best epoch"] == ""
    assert second["last word"] == "The disk is full"
    assert first["last word"].replace("\\", "") == "seconds: 352"


def test_epochs_are_marked_by_whole_numbers_that_are_not_too_many():
    assert choose_ticks([3]) == [3]
    assert choose_ticks(range(1, 9)) == list(range(1, 9))
    assert choose_ticks(range(11, 61)) == [11, 18, 25, 32, 39, 46, 53, 60]


def test_equal_values_get_an_axis_with_room():
    points = [{"epoch": n, "split": "val", "value": 0.5} for n in (1, 2, 3)]
    scale = draw_curves("AUROC", points, 1)["layer"][0]["encoding"]["y"]["scale"]
    assert scale["domain"] == pytest.approx([0.45, 0.55])


def test_an_unfinished_training_folder_has_no_history_yet(tmp_path):
    assert read_history(tmp_path) == []


def test_empty_cells_stay_empty(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,val_auroc\n1,\n2,0.5\n")
    assert [row["val_auroc"] for row in read_history(tmp_path)] == ["", 0.5]


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-x", ".hidden", "a b", "ä", "x" * 3 + "\0"])
def test_a_name_that_is_no_plain_folder_name_is_refused(name):
    with pytest.raises(BadConfiguration, match="Expected a name"):
        checked_name(name)


def test_a_plain_name_is_taken_without_its_blanks():
    assert checked_name(" mias-1.b_2 ") == "mias-1.b_2"
