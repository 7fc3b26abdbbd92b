"""The pages ask before they show a model's figures on its own test set, and count."""

import json
from pathlib import Path

import pandas as pd
import pytest
import standin_home
from page_runs import open_app

from mammo_core.test_looks import count_looks

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "This is the model's own test set"
LOOK = "Look at the test set"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A home whose only model was trained on its only dataset; half of the patients validate."""
    home = tmp_path / "home"
    standin_home.make_home(home)
    monkeypatch.setenv("MAMMO_HOME", str(home))
    dataset = home / ".mammo" / "datasets" / standin_home.DATASET / "index.parquet"
    model = home / "models" / standin_home.MODEL
    for file in (dataset, model / "predictions" / f"{standin_home.DATASET}.parquet"):
        deal_half_to_validation(file)
    card = json.loads((model / "model.json").read_text())
    card["dataset"] = {"name": standin_home.DATASET, "fingerprint": "0123456789ab"}
    (model / "model.json").write_text(json.dumps(card))
    return home


def deal_half_to_validation(file):
    frame = pd.read_parquet(file)
    is_val = frame["patient_id"].str[-2:].astype(int) >= 6
    frame.assign(split=is_val.map({True: "val", False: "test"})).to_parquet(file)


def told(at):
    return "\n".join(str(part.value) for part in (*at.info, *at.caption))


def press(at, label):
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception


def test_the_first_page_begins_with_validation_and_asks_nothing(own):
    at = open_app()
    assert at.session_state["split"] == "val"
    assert QUESTION not in told(at)
    assert len(at.metric) >= 3
    assert count_looks(standin_home.DATASET).n == 0


@pytest.mark.parametrize("page", ["overview", "evaluate", "cases"])
def test_each_page_asks_before_any_figure_and_counts_the_look(own, page):
    at = open_app(page, split="test")
    assert f"{QUESTION}; looked at 0 times so far" in told(at)
    assert not at.metric
    assert count_looks(standin_home.DATASET).n == 0
    press(at, LOOK)
    assert QUESTION not in told(at)
    assert "looked at 1 time so far" in told(at)
    assert count_looks(standin_home.DATASET).n == 1


def test_it_asks_once_a_session_and_anew_in_the_next(own):
    at = open_app(split="test")
    press(at, LOOK)
    at.switch_page("../pages/evaluate.py").run()
    assert QUESTION not in told(at)
    assert count_looks(standin_home.DATASET).n == 1
    assert f"{QUESTION}; looked at 1 time so far" in told(open_app(split="test"))


def test_one_may_stay_with_validation(own):
    at = open_app(split="test")
    press(at, "Stay with validation")
    assert QUESTION not in told(at)
    assert at.session_state["split"] == "val"
    assert count_looks(standin_home.DATASET).n == 0


def test_an_external_test_set_is_shown_at_once(tmp_path, monkeypatch):
    standin_home.make_home(tmp_path / "home")
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path / "home"))
    at = open_app()
    assert at.session_state["split"] == "test"
    assert QUESTION not in told(at)
    assert len(at.metric) >= 3


def test_the_split_goes_back_to_test_with_another_dataset(own):
    rows = standin_home.write_dataset(own / ".mammo" / "datasets" / "elsewhere", 6, seed=3)
    table = own / "models" / standin_home.MODEL / "predictions" / "elsewhere.parquet"
    standin_home.predict(rows, 3).to_parquet(table)
    card = own / ".mammo" / "datasets" / "elsewhere" / "dataset.json"
    card.write_text(card.read_text().replace("0123456789ab", "ba9876543210"))
    index = pd.read_parquet(card.with_name("index.parquet"))
    index.attrs["fingerprint"] = "ba9876543210"
    index.to_parquet(card.with_name("index.parquet"))
    at = open_app(dataset=standin_home.DATASET)
    assert at.session_state["split"] == "val"
    at.sidebar.selectbox(key="dataset").select("elsewhere").run()
    assert at.session_state["split"] == "test"
    at.sidebar.selectbox(key="dataset").select(standin_home.DATASET).run()
    assert at.session_state["split"] == "val"


def test_a_part_of_an_experiment_says_that_it_saw_these_images(own):
    roles = pd.read_parquet(own / ".mammo" / "datasets" / standin_home.DATASET / "index.parquet")
    is_val = roles["split"] == "val"
    dealt = dict(zip(roles["image_id"], is_val.map({True: "train", False: "test"}), strict=True))
    (own / "models" / standin_home.MODEL / "roles.json").write_text(json.dumps(dealt))
    told = [warning.value for warning in open_app().warning]
    assert [one for one in told if f"{is_val.sum()} images of {is_val.sum()} were training" in one]
    press(at := open_app(split="test"), LOOK)
    assert not [warning for warning in at.warning if "were training" in warning.value]
