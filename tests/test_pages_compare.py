"""The Compare page: which model is better, and the way to the cases behind it."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import standin_home
from page_runs import asked, open_app, words

from mammo_core.image_sets import read_set
from mammo_core.metrics.comparison import Contender, compare, compare_contenders
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.metrics.verdict import write_p
from mammo_core.predictions import read_predictions

pytestmark = pytest.mark.usefixtures("absent_network")
OTHER = "other"


@pytest.fixture(scope="module")
def made_pair(tmp_path_factory):
    """A home with two models and their predictions of the same images."""
    folder = tmp_path_factory.mktemp("home")
    frame = standin_home.make_home(folder)
    shutil.copytree(folder / "models" / "demo", folder / "models" / OTHER)
    index = frame.drop(columns=[c for c in frame if c.startswith("p_")])
    others = standin_home.predict(index.assign(path="", mask_path="", sha256="", gate=""), 7)
    others.to_parquet(table_of(folder, OTHER))
    return folder


@pytest.fixture
def pair(made_pair, tmp_path, monkeypatch):
    """A copy of that home for this test alone."""
    shutil.copytree(made_pair, tmp_path / "home")
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def table_of(home, model):
    return home / "models" / model / "predictions" / f"{standin_home.DATASET}.parquet"


def tables_of(home):
    return [read_predictions(table_of(home, model)) for model in ("demo", OTHER)]


def answer_of(home, **options):
    return compare(*tables_of(home), EvaluationOptions(bootstrap=0, **options))


def show(**query):
    at = open_app("compare", **query)
    assert not at.exception
    return at


def find_button(at, label):
    return next(button for button in at.button if button.label.startswith(label))


def listed(at):
    return set(read_set(asked(at, "set")).image_ids)


def test_the_verdict_has_the_figures_of_the_verb(pair):
    answer, told = answer_of(pair), words(show())
    a, b = (answer[f"auroc_{name}"]["value"] for name in "ab")
    assert f"{a:.2f} (A) and {b:.2f} (B)" in told
    low, high = answer["difference"]["low"], answer["difference"]["high"]
    assert f"[{low:.2f} to {high:.2f}]" in told
    assert f"p = {answer['delong_p']:.2g}" in told


def test_every_difference_is_in_the_table(pair):
    answer = answer_of(pair)
    at = show()
    table = next(d.value for d in at.dataframe if "A - B" in d.value)
    assert len(table) == len(answer["differences"])
    auroc = table[table["measure"] == "AUROC"].iloc[0]
    assert auroc["A"].startswith(f"{answer['auroc_a']['value']:.2f} [")


def test_the_answer_of_each_row_stands_before_its_numbers(pair):
    table = next(d.value for d in show().dataframe if "A - B" in d.value)
    assert list(table)[:3] == ["measure", "better", "A - B"]


def test_exchanging_the_models_turns_the_difference(pair):
    at = show()
    value = answer_of(pair)["difference"]["value"]
    assert f"A minus B {value:.2f}" in words(at)
    find_button(at, "Swap A and B").click().run()
    assert not at.exception
    assert (at.session_state["model"], at.session_state["b"]) == (OTHER, "demo")
    assert f"A minus B {-value:.2f}" in words(at)


def test_a_button_opens_what_only_one_model_has_right(pair):
    a, b = tables_of(pair)
    wanted = (a.labels == a.predicted) & (b.labels != b.predicted)
    at = show()
    button = find_button(at, "A right, B wrong")
    assert f"({wanted.sum()})" in button.label
    button.click().run()
    assert at.title[0].value == "Cases"
    assert listed(at) == set(a.image_ids(wanted))


def test_a_cell_opens_the_cases_that_one_calls_and_the_other_does_not(pair):
    a, b = tables_of(pair)
    only_a = (a.probabilities[:, 2] >= 0.4) & (b.probabilities[:, 2] < 0.3)
    wanted = only_a & (a.labels != 2)
    at = show(threshold="0.4", threshold_b="0.3")
    at.session_state["calls_negatives"] = {"selection": {"cell": [{"cell": "only_a"}]}}
    at.run()
    assert at.title[0].value == "Cases"
    assert listed(at) == set(a.image_ids(wanted))


def test_what_is_drawn_around_can_be_opened(pair):
    a, b = tables_of(pair)
    wanted = (a.probabilities[:, 2] > 0.5) & (b.probabilities[:, 2] < 0.5)
    at = show()
    corner = {"x": [0.5, 1.0, 1.0, 0.5], "y": [-0.01, -0.01, 0.5, 0.5]}
    at.session_state["score_by_score"] = {"selection": {"points": [], "box": [], "lasso": [corner]}}
    at.run()
    find_button(at, "Show these").click().run()
    assert listed(at) == set(a.image_ids(wanted))


def test_both_thresholds_move_the_rates(pair):
    table = next(d.value for d in show(threshold="0.0").dataframe if "A - B" in d.value)
    of = table.set_index("measure").loc["Sensitivity at the threshold"]
    assert of["A"].startswith("1.00")
    assert not of["B"].startswith("1.00")


def test_other_images_are_told_with_counts_and_compared_only_when_asked(pair):
    path = table_of(pair, OTHER)
    pd.read_parquet(path).iloc[5:].to_parquet(path)
    at = show()
    assert "48 images of this split, B of 43 images; 43 images are in both" in words(at)
    assert not at.dataframe
    at.checkbox(key="overlap").check().run()
    assert "43 images of" in words(at)
    assert at.dataframe


def test_a_model_that_was_not_run_is_offered_to_be_run(pair):
    table_of(pair, OTHER).unlink()
    at = show()
    assert "other has not been run on this dataset yet" in words(at)
    assert find_button(at, "Predict now")


def test_a_single_model_has_nobody_to_be_compared_with(pair):
    shutil.rmtree(pair / "models" / OTHER)
    at = show()
    assert "no other model" in words(at)
    assert find_button(at, "Train a model")


def test_a_model_of_other_classes_is_not_offered(pair):
    card = pair / "models" / OTHER / "model.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"classes": ["benign", "malignant"]}))
    assert "no other model of the classes normal, benign, malignant" in words(show())


def test_a_model_that_the_address_names_and_that_is_gone_is_told(pair):
    assert "No model 'nobody'" in words(show(b="nobody")).replace("\\", "")


def test_a_model_and_itself_have_no_p(pair):
    shutil.copy(table_of(pair, "demo"), table_of(pair, OTHER))
    told = words(show())
    assert "both rank alike" in told
    assert "Both have the same cases right" in told


def test_model_b_is_asked_about_its_own_test_set_too(pair):
    card = pair / "models" / OTHER / "model.json"
    content = json.loads(card.read_text())
    content["dataset"] = {"name": standin_home.DATASET, "fingerprint": "0123456789ab"}
    card.write_text(json.dumps(content))
    at = show(split="test")
    assert "This is the model's own test set" in words(at)
    assert not at.dataframe


def test_a_model_b_of_two_views_warns_at_image_level(pair):
    card = pair / "models" / OTHER / "model.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"views": ["CC", "MLO"]}))
    assert "other judges a breast" in words(show()).replace("\\", "")
    assert "count twice" not in words(show(level="breast"))


def test_a_class_named_in_markdown_is_written_as_it_is(pair):
    for model in ("demo", OTHER):
        frame = pd.read_parquet(table_of(pair, model))
        renamed = frame.rename(columns={"p_malignant": "p_*5*"})
        renamed.replace({"label": {"malignant": "*5*"}}).to_parquet(table_of(pair, model))
    at = show()
    assert "AUROC for \\*5\\*" in words(at)
    at.session_state["calls_negatives"] = {"selection": {"cell": [{"cell": "neither"}]}}
    at.run()
    assert read_set(asked(at, "set")).title.startswith("Truth not *5*: A does not")


def test_units_are_compared_at_their_level(pair):
    assert "24 breasts of 12 patients" in words(show(level="breast"))


def test_a_missing_class_is_said(pair):
    for model in ("demo", OTHER):
        frame = pd.read_parquet(table_of(pair, model))
        frame["label"] = np.where(frame["label"] == "malignant", "benign", frame["label"])
        frame.to_parquet(table_of(pair, model))
    assert "a class is missing" in words(show())


def test_every_other_model_is_held_against_a_with_holms_p(pair):
    third = pair / "models" / "third"
    shutil.copytree(pair / "models" / OTHER, third)
    shutil.copytree(pair / "models" / OTHER, pair / "models" / "never")
    table_of(pair, "never").unlink()
    shutil.copytree(pair / "models" / OTHER, pair / "models" / "short")
    pd.read_parquet(table_of(pair, OTHER)).iloc[8:].to_parquet(table_of(pair, "short"))
    frame = pd.read_parquet(table_of(pair, "third"))
    columns = ["p_normal", "p_benign", "p_malignant"]
    frame[columns] = np.random.default_rng(3).dirichlet(np.ones(3), len(frame))
    frame.to_parquet(table_of(pair, "third"))
    tables = [read_predictions(table_of(pair, name)) for name in ("demo", OTHER, "third")]
    many = [Contender(str(place), table) for place, table in enumerate(tables)]
    answer = compare_contenders(many, EvaluationOptions(bootstrap=0))
    at = show(field="true")
    table = next(d.value for d in at.dataframe if "adjusted p" in d.value).set_index("model")
    for name, one in zip((OTHER, "third"), answer["against"], strict=True):
        assert table.loc[name, "adjusted p"] == write_p(one["delong_p_holm"])
    told = words(at).replace("\\", "")
    assert "never is left out: not run" in told
    assert "short is left out: it has 40 images, of A's 48 40" in told


def test_b_gives_way_when_the_sidebar_takes_its_model(pair):
    at = show()
    assert at.session_state["b"] == OTHER
    at.sidebar.selectbox(key="model").select(OTHER).run()
    assert not at.exception
    assert at.session_state["b"] == "demo"
