"""Models joined by their mean probabilities."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import standin_home
from prediction_rows import CLASSES, make_predictions

from mammo_core import cli
from mammo_core.datasets import load_dataset
from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.model_store import find_model, predictions_path
from mammo_core.predictions import check_predictions, read_predictions, write_predictions
from mammo_core.uncertainty.ensembles import join_members

P = [f"p_{name}" for name in CLASSES]


def to_table(frame):
    return check_predictions(pa.Table.from_pandas(frame, preserve_index=False), "made")


def make_members(n=3, n_patients=20):
    return [to_table(make_predictions(n_patients, seed=k)) for k in range(n)]


def test_probabilities_are_the_mean_of_the_members():
    members = make_members()
    frame = join_members(members)
    expected = np.mean([member.probabilities for member in members], axis=0)
    assert frame[P].to_numpy() == pytest.approx(expected)
    assert frame[P].sum(axis=1).to_numpy() == pytest.approx(1)


def test_members_that_say_the_same_do_not_disagree():
    one = to_table(make_predictions(20))
    frame = join_members([one, one, one])
    assert frame["disagreement"].to_numpy() == pytest.approx(0, abs=1e-9)
    assert frame["std"].to_numpy() == pytest.approx(0, abs=1e-9)
    assert frame[P].to_numpy() == pytest.approx(one.probabilities)


def test_members_that_are_sure_of_different_classes_disagree_wholly():
    frames = [make_predictions(5).assign(**dict.fromkeys(P, 0.0)) for _ in CLASSES]
    members = [to_table(f.assign(**{name: 1.0})) for f, name in zip(frames, P, strict=True)]
    assert join_members(members)["disagreement"].to_numpy() == pytest.approx(1)


def test_the_order_of_members_and_rows_does_not_matter():
    a, b = make_predictions(20, seed=1), make_predictions(20, seed=2)
    shuffled = b.sample(frac=1, random_state=0)
    one = join_members([to_table(a), to_table(b)]).set_index("image_id")
    other = join_members([to_table(shuffled), to_table(a)]).set_index("image_id")
    columns = [*P, "disagreement", "entropy", "std"]
    assert one[columns].to_numpy() == pytest.approx(other.loc[one.index, columns].to_numpy())


def test_members_must_know_the_same_images_unless_the_overlap_is_asked_for():
    whole, part = to_table(make_predictions(20)), to_table(make_predictions(15))
    with pytest.raises(BadTable, match="80 and 60 images"):
        join_members([whole, part])
    assert len(join_members([whole, part], overlap=True)) == 60


def test_one_model_is_no_ensemble():
    with pytest.raises(BadConfiguration, match="at least two"):
        join_members(make_members(1))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_verb_writes_a_table_that_can_be_evaluated(tmp_path, capsys, suffix):
    paths = [tmp_path / f"{k}.parquet" for k in range(2)]
    for k, path in enumerate(paths):
        make_predictions(20, seed=k).to_parquet(path)
    out = tmp_path / f"both.{suffix}"
    with pytest.raises(SystemExit) as end:
        cli.main(["ensemble", *map(str, paths), "--out", str(out), "--json"])
    assert end.value.code == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["rows"], answer["members"]) == (80, 2)
    written, members = read_predictions(out), [read_predictions(path) for path in paths]
    expected = np.mean([member.probabilities for member in members], axis=0)
    assert written.probabilities == pytest.approx(expected)
    assert list(written.frame["label"]) == list(members[0].frame["label"])


def test_a_file_of_another_kind_is_refused_first(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["ensemble", "a", "b", "--dataset", "c", "--out", str(tmp_path / "x.txt")])
    assert end.value.code == 2
    assert ".csv or .parquet" in capsys.readouterr().err


def run(capsys, *words):
    with pytest.raises(SystemExit) as end:
        cli.main(["ensemble", *map(str, words), "--json"])
    out, err = capsys.readouterr()
    return end.value.code, json.loads(out) if out else None, err


@pytest.fixture
def two_models(home):
    """Two stand-ins that have predicted the same dataset."""
    frame = standin_home.make_home(home, n_patients=6)
    standin_home.write_card(home / "models" / "other")
    path = home / "models" / "other" / "predictions" / "exams.parquet"
    path.parent.mkdir(parents=True)
    dataset = load_dataset(home / ".mammo" / "datasets" / "exams")
    flat = frame.assign(**dict.fromkeys(P, 1 / 3))
    for name, table in (("demo", frame), ("other", flat)):
        model = find_model(name)
        facts = {"model_sha256": model.sha256, "dataset_fingerprint": dataset.version}
        write_predictions(predictions_path(model, "exams"), table, {**facts, "split": "all"})
    return dataset


def test_an_ensemble_can_be_kept_as_a_model_of_its_own(two_models, capsys):
    code, answer, _ = run(capsys, "demo", "other", "--dataset", two_models.path, "--name", "both")
    assert (code, Path(answer["model"]).name) == (0, "both")
    model = find_model("both")
    assert model.is_table
    kept = read_predictions(predictions_path(model, "exams"))
    alone = read_predictions(predictions_path(find_model("demo"), "exams"))
    assert kept.probabilities == pytest.approx((alone.probabilities + 1 / 3) / 2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["a", "b"], "--out FILE or --name NAME"),
        (["a", "b", "--name", "both"], "--dataset beside --name"),
        (["demo", "other", "--dataset", "exams", "--name", "demo"], "must be new"),
    ],
)
def test_an_ensemble_without_a_place_is_refused_in_a_line(two_models, capsys, words, says):
    code, answer, err = run(capsys, *words)
    assert (code, answer) == (2, None)
    assert says in err
    assert len(err.strip().splitlines()) == 1
