"""What the Train page does before a training starts and says of those before."""

import json

import pytest
import standin_home
from standin_home import make_job

from mammo_core.config import parse_assignments, read_settings
from mammo_core.datasets import load_dataset
from mammo_core.errors import BadConfiguration
from mammo_core.preprocess import Preprocess
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.plan import Plan, write_plan
from mammo_ui import training_jobs
from mammo_ui.learning_curves import choose_ticks, draw_curves
from mammo_ui.names import checked_name
from mammo_ui.training_fields import KEYS, STEPS, field_of, keys_of, name_fields
from mammo_ui.training_findings import find_in
from mammo_ui.training_jobs import best_epoch_text, choose_job, last_word
from mammo_ui.training_start import check_free, settings_words
from mammo_ui.training_steps import step_of
from mammo_ui.training_tasks import TASKS, suggest_name


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


def test_the_suggested_name_is_that_of_no_result_and_of_no_job(home):
    task = TASKS["train"]
    assert suggest_name(task, frozenset()) == "my-model"
    (home / "models" / "my-model").mkdir(parents=True)
    assert suggest_name(task, frozenset()) == "my-model-2"
    assert suggest_name(task, frozenset({home / "models" / "my-model-2"})) == "my-model-3"


def test_what_a_job_says_last_has_no_digits_that_nobody_reads(home):
    model = home / "models" / "mine"
    standin_home.write_card(model)
    job = make_job(home, 2, model, exit_code=2, log="The loss is 351.66128\n")
    assert last_word(job.status()) == "The loss is 352"
    assert best_epoch_text(job) == "best epoch 2 of 2, AUROC 0.80"


def test_the_address_chooses_the_job_else_the_running_one_else_the_newest(home, monkeypatch):
    address = {}
    monkeypatch.setattr(training_jobs.st, "query_params", address)
    ended = make_job(home, 1, home / "models" / "a", exit_code=0)
    running = make_job(home, 2, home / "models" / "b")
    newest = make_job(home, 3, home / "models" / "c", exit_code=2)
    jobs = training_jobs.training_jobs()
    assert jobs == [newest, running, ended]
    assert choose_job(jobs) == running
    assert choose_job([newest, ended]) == newest
    address["job"] = ended.id
    assert choose_job(jobs) == ended
    assert choose_job([]) is None


def test_a_training_that_was_resumed_is_one_row_and_its_link_shows_the_newest(home, monkeypatch):
    stopped = make_job(home, 1, home / "models" / "a", exit_code=130)
    other = make_job(home, 2, home / "models" / "b", exit_code=0)
    resumed = make_job(home, 3, home / "models" / "a", exit_code=0)
    jobs = training_jobs.training_jobs()
    assert training_jobs.newest_of_each(jobs) == [resumed, other]
    monkeypatch.setattr(training_jobs.st, "query_params", {"job": stopped.id})
    assert choose_job(jobs) == resumed
    training_jobs.forget(resumed)
    assert training_jobs.training_jobs() == [other]


def test_a_finished_search_shows_its_main_number_and_an_unbegun_one_none(home):
    folder = home / "study"
    assert find_in("tune", folder) == ""
    folder.mkdir(parents=True)
    trials = [{"number": n, "value": 0.5 + n / 10} for n in range(3)]
    (folder / "study.json").write_text(json.dumps({"trials": trials, "best": 2}))
    assert find_in("tune", folder) == "best trial 2 of 3, AUROC 0.70"


def test_every_setting_of_a_training_is_asked_for_once():
    asked = [key for step in STEPS for rare in (True, False) for key in keys_of(step, is_rare=rare)]
    assert sorted(asked) == sorted(KEYS)


def test_settings_are_asked_for_after_those_that_give_them_a_meaning():
    order = [key for step in STEPS for rare in (False, True) for key in keys_of(step, is_rare=rare)]
    needed = {key: field_of(key).only_if for key in KEYS}
    assert all(order.index(other[0]) < order.index(key) for key, other in needed.items() if other)


def test_an_error_is_told_at_the_step_that_holds_its_setting():
    assert step_of("Setting 'epochs' must be at least 1, got 0") == "schedule"
    assert step_of("Setting 'image_size' must be 32 to 4096 a side, got (1, 1)") == "data"
    assert step_of("Setting 'augmentation' must be one of none, 'light'; got 'x'") == "balance"
    assert step_of("the disk is full") == "schedule"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (
            "Setting 'image_size' is 32 up, got 12x5",
            "Image size is 32 up, got 12x5",
        ),
        ("at most the shorter side of image_size", "at most the shorter side of image size"),
        ("no mask; use recipe=whole_image", "no mask; use Recipe: Whole images"),
        ("Range 'dropout=0.5..0.1' must rise", "Range of Dropout '0.5..0.1' must rise"),
    ],
)
def test_an_error_names_the_fields_as_the_form_does(raw, told):
    assert name_fields(raw) == told


def test_a_command_holds_the_settings_that_differ_and_makes_the_same_configuration():
    config = TrainingConfiguration(recipe="whole_image", epochs=3, image_size=(64, 48))
    words = settings_words(config)
    assert read_settings(TrainingConfiguration, parse_assignments(words[1::2])) == config
    assert set(words[::2]) == {"--set"}
    assert len(words) == 2 * 3


def test_epochs_are_marked_by_whole_numbers_that_are_not_too_many():
    assert choose_ticks([3]) == [3]
    assert choose_ticks(range(1, 9)) == list(range(1, 9))
    assert choose_ticks(range(11, 61)) == [11, 18, 25, 32, 39, 46, 53, 60]


def test_equal_values_get_an_axis_with_room():
    points = [{"epoch": n, "line": "val", "value": 0.5} for n in (1, 2, 3)]
    scale = draw_curves("AUROC", points, 1, {"val": "#000000"})["layer"][0]["encoding"]["y"][
        "scale"
    ]
    assert scale["domain"] == pytest.approx([0.45, 0.55])


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-x", ".hidden", "a b", "ä", "x" * 3 + "\0"])
def test_a_name_that_is_no_plain_folder_name_is_refused(name):
    with pytest.raises(BadConfiguration, match="Expected a name"):
        checked_name(name)


def test_a_plain_name_is_taken_without_its_blanks():
    assert checked_name(" mias-1.b_2 ") == "mias-1.b_2"
