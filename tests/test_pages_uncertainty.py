"""The Uncertainty tab: whom to refer, which sets hold the truth, what to do where nothing can."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import standin_home
from page_runs import open_app, words

from mammo_core.image_sets import read_set
from mammo_core.metrics.measures import KINDS
from mammo_core.model_store import TABLE
from mammo_core.predictions import read_predictions
from mammo_core.uncertainty import MEASURES, PASS_METHODS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def made_home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    standin_home.make_home(folder, n_patients=24)
    return folder


@pytest.fixture
def with_validation(standin):
    """The first half of the patients validate."""
    path = table_path(standin)
    frame = pd.read_parquet(path)
    frame["split"] = np.where(frame["patient_id"] < "S00012", "val", "test")
    frame.to_parquet(path)
    return standin


def table_path(home):
    return home / "models" / "demo" / "predictions" / "exams.parquet"


def open_tab(**state):
    return open_app("evaluate", state={"evaluate_tab": "Uncertainty", **state})


def test_the_number_referred_is_that_of_the_slider(standin):
    at = open_tab()
    n = len(read_predictions(table_path(standin)))
    assert f"**{n // 10} of {n} referred**" in words(at)
    at.slider(key="refer_share").set_value(50).run()
    assert f"**{n // 2} of {n} referred**" in words(at)


def test_its_errors_are_not_called_what_those_at_the_threshold_are(standin):
    told = set(open_tab().dataframe[0].value[""])
    assert "Errors of the most probable class" in told
    assert not told & {KINDS["error_rate"].title, "Error rate"}


def test_the_referred_cases_open(standin):
    at = open_tab(refer_share=20)
    at.button(key="open_referred").click().run()
    assert not at.exception
    asked = at.query_params["set"]  # AppTest gives text or a list of texts
    kept = read_set(asked if isinstance(asked, str) else asked[-1])
    table = read_predictions(table_path(standin))
    entropy = MEASURES["entropy"].compute(table.probabilities)
    least_sure = table.frame["image_id"].to_numpy()[np.argsort(-entropy)[: len(table) // 5]]
    assert set(kept.image_ids) == set(least_sure)


def test_every_measure_of_the_probabilities_can_be_chosen(standin):
    at = open_tab()
    assert at.selectbox(key="doubt").options == [one.title for one in MEASURES.values()]
    at.selectbox(key="doubt").set_value(MEASURES["margin"].title).run()
    assert not at.exception
    assert MEASURES["margin"].says in words(at)


def test_without_validation_cases_there_are_no_sets_but_a_way_to_them(standin):
    at = open_tab()
    assert "no predictions of validation cases" in words(at)
    assert "conformal --predictions" in at.code[0].value


def test_sets_are_told_with_the_coverage_of_each_class(with_validation):
    at = open_tab()
    assert "12 patients; checked on 12 others" in words(at)
    table = at.dataframe[1].value
    assert list(table["method"]) == ["One threshold for all", "A threshold for each class"]
    assert any(name.startswith("malignant (") for name in table.columns)


def test_more_coverage_needs_more_classes(with_validation):
    at = open_tab()
    sizes = []
    for coverage in (0.8, 0.9):
        at.segmented_control(key="conformal_coverage").set_value(coverage).run()
        sizes.append(float(at.dataframe[1].value["classes in a set"].iloc[0].split()[0]))
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("method", PASS_METHODS)
def test_passes_begin_with_a_button(standin, monkeypatch, method):
    started = []
    monkeypatch.setattr("mammo_core.jobs.start_job", lambda *words: started.append(words))
    open_tab().button(key=f"passes_{method}").click().run()
    (title, arguments), *more = started
    assert not more
    assert title.startswith(PASS_METHODS[method].title)
    assert arguments[0] == "uncertainty"
    assert arguments[-2:] == ["--method", method]


@pytest.fixture
def with_another(standin):
    """A second model that says the same of every image."""
    standin_home.write_card(standin / "models" / "flat")
    frame = pd.read_parquet(table_path(standin))
    names = [name for name in frame if name.startswith("p_")]
    path = standin / "models" / "flat" / "predictions" / "exams.parquet"
    path.parent.mkdir(parents=True)
    frame.assign(**dict.fromkeys(names, 1 / 3)).to_parquet(path)
    return standin


def test_where_models_disagree_can_be_chosen(with_another):
    at = open_tab()
    n = len(at.selectbox(key="doubt").options)
    at.multiselect(key="ensemble_members").set_value(["flat"]).run()
    titles = at.selectbox(key="doubt").options
    assert len(titles) == n + 3
    at.selectbox(key="doubt").set_value("Mutual information, models together").run()
    assert not at.exception
    assert not at.error
    assert "referred**" in words(at)


def test_models_are_kept_together_by_a_job(with_another, monkeypatch):
    started = []
    monkeypatch.setattr("mammo_core.jobs.start_job", lambda *words: started.append(words))
    at = open_tab(ensemble_members=["flat"])
    at.text_input(key="ensemble_name").set_value("both")
    next(button for button in at.button if button.label == "Keep it as a model").click().run()
    ((title, arguments),) = started
    assert title == "Join 2 models to both"
    assert arguments[0] == "ensemble"
    assert arguments[-2:] == ["--name", "both"]


def test_a_name_that_is_taken_is_told_before_anything_runs(with_another, monkeypatch):
    started = []
    monkeypatch.setattr("mammo_core.jobs.start_job", lambda *words: started.append(words))
    at = open_tab(ensemble_members=["flat"])
    at.text_input(key="ensemble_name").set_value("demo")
    next(button for button in at.button if button.label == "Keep it as a model").click().run()
    assert "must be new" in at.error[0].value.replace("\\", "")
    assert not started


def test_a_table_of_predictions_is_asked_no_second_time(standin):
    path = standin / "models" / "demo" / "model.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps({**card, "architecture": TABLE}))
    at = open_tab()
    assert "no network that could be asked again" in words(at)
    assert not [button for button in at.button if str(button.key).startswith("passes_")]
