"""What is told of a model that judges both views of a breast, wherever its answers are shown."""

import shutil

import numpy as np
import pytest
import standin_home
from linear_classifier import LinearClassifier
from made_cards import make_card
from page_runs import open_app, words

from mammo_core.datasets import load_dataset
from mammo_core.file_prediction import NamedFile, answer_file, tabulate
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.metrics.stored import evaluate_model
from mammo_core.model_card import render_card
from mammo_core.model_store import StoredModel, find_model, predictions_path
from mammo_core.paths import REPOSITORY, read_json, write_json
from mammo_core.predictions import read_predictions, write_predictions
from mammo_core.threshold_units import tell_other_unit
from mammo_core.two_views import tell_counted_twice, tell_missing_view
from mammo_core.verbs.compare import compare

FILM = next((REPOSITORY / "sample_data" / "dicom").rglob("*.dcm"))
VIEWS = ["CC", "MLO"]


def make_model(tmp_path, *, columns=96, **changes):
    return StoredModel(tmp_path / "made", make_card(input_shape=[64, columns, 1], **changes))


@pytest.fixture
def both(tmp_path):
    return make_model(tmp_path, views=VIEWS)


@pytest.fixture
def single(tmp_path):
    return make_model(tmp_path, columns=48)


def test_only_images_of_two_view_models_count_twice(both, single):
    assert "--level breast" in tell_counted_twice(both, "image")
    assert tell_counted_twice(both, "breast") is None
    assert tell_counted_twice(single, "image") is None


@pytest.mark.parametrize(
    ("level", "rule", "fits_single", "fits_both"),
    [
        ("image", "mean", True, True),
        ("breast", "mean", False, True),
        ("breast", "max", False, True),
        ("breast", "noisy_or", False, False),
        ("patient", "max", False, False),
    ],
)
def test_a_threshold_is_of_the_units_it_was_chosen_on(
    both, single, level, rule, fits_single, fits_both
):
    assert (tell_other_unit(single, level, rule) is None) is fits_single
    assert (tell_other_unit(both, level, rule) is None) is fits_both


@pytest.mark.parametrize(("view", "black"), [("CC", "MLO"), ("MLO", "CC"), (None, "MLO")])
def test_the_view_that_a_file_lacks_is_named(both, single, view, black):
    assert f"place of {black} was black" in tell_missing_view(both, view)
    assert tell_missing_view(single, view) is None


def test_the_card_says_what_hangs_in_the_input(both, single):
    assert "64 x 96 x 1, CC and MLO of a breast side by side" in render_card(both)
    assert "side by side" not in render_card(single)
    assert "one view alone" in render_card(both)


def ask_about_a_film(stored):
    weights = np.random.default_rng(0).normal(size=stored.input_shape)
    return answer_file(NamedFile("x", FILM), stored, lambda: LinearClassifier(weights))


def test_an_answer_about_one_view_says_so_in_json_and_csv(both, single):
    for stored, is_told in ((both, True), (single, False)):
        answer = ask_about_a_film(stored)
        (row,) = tabulate([answer], stored.classes, 0.5)
        assert answer.probabilities
        assert ("one view only" in answer.to_json()["warning"]) is is_told
        assert row["warning"] == answer.to_json()["warning"]


@pytest.fixture
def standin(home):
    """A home with a model of two views, `demo`, and one of a single view, `single`."""
    standin_home.make_home(home)
    shutil.copytree(home / "models" / "demo", home / "models" / "single")
    card = home / "models" / "demo" / "model.json"
    write_json(card, read_json(card) | {"views": VIEWS})
    return home


def keep_predictions(model, dataset):
    """Say of the model's table that it is of this model and dataset as they are."""
    path = predictions_path(model, dataset.name)
    facts = {"model_sha256": model.sha256, "dataset_fingerprint": dataset.version, "split": "all"}
    write_predictions(path, read_predictions(path).frame, facts)


def test_evaluate_warns_at_image_level_alone(standin):
    model, dataset = find_model("demo"), load_dataset(standin / ".mammo" / "datasets" / "exams")
    keep_predictions(model, dataset)
    for level, is_told in (("image", True), ("breast", False)):
        options = EvaluationOptions(level=level, bootstrap=0)
        told = evaluate_model(str(model.path), str(dataset.path), options)["warnings"]
        assert any("--level breast" in warning for warning in told) is is_told


def test_compare_warns_of_the_model_of_two_views_alone(standin):
    dataset = load_dataset(standin / ".mammo" / "datasets" / "exams")
    for name in ("demo", "single"):
        keep_predictions(find_model(name), dataset)
    for level, warned in (("image", ["demo"]), ("breast", [])):
        answer = compare(["single", "demo"], str(dataset.path), level=level, bootstrap=0)
        told = [text.split()[0] for text in answer["warnings"] if "--level breast" in text]
        assert (told, answer["difference"]["value"]) == (warned, 0)


def test_the_app_begins_with_breasts_and_goes_back_with_another_model(standin):
    at = open_app("evaluate", model="demo")
    assert "Confusion matrix, 24 breasts" in words(at)
    assert "count twice" not in words(at)
    at.selectbox(key="model").set_value("single").run()
    assert "Confusion matrix, 48 images" in words(at)


def test_a_level_that_was_asked_for_stays_with_a_warning(standin):
    at = open_app("evaluate", model="demo")
    at.selectbox(key="level").set_value("image").run()
    assert "Confusion matrix, 48 images" in words(at)
    assert "count twice" in words(at)
    at = open_app("evaluate", model="demo", level="patient")
    assert "Confusion matrix, 12 patients" in words(at)
