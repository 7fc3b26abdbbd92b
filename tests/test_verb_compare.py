"""`compare`: two tables, exit codes, and counts where images differ."""

import json
import shutil

import pandas as pd
import pytest
import standin_home
from prediction_rows import make_predictions

from mammo_core.cli import main
from mammo_core.datasets import load_dataset
from mammo_core.model_store import find_model, predictions_path
from mammo_core.predictions import read_predictions, write_predictions


def run(capsys, *words):
    with pytest.raises(SystemExit) as leaving:
        main(["compare", *map(str, words), "--bootstrap", "20", "--json"])
    captured = capsys.readouterr()
    return leaving.value.code, captured.out, captured.err


@pytest.fixture
def tables(tmp_path):
    paths = tmp_path / "a.csv", tmp_path / "b.parquet"
    make_predictions(30, 0).to_csv(paths[0], index=False)
    make_predictions(30, 1).iloc[::-1].to_parquet(paths[1])
    return paths


def test_two_tables_are_compared(capsys, tables):
    code, out, _ = run(capsys, *tables, "--level", "breast")
    answer = json.loads(out)
    assert code == 0
    assert answer["n"] == 60
    assert {"auroc_a", "auroc_b", "difference", "delong_p", "mcnemar_p"} <= set(answer)


def test_other_images_are_one_line_with_the_counts(capsys, tables, tmp_path):
    make_predictions(29, 0).to_csv(tmp_path / "short.csv", index=False)
    code, _, err = run(capsys, tables[0], tmp_path / "short.csv")
    assert code == 2
    assert err.count("\n") == 1
    assert "120 and 116 images" in err


def test_the_overlap_is_compared_when_asked_for(capsys, tables, tmp_path):
    make_predictions(30, 0).iloc[8:].to_csv(tmp_path / "short.csv", index=False)
    code, out, _ = run(capsys, tables[0], tmp_path / "short.csv", "--overlap")
    assert code == 0
    assert json.loads(out)["n"] == 112


def test_who_has_which_image_right_is_written(capsys, tables, tmp_path):
    code, out, _ = run(capsys, *tables, "--out", tmp_path / "rows.csv", "--threshold", "0.4",
                       "--threshold", "0.6")  # fmt: skip
    answer, rows = json.loads(out), pd.read_csv(tmp_path / "rows.csv")
    assert (code, answer["file"]) == (0, str(tmp_path / "rows.csv"))
    assert len(rows) == answer["n"]
    assert (rows["right_a"] & ~rows["right_b"]).sum() == answer["only_a_right"]["n"]
    assert (rows["called_a"] == (rows["score_a"] >= 0.4)).all()
    assert (rows["called_b"] == (rows["score_b"] >= 0.6)).all()
    counts = answer["reclassification"]["positives"]
    called = rows[rows["label"] == "malignant"]
    assert (called["called_a"] & ~called["called_b"]).sum() == counts["only_a"]


def test_three_tables_are_compared_with_the_first(capsys, tables, tmp_path):
    make_predictions(30, 2).to_csv(tmp_path / "c.csv", index=False)
    code, out, _ = run(capsys, *tables, tmp_path / "c.csv")
    answer = json.loads(out)
    assert code == 0
    assert answer["reference"] == str(tables[0])
    assert [one["name"] for one in answer["against"]] == [str(tables[1]), str(tmp_path / "c.csv")]


def test_three_tables_read_well(capsys, tables, tmp_path):
    make_predictions(30, 2).to_csv(tmp_path / "c.csv", index=False)
    words = ["compare", *map(str, tables), str(tmp_path / "c.csv"), "--bootstrap", "0"]
    with pytest.raises(SystemExit):
        main(words)
    out = capsys.readouterr().out
    assert f"A = {tables[0]}, p adjusted for 2 tests" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 120


@pytest.mark.parametrize("words", [["--threshold", "0.4"], ["--threshold", "2"] * 2])
def test_thresholds_are_asked_for_once_a_model_and_from_0_to_1(capsys, tables, words):
    code, _, err = run(capsys, *tables, *words)
    assert code == 2
    assert "each of the 2 models and from 0 to 1" in err


def test_a_single_table_is_one_line(capsys, tables):
    code, _, err = run(capsys, tables[0])
    assert (code, err) == (2, "Expected two or more models or tables to compare, got one\n")


def test_models_are_compared_on_a_dataset(capsys, home):
    standin_home.make_home(home)
    shutil.copytree(home / "models" / "demo", home / "models" / "other")
    dataset = load_dataset(home / ".mammo" / "datasets" / "exams")
    for name in ("demo", "other"):
        model = find_model(name)
        path = predictions_path(model, dataset.name)
        facts = {"model_sha256": model.sha256, "dataset_fingerprint": dataset.version}
        write_predictions(path, read_predictions(path).frame, facts | {"split": "all"})
    code, out, _ = run(capsys, "demo", "other", "--dataset", str(dataset.path))
    answer = json.loads(out)
    assert code == 0
    assert (answer["n"], answer["difference"]["value"], answer["delong_p"]) == (48, 0, None)
