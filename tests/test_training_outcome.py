"""What is said of trainings that are over, broken off or impossible, before TensorFlow starts."""

import sys
from types import SimpleNamespace

import pandas as pd
import pytest
from made_cards import make_card

from mammo_core import cli, datasets
from mammo_core.datasets.caveats import _about_classes
from mammo_core.errors import BadDataset, BadModel
from mammo_core.model_store import find_model
from mammo_core.paths import write_json
from mammo_core.training import plan as plans
from mammo_core.training.advice import suggest_settings
from mammo_core.training.outcome import NOTHING_TRAINED, check_labeled
from mammo_core.training.rates import RateCurve
from mammo_core.verbs.learning_rate import _tell
from mammo_core.verbs.train import read_configuration, train

COLUMNS = ("split", "label", "mask_path", "rows", "lesion", "patient_id")


def dataset_of(labels, splits, classes=("benign", "malignant")):
    index = pd.DataFrame({name: [None] * len(labels) for name in COLUMNS})
    index = index.assign(split=splits, label=labels)
    return SimpleNamespace(index=index, name="made", classes=classes, version="1")


def test_a_dataset_without_labels_is_refused_and_a_table_asked_for():
    with pytest.raises(BadDataset, match="has no labels: index it with a table"):
        check_labeled(dataset_of([None, None], ["train", "val"]))


@pytest.mark.parametrize(("splits", "lacking"), [("vv", "train"), ("tt", "val")])
def test_a_split_without_a_labeled_image_is_refused_by_name(splits, lacking):
    names = [{"t": "train", "v": "val"}[letter] for letter in splits]
    with pytest.raises(BadDataset, match=f"in the split '{lacking}'"):
        check_labeled(dataset_of(["benign", "malignant"], names))


def test_training_a_finished_folder_says_so_without_tensorflow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mammo_core.tensorflow_start", None)  # importing it fails
    monkeypatch.setattr(datasets, "load_dataset", lambda _: dataset_of(["benign"], ["train"]))
    plan = plans.plan_training(dataset_of([], []), read_configuration(None, []))
    write_json(tmp_path / "training.json", plan.to_mapping())
    write_json(tmp_path / "model.json", make_card())
    for name in ("model.keras", "card.md"):
        (tmp_path / name).touch()
    answer = train("made", tmp_path)
    assert (answer["note"], answer["model"]) == (NOTHING_TRAINED, str(tmp_path))


def test_a_model_whose_training_was_broken_off_is_called_unfinished(home):
    write_json(home / "models" / "half" / "training.json", {})
    with pytest.raises(BadModel, match="'half' is unfinished; run its train command again"):
        find_model("half")


def test_unlabeled_images_are_warned_of_and_no_network_is_called_small_for_them():
    unlabeled = dataset_of([None], ["train"], classes=())
    assert "0 images" not in suggest_settings(unlabeled).reasons["architecture"]
    assert "No image has a label" in next(_about_classes(unlabeled.index, ()))


def test_a_search_without_a_suggestion_says_why_and_asks_for_more_steps():
    curve = RateCurve((0.1,), (1.0,), (1.0,), None, None)
    assert "--steps" in _tell(curve)["note"]
    assert _tell(RateCurve((0.1,), (1.0,), (1.0,), 0.01, None)) == {}


@pytest.mark.parametrize("verb", ["index", "train"])
def test_an_interruption_is_one_line_that_tells_what_goes_on(verb, capsys, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "VERBS", {verb: interrupted})
    with pytest.raises(SystemExit) as end:
        cli.main([verb])
    err = capsys.readouterr().err
    assert (end.value.code, err.count("\n")) == (130, 1)
    assert ("same command goes on" in err) == (verb == "train")
