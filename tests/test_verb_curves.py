"""The verb `curves` writes what the pages draw."""

import csv
import json

import numpy as np
import pytest
from prediction_rows import make_predictions
from sklearn.metrics import roc_auc_score

from mammo_core import cli
from mammo_core.metrics.curve_tables import tabulate_curve
from mammo_core.metrics.curves import roc_curve


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    make_predictions().to_csv(path, index=False)
    return path


def run(capsys, *words):
    with pytest.raises(SystemExit) as end:
        cli.main(["curves", *map(str, words), "--json"])
    return end.value.code, capsys.readouterr()


def write(capsys, table, out, *words):
    code, said = run(capsys, "--predictions", table, "--out", out, *words)
    assert code == 0
    return json.loads(said.out)


def read(out, name):
    with (out / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_area_under_the_written_curve_is_scikit_learns_auroc(capsys, table, tmp_path):
    said = write(capsys, table, tmp_path, "--bootstrap", "20")
    frame = make_predictions()
    points = [row for row in read(tmp_path, "roc") if row["part"] == "curve"]
    x, y = ([float(row[key]) for row in points] for key in ("false_positive_rate", "sensitivity"))
    expected = roc_auc_score(frame["label"] == "malignant", frame["p_malignant"])
    assert np.trapezoid(y, x) == pytest.approx(expected)
    assert said["n"] == len(frame)


def test_every_case_is_in_one_bar_of_its_class(capsys, table, tmp_path):
    write(capsys, table, tmp_path, "--bootstrap", "1")
    counted = {}
    for row in read(tmp_path, "scores"):
        counted[row["class"]] = counted.get(row["class"], 0) + int(row["n"])
    assert counted == make_predictions()["label"].value_counts().to_dict()


def test_a_table_without_positives_has_no_curve_but_its_scores(capsys, table, tmp_path):
    make_predictions().assign(label="normal").to_csv(table, index=False)
    said = write(capsys, table, tmp_path, "--bootstrap", "1")
    assert [said["files"][name]["rows"] for name in ("roc", "precision_recall")] == [0, 0]
    assert said["files"]["scores"]["rows"] > 0


def test_without_anything_to_draw_it_says_what_it_expects(capsys):
    code, said = run(capsys)
    assert code == 2
    assert "--predictions FILE" in said.err


def test_a_band_without_width_is_left_out():
    curve = roc_curve(np.array([0.1, 0.9]), np.array([False, True]))
    at = np.linspace(0, 1, 3)
    wide, narrow = (tabulate_curve(curve, (at, at * 0, high), "x", "y") for high in (at, at * 0))
    assert sum(row["part"] == "band" for row in wide) == 3
    assert {row["part"] for row in narrow} == {"curve"}
