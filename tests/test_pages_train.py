"""The Train page in each of its states, run as a script without a browser."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import standin_home
import streamlit as st
from standin_home import make_job, make_trainable
from streamlit.testing.v1 import AppTest

from mammo_core.augmentation import read_augmentation
from mammo_core.preprocess import Preprocess
from mammo_ui import library, made_elsewhere, training_start
from mammo_ui.augmentation_steps import GAP, _draw_mosaic

MAIN = str(Path(__file__).resolve().parents[1] / "mammo_ui" / "main.py")
SMALL = Preprocess(size=(64, 32))
HISTORY = "epoch,stage,loss,val_loss,val_auroc,val_recall_normal,seconds\n" + "".join(
    f"{n},images,{1 / n:.3f},{0.5 + 1 / n:.3f},{0.9 - 0.3 / n:.3f},0.5,2.0\n" for n in range(1, 7)
)


@pytest.fixture
def standin(home):
    """A home with a model and a dataset that can be trained on."""
    home.mkdir()
    standin_home.write_card(home / "models" / "demo")
    make_trainable(home / ".mammo" / "datasets" / "exams")
    return home


@pytest.fixture
def started(monkeypatch):
    """The words of the jobs that the page starts, which do not run."""
    jobs = []
    monkeypatch.setattr(
        training_start, "start_job", lambda title, words, *, lane: jobs.append((title, words, lane))
    )
    monkeypatch.setattr("mammo_ui.training_jobs.show_in_address", lambda job: None)
    return jobs


def open_train(**query):
    at = AppTest.from_file(MAIN, default_timeout=60)
    at.switch_page("../pages/train.py")
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def words(at):
    parts = (*at.markdown, *at.caption, *at.info, *at.error, *at.warning)
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def labels(at):
    return [button.label for button in at.button]


def test_the_form_begins_with_what_the_data_suggest_and_says_why(standin):
    at = open_train()
    assert at.text_input(key="exams/image_size").value == "64x32"
    assert at.selectbox(key="exams/recipe").value == "whole_image"
    assert "36 images to train (24 normal, 6 benign, 6 malignant)" in words(at)
    assert "17% malignant: class weights on" in words(at)


def test_without_masks_whole_images_are_suggested_and_patches_refused(standin):
    make = standin / ".mammo" / "datasets" / "exams"
    shutil.rmtree(make)
    make_trainable(make, masks=False)
    at = open_train()
    assert "No lesion masks: whole images" in words(at)
    at.selectbox(key="exams/recipe").set_value("patch_to_image").run()
    assert "no training image has a lesion mask" in at.error[0].value
    assert at.button(key="start").disabled


def test_a_class_with_few_images_is_told_before_anything_runs(standin):
    assert "Only 6 benign and 6 malignant among the training images" in words(open_train())


def test_an_unlabeled_dataset_cannot_be_trained_on_and_says_so(standin):
    folder = standin / ".mammo" / "datasets" / "exams"
    shutil.rmtree(folder)
    make_trainable(folder, classes=())
    at = open_train()
    assert "no labels" in at.error[0].value
    assert at.button(key="start").disabled


def test_without_training_images_the_page_says_how_to_make_some(standin):
    folder = standin / ".mammo" / "datasets" / "exams"
    shutil.rmtree(folder)
    standin_home.write_dataset(folder, n_patients=3, seed=0)
    at = open_train()
    assert "No dataset here has training images" in words(at)
    assert "mammo_core sample" in at.code[0].value
    assert "Add a dataset" in labels(at)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("image_size", "12 by 9", "320x192"),
        ("image_size", "9x9", "32 to 4096 a side"),
        ("learning_rate", 0.0, "above 0"),
    ],
)
def test_a_wrong_setting_is_told_in_its_place_and_cannot_start(standin, key, value, says):
    at = open_train()
    kind = at.text_input if isinstance(value, str) else at.number_input
    kind(key=f"exams/{key}").set_value(value).run()
    assert len(at.error) == 1
    assert says in at.error[0].value.replace("\\", "")
    assert at.button(key="start").disabled


@pytest.mark.parametrize(
    ("name", "says"), [("demo", "demo is taken"), ("a/b", "Expected a name"), ("", "Expected")]
)
def test_a_name_that_cannot_be_used_is_told_before_the_start(standin, started, name, says):
    at = open_train()
    next(field for field in at.text_input if field.label == "Name").set_value(name).run()
    assert says in at.error[0].value.replace("\\", "")
    assert at.button(key="start").disabled


def test_a_dataset_that_cannot_be_trained_on_is_named_with_its_reason(standin):
    standin_home.write_dataset(standin / ".mammo" / "datasets" / "tested", 3, seed=0)
    assert "Not listed: tested (test images alone)." in words(open_train())


def test_a_sweep_says_in_words_what_it_varies_and_nothing_of_one_network(standin):
    at = open_train()
    assert "weights; for" in words(at)
    at.selectbox(key="task").set_value("tune").run()
    assert at.selectbox(key="exams/architecture").label == "Architecture (varies)"
    assert "weights; for" not in words(at)
    assert "cannot be told: the network varies" in words(at)


def test_start_puts_the_chosen_settings_into_the_queue_of_trainings(standin, started):
    at = open_train()
    at.number_input(key="exams/epochs").set_value(3).run()
    at.selectbox(key="exams/imbalance").set_value("none").run()
    at.button(key="start").click().run()
    assert not at.error
    [(title, command, lane)] = started
    assert (title, lane) == ("Train my-model", "training")
    assert command[0] == "train"
    assert Path(command[command.index("--out") + 1]) == standin / "models" / "my-model"
    assert {"epochs=3", "imbalance=none", "image_size=64x32"} <= set(command)


def test_another_choice_than_the_suggested_one_is_allowed_and_keeps_the_suggestion_in_sight(
    standin,
):
    at = open_train()
    at.selectbox(key="exams/imbalance").set_value("none").run()
    assert "(suggested: Class weights)" in words(at)


def test_settings_that_mean_nothing_for_the_recipe_are_not_asked_for(standin):
    at = open_train()
    keys = {field.key for field in at.number_input}
    assert "exams/patch_epochs" not in keys
    at.selectbox(key="exams/recipe").set_value("transfer").run()
    assert "exams/head_epochs" in {field.key for field in at.number_input}


def test_transfer_brings_the_first_weights_into_sight_and_says_what_they_may_be(standin):
    at = open_train()
    at.selectbox(key="exams/recipe").set_value("transfer").run()
    assert "First weights must be" in at.error[0].value
    assert "demo" in at.selectbox(key="exams/weights").options
    at.selectbox(key="exams/weights").set_value("demo").run()
    assert not at.error
    assert not at.button(key="start").disabled


def test_a_running_training_shows_its_curves_in_words_and_can_be_stopped(standin):
    out = standin / "models" / "mine"
    out.mkdir()
    (out / "history.csv").write_text(HISTORY)
    job = make_job(standin, 1, out)
    at = open_train()
    assert "Best validation AUROC 0.85" in words(at)
    assert "2 s an epoch" in words(at)
    at.button(key=f"stop_head_{job.id}").click().run()
    assert (job.folder / "CANCEL").exists()


def test_a_waiting_training_tells_its_place_and_can_be_canceled(standin):
    make_job(standin, 1, standin / "models" / "a")
    waiting = make_job(standin, 2, standin / "models" / "b", waits=True)
    at = open_train(job=waiting.id)
    assert "Place 1 in the queue" in words(at)
    assert "1 waits in the queue" in words(at)
    at.button(key=f"cancel_row_{waiting.id}").click().run()
    assert waiting.state == "stopped"


def test_a_failed_training_says_why_and_offers_to_resume_and_to_forget(standin):
    job = make_job(standin, 1, standin / "models" / "a", exit_code=2, log="The disk is full\n")
    at = open_train(job=job.id)
    assert at.error[0].value == "The disk is full"
    assert {"Resume", "Forget"} <= set(labels(at))
    at.button(key=f"forget_row_{job.id}").click().run()
    assert not job.folder.exists()
    assert not at.exception


def test_a_link_shows_the_job_that_it_names(standin):
    for number, name in enumerate(("a", "b", "c"), start=1):
        make_job(standin, number, standin / "models" / name, exit_code=0)
    at = open_train(job="20260102-000000-abcdef")
    shown = [part.value for part in at.markdown if part.value == "**Train b**"]
    assert shown


def test_many_jobs_show_the_newest_and_the_others_on_demand(standin):
    for number in range(1, 10):
        make_job(standin, number, standin / "models" / f"m{number}", exit_code=0)
    at = open_train()
    assert "Train m1" not in labels(at)
    at.button(key="more_jobs").click().run()
    assert "Train m1" in labels(at)


RATES = {
    "dataset": "exams",
    "setting": "learning_rate",
    "stage": "images",
    "settings": {"architecture": "compact_cnn", "recipe": "whole_image", "batch_size": 8},
    "rates": [1e-5, 1e-4, 1e-3, 1e-2],
    "losses": [1.1, 1.0, 0.6, 2.0],
    "smoothed": [1.1, 1.0, 0.7, 1.5],
    "suggestion": 2.5e-4,
    "diverged_at": None,
}


def write_rates(home, **changes):
    file = home / ".mammo" / "learning_rates" / "rates.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({**RATES, **changes}))
    return make_job(home, 1, file, verb="learning-rate", exit_code=0)


def test_one_click_takes_the_rate_that_a_search_suggests_into_the_form(standin):
    write_rates(standin)
    at = open_train()
    assert at.number_input(key="exams/learning_rate").value == 1e-3
    at.button(key="take_rate").click().run()
    assert at.number_input(key="exams/learning_rate").value == 2.5e-4
    assert "(suggested" not in words(at)


def test_a_search_without_a_suggestion_says_so_and_offers_none(standin):
    write_rates(standin, suggestion=None)
    at = open_train()
    assert "no rate can be suggested" in words(at)
    assert not any(label.startswith("Take") for label in labels(at))


@pytest.mark.parametrize(
    ("verb", "words_of_it"),
    [
        ("cross-validate", ["--folds", "5"]),
        ("learning-curve", ["--shares", "0.1,0.25,0.5,1", "--repeats", "1"]),
        ("learning-rate", ["--steps", "100"]),
        ("tune", ["--trials", "20"]),
    ],
)
def test_each_task_starts_its_verb_in_the_lane_of_trainings(standin, started, verb, words_of_it):
    at = open_train()
    at.selectbox(key="task").set_value(verb).run()
    at.button(key="start").click().run()
    assert not at.error
    [(_, command, lane)] = started
    assert (command[0], lane) == (verb, "training")
    assert "\0".join(words_of_it) in "\0".join(command)
    assert (standin / ".mammo") in Path(command[command.index("--out") + 1]).parents


def test_a_sweep_sets_no_value_for_what_it_varies(standin, started):
    at = open_train()
    at.selectbox(key="task").set_value("tune").run()
    assert at.selectbox(key="exams/imbalance").disabled
    at.multiselect(key="sweep_keys").set_value(["learning_rate"]).run()
    at.selectbox(key="exams/imbalance").set_value("none").run()
    at.button(key="start").click().run()
    [(_, command, _)] = started
    assert [word for word in command if word.startswith("learning_rate")] == [
        "learning_rate=0.0001..0.01:log"
    ]
    assert "imbalance=none" in command


def test_a_wrong_range_is_told_and_cannot_start(standin):
    at = open_train()
    at.selectbox(key="task").set_value("tune").run()
    at.text_input(key="range_dropout").set_value("0.5..0.1").run()
    assert "Dropout" in at.error[0].value
    assert at.button(key="start").disabled


def test_an_experiment_of_the_command_line_is_offered_and_a_click_shows_it(standin, monkeypatch):
    kind = replace(made_elsewhere.KINDS["experiment"], names=lambda: ["by-hand"], show=st.text)
    monkeypatch.setitem(made_elsewhere.KINDS, "experiment", kind)
    at = open_train()
    at.button(key="show_experiment_by-hand").click().run()
    assert at.query_params["experiment"] in ("by-hand", ["by-hand"])
    assert [text.value for text in at.text] == ["by-hand"]


def test_the_time_is_judged_by_an_earlier_training_like_it(standin):
    card = standin / "models" / "demo" / "model.json"
    content = json.loads(card.read_text())
    content["dataset"]["images"] = {"train": dict.fromkeys(content["classes"], 12)}
    content["training"]["configuration"] |= {"image_size": [64, 32], "epochs": 7}
    card.write_text(json.dumps(content))
    (card.parent / "history.csv").write_text("epoch,stage,seconds\n" + "1,images,3.0\n" * 4)
    at = open_train()
    at.number_input(key="exams/epochs").set_value(60).run()
    assert "About 3 min, judging by demo" in words(at)


def test_a_moved_slider_becomes_part_of_the_command_and_an_untouched_preset_keeps_its_name(
    standin, started
):
    at = open_train()
    at.slider(key="exams/steps/standard/rotate").set_value(15.0).run()
    at.button(key="start").click().run()
    [(_, command, _)] = started
    [text] = [word for word in command if word.startswith("augmentation=")]
    steps = read_augmentation(text.partition("=")[2])
    assert steps == read_augmentation("standard") | {"rotate": 15.0}


def test_the_preview_shows_the_same_draw_again_and_another_one_on_demand(standin):
    version = library.version_of_dataset(library.dataset_path("exams"))
    first = _draw_mosaic("exams", version, SMALL, "standard", 0)
    _draw_mosaic.cache_clear()
    np.testing.assert_array_equal(first, _draw_mosaic("exams", version, SMALL, "standard", 0))
    assert (first != _draw_mosaic("exams", version, SMALL, "standard", 1)).any()


def test_without_augmentation_every_draw_is_the_image_itself(standin):
    version = library.version_of_dataset(library.dataset_path("exams"))
    mosaic = _draw_mosaic("exams", version, SMALL, "none", 0)
    as_it_is, draw = mosaic[:, :32], mosaic[:, 32 + GAP : 64 + GAP]
    np.testing.assert_array_equal(as_it_is, draw)


def test_ranges_are_judged_beside_the_settings_that_stay_the_same(standin):
    at = open_train()
    at.selectbox(key="task").set_value("tune").run()
    at.text_input(key="range_architecture").set_value("compact_cnn,two_view").run()
    assert not at.error
    at.selectbox(key="exams/recipe").set_value("patch_to_image").run()
    assert "two_view" in at.error[0].value.replace("\\", "")
    assert at.button(key="start").disabled


def test_a_sweep_of_nothing_is_told_and_cannot_start(standin):
    at = open_train()
    at.selectbox(key="task").set_value("tune").run()
    at.multiselect(key="sweep_keys").set_value([]).run()
    assert "at least one setting" in at.error[0].value
    assert at.button(key="start").disabled
