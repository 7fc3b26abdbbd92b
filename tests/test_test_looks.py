"""Looks at a test set are counted, whoever looks."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import standin_home

from mammo_core.model_store import StoredModel
from mammo_core.paths import state_folder
from mammo_core.predictions import write_predictions
from mammo_core.run_comparison import VALIDATION
from mammo_core.test_looks import count_looks, is_own_test, note_look, record_look
from mammo_core.verbs.compare import compare
from mammo_core.verbs.conformal import conformal
from mammo_core.verbs.curves import curves
from mammo_core.verbs.evaluate import evaluate
from mammo_core.verbs.referral import referral
from mammo_core.verbs.slices import slices

MODEL = StoredModel(Path("m"), {"dataset": {"name": "mias", "fingerprint": "0123456789ab"}})
OTHER = SimpleNamespace(name="elsewhere", fingerprint="ba9876543210")
OWN = SimpleNamespace(name="mias", fingerprint="0123456789ab")
LOOK_TWENTY_TIMES = (
    "from mammo_core.test_looks import record_look\n"
    "for _ in range(20): record_look('mias', 'm{n}', 'a test')"
)


def test_nobody_looked_at_first(home):
    looks = count_looks("mias")
    assert (looks.n, looks.models, looks.dates) == (0, (), ())
    assert looks.to_json() == {"n": 0, "models": 0, "first": None, "last": None}


def test_looks_are_counted_by_dataset_and_by_model(home):
    for dataset, model in (("mias", "b"), ("mias", "a"), ("mias", "b"), ("other", "a")):
        record_look(dataset, model, "evaluate")
    assert count_looks("mias").n == 3
    assert count_looks("mias").models == ("b", "a")
    assert count_looks("mias", "b").n == 2
    assert len(count_looks("mias").dates) == 3


def test_two_processes_lose_no_look(home):
    code = [LOOK_TWENTY_TIMES.format(n=n) for n in (1, 2)]
    running = [subprocess.Popen([sys.executable, "-c", one]) for one in code]
    assert [process.wait() for process in running] == [0, 0]
    assert count_looks("mias").n == 40
    assert set(count_looks("mias").models) == {"m1", "m2"}


def test_a_line_that_was_cut_off_costs_that_look_only(home):
    record_look("mias", "a", "evaluate")
    with (state_folder() / "test_looks.jsonl").open("a") as stream:
        stream.write('{"dataset": "mi\n')
    record_look("mias", "a", "evaluate")
    assert count_looks("mias").n == 2


@pytest.mark.parametrize(
    ("dataset", "fingerprint", "split", "expected"),
    [
        ("mias", "0123456789ab", "test", True),
        ("mias", "0123456789ab", "all", True),
        ("mias", "0123456789ab", "val", False),
        ("mias", "indexed anew", "test", True),
        ("copied", "0123456789ab", "test", True),
        ("elsewhere", "ba9876543210", "test", False),
    ],
)
def test_only_the_test_split_of_the_training_data_is_a_models_own(
    dataset, fingerprint, split, expected
):
    assert (
        is_own_test(MODEL, SimpleNamespace(name=dataset, fingerprint=fingerprint), split)
        is expected
    )


def test_an_external_test_set_is_never_counted(home):
    assert note_look(MODEL, OTHER, "test", "evaluate") is None
    assert count_looks("elsewhere").n == 0


def test_numbers_are_shown_even_where_no_look_can_be_written(home, caplog):
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file in the way of the home")
    looks = note_look(MODEL, OWN, "test", "evaluate")
    assert looks.n == 0
    assert "not counted" in caplog.text


@pytest.fixture
def predicted(home):
    """(model, dataset) in a home where the model was trained on that very dataset."""
    standin_home.make_home(home)
    folder = home / "models" / standin_home.MODEL
    card = json.loads((folder / "model.json").read_text())
    card["dataset"]["name"] = standin_home.DATASET
    (folder / "model.json").write_text(json.dumps(card))
    table = folder / "predictions" / f"{standin_home.DATASET}.parquet"
    facts = {"model_sha256": card["sha256"], "dataset_fingerprint": "0123456789ab", "split": "all"}
    write_predictions(table, pd.read_parquet(table), facts)
    return standin_home.MODEL, standin_home.DATASET


def test_evaluate_says_how_often_its_own_test_set_was_looked_at(predicted):
    answers = [evaluate(*predicted, bootstrap=0) for _ in range(2)]
    assert [answer["test_looks"]["n"] for answer in answers] == [1, 2]
    assert answers[0] | {"test_looks": None} == answers[1] | {"test_looks": None}


def test_evaluate_counts_nothing_for_a_model_from_elsewhere(home, predicted):
    card = home / "models" / standin_home.MODEL / "model.json"
    card.write_text(card.read_text().replace(f'"name": "{standin_home.DATASET}"', '"name": "x"'))
    assert evaluate(*predicted, bootstrap=0)["test_looks"] is None
    assert count_looks(standin_home.DATASET).n == 0


def test_comparing_two_models_is_a_look_by_each(home, predicted):
    shutil.copytree(home / "models" / standin_home.MODEL, home / "models" / "second")
    compare([standin_home.MODEL, "second"], dataset=standin_home.DATASET, bootstrap=0)
    looks = count_looks(standin_home.DATASET)
    assert (looks.n, looks.models) == (2, (standin_home.MODEL, "second"))


LOOKING = {
    "evaluate": (evaluate, {"bootstrap": 0}),
    "referral": (referral, {"bootstrap": 0}),
    "conformal": (conformal, {"bootstrap": 0}),
    "slices": (slices, {}),
    "curves": (curves, {"bootstrap": 1}),
}


@pytest.mark.parametrize("name", LOOKING)
def test_a_look_bears_the_name_of_the_verb_that_looked(home, predicted, tmp_path, name):
    verb, more = LOOKING[name]
    model = home / "models" / standin_home.MODEL
    predictions = model / "predictions" / f"{standin_home.DATASET}.parquet"
    shutil.copy(predictions, model / VALIDATION)  # conformal sets are chosen by them
    more = more | ({"out": tmp_path / "curves"} if name == "curves" else {})
    verb(*predicted, **more)
    lines = (home / ".mammo" / "test_looks.jsonl").read_text().splitlines()
    assert {json.loads(line)["where"] for line in lines} == {name}


def test_a_ledger_of_before_counts_as_it_did(home, predicted):
    old = {"dataset": standin_home.DATASET, "model": "m", "where": "compare", "at": 1.7e9}
    (home / ".mammo").mkdir(exist_ok=True)
    (home / ".mammo" / "test_looks.jsonl").write_text(f"{json.dumps(old)}\n")
    assert evaluate(*predicted, bootstrap=0)["test_looks"]["n"] == 2


def test_evaluate_warns_where_a_part_of_an_experiment_saw_the_images(home, predicted):
    roles = home / "models" / standin_home.MODEL / "roles.json"
    roles.write_text(json.dumps({"S00000_LCC": "val", "S00001_LCC": "test"}))
    warnings = evaluate(*predicted, bootstrap=0)["warnings"]
    assert any("1 image of 48 were training or validation images" in one for one in warnings)
    roles.write_text(json.dumps({"S00000_LCC": "test"}))
    warnings = evaluate(*predicted, bootstrap=0)["warnings"]
    assert not any("training or validation" in one for one in warnings)
