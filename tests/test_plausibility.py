"""What a model's answers about labeled images tell about how it was taken in."""

import json

import foreign_files
import numpy as np
import pandas as pd
import pytest
import standin_home
from made_cards import make_card

from mammo_core.cli import main
from mammo_core.model_card import render_card
from mammo_core.model_store import StoredModel, find_model, predictions_path
from mammo_core.paths import write_json
from mammo_core.plausibility import judge_predictions, measure_noise, read_plausibility
from mammo_core.predictions import PredictionTable, read_predictions


def make_table(positive, labels=None, classes=("benign", "malignant")):
    """A table of one image a patient; `positive` are the last class's probabilities."""
    positive = np.asarray(positive, dtype=float)
    rest = [(1 - positive) / (len(classes) - 1)] * (len(classes) - 1)
    columns = dict(zip((f"p_{name}" for name in classes), [*rest, positive], strict=True))
    ids = [f"{number:03d}" for number in range(len(positive))]
    frame = pd.DataFrame({"image_id": ids, "patient_id": ids, "label": labels, **columns})
    return PredictionTable(frame, classes)


def labeled(n, scores):
    """n benign and n malignant rows; the scores are of benign, then of malignant."""
    return make_table(scores, ["benign"] * n + ["malignant"] * n)


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.uniform(0.1, 0.6, 40), rng.uniform(0.4, 0.9, 40)])


def test_an_order_that_fits_is_plausible(scores):
    answer = judge_predictions(labeled(40, scores), "films")
    assert not answer.is_swapped
    assert answer.auroc["low"] > 0.5
    assert "plausible" in answer.sentences[0]


def test_swapped_classes_are_named_with_the_right_order(scores):
    fitting = judge_predictions(labeled(40, scores), "films").auroc
    answer = judge_predictions(labeled(40, 1 - scores), "films")
    assert answer.is_swapped
    assert answer.auroc["value"] == pytest.approx(1 - fitting["value"])
    assert answer.auroc["high"] == pytest.approx(1 - fitting["low"])
    assert "--classes malignant,benign" in answer.sentences[0]


def test_chance_leaves_the_order_unchecked():
    scores = np.tile([0.3, 0.7], 10)
    answer = judge_predictions(labeled(10, scores), "films")
    assert answer.auroc["value"] == 0.5
    assert not answer.is_swapped
    assert "chance" in answer.sentences[0]


def test_one_answer_for_all_speaks_of_preprocessing():
    answer = judge_predictions(labeled(3, [0.7, 0.7001, 0.7, 0.7002, 0.7, 0.7]), "films")
    assert answer.is_constant
    assert "same for every one of 6 images" in answer.sentences[0]


def test_one_class_for_all_is_told():
    answer = judge_predictions(labeled(2, [0.1, 0.2, 0.3, 0.4]), "films")
    told = "It calls every one of 4 images benign, though with probabilities that differ"
    assert told in answer.sentences


def test_certainty_about_nearly_all_speaks_of_the_scale():
    answer = judge_predictions(labeled(10, [0.0] * 10 + [1.0] * 10), "films")
    assert answer.certain == 1
    assert any("another scale" in sentence for sentence in answer.sentences)


def test_confident_calls_of_noise_name_the_gate(scores):
    answer = judge_predictions(labeled(40, scores), "films", noise=0.97)
    assert "gate" in answer.sentences[-1]
    assert "gate" not in " ".join(judge_predictions(labeled(40, scores), "films").sentences)


@pytest.mark.parametrize("labels", [None, ["benign"] * 4])
def test_images_of_one_kind_cannot_tell(labels):
    answer = judge_predictions(make_table([0.1, 0.4, 0.6, 0.9], labels), "films")
    assert answer.auroc["value"] is None
    assert not answer.is_swapped
    assert "cannot be checked" in answer.sentences[0]


def test_noise_is_measured_by_the_largest_probability(linear_classifier):
    images = np.random.default_rng(0).random((8, *linear_classifier.input_shape), np.float32)
    largest = linear_classifier.predict(images).max(axis=1).mean()
    assert measure_noise(linear_classifier) == pytest.approx(largest)


def test_the_card_shows_what_was_checked(tmp_path, scores):
    model = StoredModel(tmp_path / "mine", make_card())
    assert "Plausibility" not in render_card(model)
    content = vars(judge_predictions(labeled(40, 1 - scores), "films"))
    write_json(model.path / "plausibility.json", content)
    assert "wholly below 0.5" in render_card(model)


@pytest.fixture
def exams(home):
    standin_home.write_dataset(home / ".mammo" / "datasets" / "exams", 3, 0)
    return "exams"


def run(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main([*map(str, words), "--json"])
    return end.value.code, capsys.readouterr()


def test_an_import_with_reference_data_keeps_what_they_tell(exams, tmp_path, capsys):
    model = foreign_files.randomize(foreign_files.functional(units=3))
    model.save(tmp_path / "theirs.keras")
    words = ["import", tmp_path / "theirs.keras", "--name", "theirs", "--reference-data", exams]
    code, said = run(capsys, *words, "--classes", "normal,benign,malignant")
    assert code == 0, said.err
    answer = json.loads(said.out)["plausibility"]
    table = read_predictions(predictions_path(find_model("theirs"), exams))
    told = (answer["n"], answer["patients"], answer["split"])
    assert told == (len(table), table.n_patients, "all")
    assert read_plausibility(find_model("theirs")) == answer
    assert answer["sentences"][0] in (find_model("theirs").path / "card.md").read_text()
    code, said = run(capsys, "plausibility", "theirs", exams)
    assert json.loads(said.out) == answer


def test_reference_data_of_other_classes_leave_the_order_unchecked_with_a_warning(
    exams, tmp_path, capsys
):
    foreign_files.functional(units=3).save(tmp_path / "theirs.keras")
    words = ["import", tmp_path / "theirs.keras", "--name", "theirs", "--reference-data", exams]
    code, said = run(capsys, *words, "--classes", "a,b,c")
    assert code == 0, said.err
    answer = json.loads(said.out)
    assert "plausibility" not in answer
    assert "not checked" in answer["warnings"][-1]
    assert "has the label" in answer["warnings"][-1]
    assert read_plausibility(find_model("theirs")) is None
    assert run(capsys, "plausibility", "theirs", exams)[0] == 2


def test_an_auroc_without_an_interval_is_told_with_what_it_lacks():
    labels = ["malignant", "benign", "benign", "benign"]
    answer = judge_predictions(make_table([0.2, 0.3, 0.1, 0.4], labels), "exams")
    assert answer.auroc["value"] == pytest.approx(1 / 3)
    assert "0.33, without an interval, as too few patients" in answer.sentences[0]
    assert "No AUROC" not in answer.sentences[0]
