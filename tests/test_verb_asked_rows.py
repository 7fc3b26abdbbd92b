"""Whose rows verbs are asked about: a table by its path or the option, in our words or others."""

import pandas as pd
import pytest
import standin_home
from prediction_rows import CLASSES, make_predictions

from mammo_core.datasets import load_dataset
from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.metrics.measures import KINDS
from mammo_core.model_store import find_model, predictions_path
from mammo_core.predictions import Provenance, read_predictions, write_predictions
from mammo_core.verbs.asked_rows import find_rows, take_table
from mammo_core.verbs.calibrate import calibrate
from mammo_core.verbs.compare import compare
from mammo_core.verbs.conformal import conformal
from mammo_core.verbs.curves import curves
from mammo_core.verbs.ensemble import ensemble
from mammo_core.verbs.evaluate import evaluate
from mammo_core.verbs.referral import referral
from mammo_core.verbs.slices import slices

VERBS = [
    (evaluate, {"bootstrap": 5}),
    (slices, {"metric": "recall"}),
    (conformal, {"bootstrap": 5}),
    (referral, {"bootstrap": 5}),
    (calibrate, {"bootstrap": 5, "out": "out.parquet"}),
    (curves, {"bootstrap": 5, "out": "curves"}),
]
THEIRS = {"image": "image_id", "pid": "patient_id", "truth": "label"}
SPELLED = {
    "rename": [f"{theirs}={ours}" for theirs, ours in THEIRS.items()],
    "classes": ",".join(CLASSES),
}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("bare") / "theirs.csv"
    frame = make_predictions(30)
    is_val = frame["patient_id"] < "p015"
    frame.assign(split=is_val.map({True: "val", False: "test"})).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(("verb", "more"), VERBS, ids=lambda one: getattr(one, "__name__", ""))
def test_its_bare_path_answers_as_the_option_does(table, tmp_path, verb, more):
    more = more | ({"out": tmp_path / more["out"]} if "out" in more else {})
    assert verb(str(table), **more) == verb(predictions=table, **more)


@pytest.mark.parametrize("words", [("demo", None), ("absent.csv", None), ("{table}", "films")])
def test_any_other_word_stays_a_model(table, words):
    model, dataset = words[0].format(table=table), words[1]
    assert take_table(model, dataset, None) == (model, None)


def test_comparing_a_model_without_a_dataset_says_what_is_missing(table, tmp_path, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path))
    standin_home.make_home(tmp_path)
    with pytest.raises(BadConfiguration, match="'demo' is a model: --dataset names the data"):
        compare(["demo", str(table)])


@pytest.mark.parametrize("key", KINDS)
def test_a_metric_goes_by_its_key_and_by_the_title_of_the_page(table, key):
    asked = (key, KINDS[key].title, KINDS[key].title.lower())
    answers = [slices(str(table), metric=name) for name in asked]
    assert answers[0] == answers[1] == answers[2]


def test_an_unknown_metric_is_told_both_names(table):
    with pytest.raises(BadConfiguration, match=r"recall \(sensitivity\)"):
        slices(str(table), metric="tpr")


def test_counted_labels_are_sent_to_where_they_get_names(tmp_path):
    path = tmp_path / "counted.csv"
    frame = make_predictions(10)
    frame.assign(label=0).to_csv(path, index=False)
    with pytest.raises(BadTable, match=r"--classes and Models > Import take their names"):
        evaluate(str(path))


@pytest.mark.parametrize(
    ("words", "of_models"),
    [
        ((None, None, None), {}),
        (("demo", None, None), {}),
        ((None, "films", None), {}),
        (("demo", "films", "t.csv"), {}),
        (("demo", None, "t.csv"), {}),
        ((None, "films", "t.csv"), {}),
        ((None, None, "t.csv"), {"--calibrated": "platt"}),
    ],
)
def test_it_is_a_model_with_a_dataset_or_a_table(words, of_models):
    with pytest.raises(BadConfiguration, match="either a model and a dataset or --predictions"):
        find_rows(*words, of_models=of_models)


def test_an_option_of_models_is_named_where_a_table_is_asked_about(table):
    with pytest.raises(BadConfiguration, match="--calibrated with a model only"):
        evaluate(str(table), calibrated="platt")
    with pytest.raises(BadConfiguration, match="--method with a model only"):
        referral(str(table), method="tta")


@pytest.fixture(scope="module")
def otherwise(table):
    """The table in the words of somebody else: other headings, classes counted."""
    frame = pd.read_csv(table)
    frame["label"] = frame["label"].map(CLASSES.index)
    frame = frame.rename(columns={f"p_{name}": f"p_{k}" for k, name in enumerate(CLASSES)})
    path = table.parent / "otherwise.csv"
    frame.rename(columns={ours: theirs for theirs, ours in THEIRS.items()}).to_csv(
        path, index=False
    )
    return path


@pytest.mark.parametrize(("verb", "more"), VERBS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_table_in_other_words_answers_as_it_does_in_ours(table, otherwise, tmp_path, verb, more):
    more = more | ({"out": tmp_path / more["out"]} if "out" in more else {})
    assert verb(str(otherwise), **SPELLED, **more) == verb(str(table), **more)


def test_a_table_in_other_words_is_compared_with_ours(table, otherwise):
    ours = compare([str(table), str(table)], bootstrap=5)
    theirs = compare([str(table), str(otherwise)], bootstrap=5, **SPELLED)
    assert theirs == ours


def test_a_table_in_other_words_joins_an_ensemble(table, otherwise, tmp_path):
    members = [str(table), str(otherwise)]
    ensemble(members, out=tmp_path / "both.csv", **SPELLED)
    joined = read_predictions(tmp_path / "both.csv")
    assert joined.probabilities == pytest.approx(read_predictions(table).probabilities)
    assert (joined.frame["disagreement"].astype(float) == 0).all()


@pytest.mark.parametrize("verb", [evaluate, slices])
def test_a_missing_column_is_told_with_the_option_that_names_it(otherwise, verb):
    with pytest.raises(BadTable, match="--rename THEIRS=image_id"):
        verb(str(otherwise))


def test_a_renamed_column_must_be_there(table):
    with pytest.raises(BadTable, match="column 'nope' that is renamed"):
        evaluate(str(table), rename=["nope=view"])
    with pytest.raises(BadTable, match=r"column 'nope' that is renamed, theirs\.csv has"):
        compare([str(table), str(table)], rename=["nope=view"])


@pytest.mark.parametrize("spelling", [{"rename": ["a=label"]}, {"classes": "a,b"}])
def test_a_model_is_never_renamed(spelling):
    with pytest.raises(BadConfiguration, match="beside a prediction table only"):
        find_rows("demo", "films", None, **spelling)
    with pytest.raises(BadConfiguration, match="beside a prediction table only"):
        compare(["demo", "other"], dataset="films", **spelling)


@pytest.mark.parametrize(("verb", "more"), [(referral, {"bootstrap": 0}), (slices, {})])
def test_a_models_own_threshold_holds_unless_another_is_asked_for(
    tmp_path, monkeypatch, verb, more
):
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path))
    standin_home.make_home(tmp_path)
    asked = (standin_home.MODEL, standin_home.DATASET)
    model = find_model(standin_home.MODEL)
    path = predictions_path(model, standin_home.DATASET)
    made_from = Provenance(model.sha256, load_dataset(standin_home.DATASET).version)
    write_predictions(path, pd.read_parquet(path), vars(made_from))
    own = model.threshold
    assert own != 0.5
    assert verb(*asked, **more)["threshold"] == own
    assert verb(*asked, threshold=0.5, **more)["threshold"] == 0.5
