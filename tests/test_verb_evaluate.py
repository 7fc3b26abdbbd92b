"""`evaluate`: a table or a model, exit codes, and predictions that are made only when needed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_cards import make_card
from prediction_rows import make_predictions

from mammo_core.cli import main
from mammo_core.errors import BadConfiguration, BadDataset
from mammo_core.model_store import StoredModel, predictions_path
from mammo_core.predictions import write_predictions
from mammo_core.verbs.evaluate import evaluate

ROOT = Path(__file__).resolve().parents[1]


def run(capsys, *words):
    with pytest.raises(SystemExit) as leaving:
        main(["evaluate", *map(str, words)])
    captured = capsys.readouterr()
    return leaving.value.code, captured.out, captured.err


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    make_predictions(20).to_csv(path, index=False)
    return path


@pytest.fixture
def model(tmp_path, home, monkeypatch):
    """A model and a dataset that predict a made table and count how often they are asked."""
    folder = tmp_path / "model"
    folder.mkdir()
    stored = StoredModel(folder, make_card(sha256="m1", threshold=0.3, classes=["a", "b"]))
    index = make_predictions(20)[["patient_id", "split"]]
    data = SimpleNamespace(name="films", version="d1", fingerprint="d1", index=index)
    asked = []

    def predict_dataset(model, dataset, *, split, progress):
        asked.append(split)
        facts = {
            "model_sha256": model.sha256,
            "dataset_fingerprint": dataset.version,
            "split": split or "all",
        }
        write_predictions(predictions_path(model, dataset.name), make_predictions(20), facts)

    monkeypatch.setattr("mammo_core.prediction.predict_dataset", predict_dataset)
    monkeypatch.setattr("mammo_core.model_store.find_model", lambda name: stored)
    monkeypatch.setattr("mammo_core.datasets.load_dataset", lambda name: data)
    return SimpleNamespace(stored=stored, data=data, asked=asked, folder=folder)


def test_it_prints_exactly_one_json_object(capsys, table):
    code, out, err = run(capsys, "--predictions", table, "--bootstrap", 20, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["n"] == 80


@pytest.mark.parametrize(("given", "threshold"), [((), 0.5), (("--threshold", 0.35), 0.35)])
def test_a_tables_default_point_is_at_the_threshold_that_is_given(capsys, table, given, threshold):
    _, out, _ = run(capsys, "--predictions", table, "--bootstrap", 0, *given, "--json")
    assert default_point(json.loads(out))["threshold"] == threshold


def default_point(answer):
    return next(p for p in answer["operating_points"] if p["name"] == "default")


def test_a_given_threshold_moves_the_default_point_and_is_not_kept(model):
    own = evaluate("m", "films", bootstrap=0)
    kept = {path: path.read_bytes() for path in (model.folder / "evaluations").iterdir()}
    given = evaluate("m", "films", bootstrap=0, threshold=0.9)
    assert [default_point(answer)["threshold"] for answer in (own, given)] == [0.3, 0.9]
    assert default_point(given)["sensitivity"]["value"] < default_point(own)["sensitivity"]["value"]
    assert {path: path.read_bytes() for path in kept} == kept
    assert set((model.folder / "evaluations").iterdir()) == set(kept)


def test_without_json_it_prints_lines_for_a_person(capsys, table):
    code, out, _ = run(capsys, "--predictions", table, "--bootstrap", 20)
    assert code == 0
    assert "macro_f1: 0." in out


def test_bad_input_is_one_line_and_exit_two(capsys, tmp_path):
    code, out, err = run(capsys, "--predictions", tmp_path / "nowhere.csv", "--json")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "nowhere.csv" in err


@pytest.mark.parametrize("words", [[], ["demo"], ["demo", "films", "--predictions", "a.csv"]])
def test_it_needs_either_a_model_and_a_dataset_or_a_table(capsys, words):
    code, _, err = run(capsys, *words)
    assert code == 2
    assert "either a model and a dataset or --predictions" in err


def test_unknown_levels_name_the_known_ones(table):
    with pytest.raises(BadConfiguration, match="image, breast, exam, patient"):
        evaluate(predictions=table, level="organ")


def test_it_predicts_first_where_there_is_no_table(model):
    answer = evaluate("demo", "films", bootstrap=20)
    assert answer["n"] == 80
    assert model.asked == ["test"]


def test_a_current_table_is_not_predicted_again(model):
    answers = [evaluate("demo", "films", bootstrap=20) for _ in range(2)]
    assert model.asked == ["test"]
    assert [answer.pop("test_looks")["n"] for answer in answers] == [1, 2]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("change", ["model", "dataset"])
def test_a_table_of_another_model_or_dataset_is_made_anew(model, change):
    evaluate("demo", "films", bootstrap=20)
    if change == "model":
        model.stored.card["sha256"] = "m2"
    else:
        model.data.version = "d2"
    evaluate("demo", "films", bootstrap=20)
    assert model.asked == ["test", "test"]


def test_a_second_split_predicts_all_so_that_the_first_stays(model):
    for split in ("test", "all", "test"):
        evaluate("demo", "films", split=split, bootstrap=20)
    assert model.asked == ["test", None]


def test_thresholds_from_another_split_have_both_predicted(model, monkeypatch):
    frame = make_predictions(20)
    frame["split"] = np.where(frame["patient_id"] < "p010", "val", "test")
    model.data.select = lambda split: frame[frame["split"] == split]
    monkeypatch.setattr("test_verb_evaluate.make_predictions", lambda n: frame)
    answer = evaluate("demo", "films", thresholds_from="val", bootstrap=0)
    assert model.asked == [None]
    assert answer["n"] == 40
    assert answer["operating_points"][0]["chosen_on"] == "val"


def test_a_dataset_without_that_split_is_told_before_anything_is_predicted(model):
    def refuse(split):
        raise BadDataset(f"Dataset films has no image in split {split}")

    model.data.select = refuse
    with pytest.raises(BadDataset, match="split val"):
        evaluate("demo", "films", thresholds_from="val", bootstrap=0)
    assert model.asked == []


def test_options_reach_the_answer(capsys, table):
    words = ("--interval", "bca", "--prevalence", 0.006, "--cost-ratio", 20, "--bootstrap", 20)
    code, out, _ = run(capsys, "--predictions", table, *words, "--json")
    answer = json.loads(out)
    assert code == 0
    assert (answer["bootstrap"]["interval"], answer["target_prevalence"]) == ("bca", 0.006)
    assert "cost_ratio_20" in {point["name"] for point in answer["operating_points"]}
    default = answer["operating_points"][-1]
    assert default["ppv_at_prevalence"]["value"] < default["ppv"]["value"]


def test_plain_text_tells_where_thresholds_come_from_and_what_holds_in_practice(capsys, table):
    _, out, _ = run(capsys, "--predictions", table, "--prevalence", 0.006, "--bootstrap", 20)
    assert "chosen_on" in out
    assert "ppv_at_prevalence" in out
    assert max(map(len, out.splitlines())) <= 120


def test_the_default_point_is_the_models_own_threshold(model):
    answer = evaluate("demo", "films", bootstrap=20)
    assert answer["operating_points"][-1]["threshold"] == 0.3


def test_the_answer_is_kept_with_the_model(model):
    answer = evaluate("demo", "films", level="breast", bootstrap=20)
    path = model.folder / "evaluations" / "films.test.breast.mean.json"
    del answer["test_looks"]
    kept = json.loads(path.read_text())["answer"]
    assert kept | {"warnings": answer["warnings"]} == answer  # what is told of the model comes anew


def test_a_model_folder_and_home_that_cannot_be_written_cost_no_numbers(model, home, caplog):
    kept = evaluate("model", "films")
    shutil.rmtree(model.folder / "evaluations")
    shutil.rmtree(home / ".mammo")
    for folder in (model.folder / "evaluations", home / ".mammo"):
        folder.write_text("a file where a folder should be")
    answer = evaluate("model", "films")
    assert answer["per_class"] == kept["per_class"]
    assert answer["warnings"][:-1] == kept["warnings"]
    assert "were not kept" in answer["warnings"][-1]
    assert "look at the test set is not counted" in caplog.text


def test_neither_scikit_learn_nor_tensorflow_is_loaded(table):
    code = (
        "import sys; from mammo_core.verbs.evaluate import evaluate; "
        f"evaluate(predictions={str(table)!r}, bootstrap=20); "
        "heavy = {'sklearn', 'tensorflow', 'keras', 'shap', 'statsmodels'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=dict(os.environ))


def test_patients_of_two_splits_are_told_of_though_one_alone_was_predicted(model):
    more = pd.DataFrame({"patient_id": ["p003", "p004"], "split": "val"})
    model.data.index = pd.concat([model.data.index, more])
    told = [t for t in evaluate("model", "films", bootstrap=5)["warnings"] if "in another" in t]
    assert model.asked == ["test"]
    assert len(told) == 1
    assert told[0].startswith("2 patients have images in the split 'test' and in another (val)")
