"""`compare`: two tables, exit codes, and counts where images differ."""

import json
import shutil

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
