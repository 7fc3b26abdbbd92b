"""A prediction table of any framework becomes a model that is judged like every other."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from prediction_rows import CLASSES, make_predictions
from standin_home import write_dataset

from mammo_core.adoption import remove_model
from mammo_core.datasets import load_dataset
from mammo_core.errors import BadConfiguration, BadDataset, BadModel, BadTable, UnreadableFile
from mammo_core.metrics.comparison import compare
from mammo_core.metrics.evaluation import evaluate
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.metrics.stored import evaluate_model, read_model_predictions
from mammo_core.model_store import find_model, list_models
from mammo_core.prediction import predict_dataset
from mammo_core.predictions import read_predictions
from mammo_core.runs import list_runs
from mammo_core.table_models.adoption import TableImport, adopt_table
from mammo_core.table_models.spelling import Spelling, read_renaming

P = [f"p_{name}" for name in CLASSES]
QUICK = EvaluationOptions(bootstrap=20)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def frame():
    return make_predictions(10)


def adopt(frame, home, name="theirs", dataset=None, threshold=0.5, **spelling):
    file = home / f"{name}.csv"
    frame.to_csv(file, index=False)
    asked = TableImport(file=file, spelling=Spelling(**spelling), threshold=threshold)
    return adopt_table(asked, name, dataset)


def stored_frame(answer):
    return read_predictions(answer["table"]).frame


def test_its_numbers_are_those_of_the_table_itself(frame, home):
    adopt(frame, home, threshold=0.25)
    of_model = evaluate_model("theirs", "theirs", QUICK)
    of_table = evaluate(read_predictions(home / "theirs.csv"), bootstrap=20, threshold=0.25)
    assert of_model["confusion"] == of_table["confusion"]
    assert of_model["operating_points"] == of_table["operating_points"]


def test_it_is_listed_and_says_that_it_has_no_network(frame, home):
    adopt(frame, home)
    (model,) = list_models()
    (run,) = list_runs()
    assert model.is_table
    assert run.is_table
    assert run.state == "imported"
    assert "without a network" in (model.path / "card.md").read_text()


def test_its_card_knows_the_file_that_it_came_from(frame, home):
    adopt(frame, home)
    model = find_model("theirs")
    assert model.sha256 == read_predictions(home / "theirs.csv").sha256
    assert model.card["training"]["file"] == "theirs.csv"
    assert str(home) not in json.dumps(model.card)


def test_two_tables_of_one_dataset_are_compared(frame, home):
    adopt(frame, home)
    other = make_predictions(10, seed=3)
    adopt(other, home, "second", load_dataset("theirs"))
    tables = [
        read_model_predictions(name, "theirs", "test", "compare") for name in ("theirs", "second")
    ]
    assert compare(*tables, QUICK)["n"] == len(frame)


def test_it_is_not_run_on_images(frame, home):
    adopt(frame, home)
    dataset = write_dataset(home / ".mammo" / "datasets" / "exams", 3, 0)
    assert len(dataset)
    with pytest.raises(BadModel, match="theirs is a table of predictions without a network"):
        predict_dataset(find_model("theirs"), load_dataset("exams"))


def test_without_a_dataset_its_own_ids_become_one_without_pictures(frame, home):
    answer = adopt(frame, home)
    dataset = load_dataset(answer["dataset"])
    assert sorted(dataset.index["image_id"]) == sorted(frame["image_id"])
    assert dataset.classes == CLASSES
    assert not dataset.has_pictures
    with pytest.raises(BadDataset, match="it has no pictures"):
        dataset.file_of("i0001")


def test_what_the_table_tells_of_its_images_is_kept(frame, home):
    extra = frame.assign(scanner_room="north", implant=np.arange(len(frame)) % 2 == 0)
    answer = adopt(extra, home)
    kept, index = stored_frame(answer), load_dataset("theirs").index
    assert set(kept["scanner_room"]) == {"north"}
    assert index["implant"].sum() == len(frame) // 2
    np.testing.assert_array_equal(index["age"], kept["age"])


def test_a_table_without_splits_is_a_test_set(frame, home):
    assert adopt(frame.drop(columns="split"), home)["splits"] == {"test": len(frame)}


def test_splits_are_understood_by_their_usual_words(frame, home):
    words = np.array(["training", "VALID", "Test"])[np.arange(len(frame)) % 3]
    assert set(adopt(frame.assign(split=words), home)["splits"]) == {"train", "val", "test"}


def test_a_strange_split_is_named(frame, home):
    with pytest.raises(BadTable, match=r"train, val or test in the column 'split'.*'fold3'"):
        adopt(frame.assign(split="fold3"), home)


def test_renamed_columns_read_as_ours(frame, home):
    theirs = frame.rename(columns={"image_id": "file name", "p_benign": "prob=b"})
    answer = adopt(theirs, home, rename={"file name": "image_id", "prob=b": "p_benign"})
    same = adopt(frame, home, "ours")
    order = ["image_id", *P]
    pd.testing.assert_frame_equal(stored_frame(answer)[order], stored_frame(same)[order])


@pytest.mark.parametrize("name", ["score", "p", "p_1", "p_sick"])
@pytest.mark.parametrize("labels", [(0, 1), (False, True), ("well", "sick"), (0.0, 1.0)])
def test_one_probability_is_that_of_the_second_of_two_classes(frame, home, name, labels):
    is_sick = (frame["label"] == "malignant").to_numpy()
    one = frame.drop(columns=P).assign(
        **{name: frame["p_malignant"]}, label=np.where(is_sick, labels[1], labels[0])
    )
    table = read_predictions(adopt(one, home, classes=("well", "sick"))["table"])
    np.testing.assert_allclose(table.probabilities[:, 1], frame["p_malignant"])
    np.testing.assert_array_equal(table.labels == 1, is_sick)


def test_counted_classes_get_their_names_in_order(frame, home):
    codes = pd.Categorical(frame["label"], categories=CLASSES).codes
    counted = frame.rename(columns={name: f"p_{k}" for k, name in enumerate(P)})
    named = adopt(counted.assign(label=codes), home, classes=CLASSES)
    plain = adopt(frame, home, "plain")
    pd.testing.assert_frame_equal(
        stored_frame(named)[["label", *P]], stored_frame(plain)[["label", *P]]
    )


def test_classes_put_the_columns_into_their_order(frame, home):
    answer = adopt(frame, home, classes=("malignant", "normal", "benign"))
    assert answer["classes"] == ["malignant", "normal", "benign"]


def test_with_a_dataset_ids_and_probabilities_are_enough(frame, home):
    index = write_dataset(home / ".mammo" / "datasets" / "exams", 10, 0)
    given = frame[P].assign(image_id=[*index["image_id"][1:], "stranger"])
    answer = adopt(given, home, dataset=load_dataset("exams"))
    assert (answer["rows"], answer["left_out"], answer["without"]) == (len(index) - 1, 1, 1)
    assert set(stored_frame(answer)["patient_id"]) == set(index["patient_id"])
    assert any(
        "stranger" not in warning and "left out" in warning for warning in answer["warnings"]
    )


def test_the_datasets_labels_count_and_others_are_told(frame, home):
    index = write_dataset(home / ".mammo" / "datasets" / "exams", 10, 0)
    given = frame[P].assign(image_id=index["image_id"], label=index["label"])
    given.loc[0, "label"] = "benign" if given["label"][0] != "benign" else "normal"
    answer = adopt(given, home, dataset=load_dataset("exams"))
    kept = stored_frame(answer).set_index("image_id")["label"]
    assert kept.to_dict() == index.set_index("image_id")["label"].to_dict()
    assert any(w.startswith("1 image with another label") for w in answer["warnings"])


def test_a_dataset_that_changed_asks_for_another_table(frame, home):
    folder = home / ".mammo" / "datasets" / "exams"
    index = write_dataset(folder, 10, 0)
    adopt(frame[P].assign(image_id=index["image_id"]), home, dataset=load_dataset("exams"))
    assert evaluate_model("theirs", "exams", QUICK)["n"] == len(index)
    card = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(card | {"decisions": "123"}))
    with pytest.raises(BadModel, match="bring another table"):
        evaluate_model("theirs", "exams", QUICK)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda ids: [f"x{one}" for one in ids], "write the ids as the dataset has them"),
        (lambda ids: [f"scans/{one}.dcm" for one in ids], "differ by folder or ending"),
    ],
)
def test_images_that_no_dataset_knows_are_refused_with_a_guess(frame, home, change, hint):
    index = write_dataset(home / ".mammo" / "datasets" / "exams", 10, 0)
    given = frame[P].assign(image_id=change(index["image_id"]))
    with pytest.raises(BadTable, match=f"None of the 40 images.*exams.*{hint}"):
        adopt(given, home, dataset=load_dataset("exams"))


def test_lost_leading_zeros_are_guessed(frame, home):
    adopt(frame.assign(image_id=[f"{k:06}" for k in range(len(frame))]), home, "ours")
    given = frame[P].assign(image_id=range(len(frame)))
    with pytest.raises(BadTable, match="leading zeros were lost"):
        adopt(given, home, dataset=load_dataset("ours"))


WRONG = {
    "renamed column": (lambda f: f, {"rename": {"nope": "label"}}, "column 'nope' that is renamed"),
    "no probability": (
        lambda f: f.drop(columns=P),
        {"classes": ("a", "b")},
        "p_a, p_b, or as p_0 to p_1, or one column score of b's",
    ),
    "no id": (lambda f: f.drop(columns="image_id"), {}, "tell it by --rename THEIRS=image"),
    "two scores": (
        lambda f: f.drop(columns=P).assign(score=0.5, prob=0.5),
        {"classes": ("a", "b")},
        "Expected the probabilities of each class",
    ),
    "score is text": (
        lambda f: f.drop(columns=P).assign(score="high"),
        {"classes": ("a", "b")},
        "numbers in column score",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_understood_leaves_nothing_behind(frame, home, case):
    spoil, spelling, message = WRONG[case]
    with pytest.raises(BadTable, match=message):
        adopt(spoil(frame), home, **spelling)
    assert not list_models()
    assert not (home / ".mammo" / "datasets" / "theirs").exists()


def test_a_name_that_a_dataset_has_is_refused(frame, home):
    write_dataset(home / ".mammo" / "datasets" / "exams", 2, 0)
    with pytest.raises(BadConfiguration, match="a dataset has that name"):
        adopt(frame, home, "exams")


def test_a_file_that_is_not_there_is_named(home):
    with pytest.raises(UnreadableFile, match=r"nowhere\.csv"):
        adopt_table(TableImport(file=home / "nowhere.csv"), "theirs")


@pytest.mark.parametrize("pairs", [["image"], ["=b"], ["a="], ["a=b", "a=c"]])
def test_a_renaming_of_another_form_is_refused(pairs):
    with pytest.raises(BadConfiguration, match="THEIRS=OURS"):
        read_renaming(pairs)


def test_it_is_removed_like_other_models(frame, home):
    adopt(frame, home)
    remove_model("theirs")
    assert not list_models()
    shutil.rmtree(home / ".mammo" / "datasets" / "theirs")
