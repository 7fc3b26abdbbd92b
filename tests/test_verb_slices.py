"""The verb `slices`."""

import json

import pytest
from made_studies import draw_study

from mammo_core.cli import main
from mammo_core.metrics.measures import KINDS, find_key


@pytest.fixture
def path(tmp_path):
    table = draw_study(2, n_patients=200, separation=4, blind=lambda frame: frame["density"] == "d")
    table.frame.to_csv(tmp_path / "table.csv", index=False)
    return str(tmp_path / "table.csv")


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as leaving:
        main(["slices", *arguments, "--json"])
    out, err = capsys.readouterr()
    return leaving.value.code, json.loads(out) if leaving.value.code == 0 else err


def test_it_lists_the_worst_slice_first_and_says_how_many_were_compared(capsys, path):
    code, answer = run(capsys, "--predictions", path, "--limit", "3")
    assert code == 0
    assert answer["slices"][0]["values"] == {"density": "d"}
    assert answer["slices"][0]["is_worse"]
    assert len(answer["slices"]) == 3
    assert answer["compared"] > 10
    assert answer["worse"] >= 1
    assert {one["by"] for one in answer["paradox"]} == set(answer["attributes"])
    assert (answer["metric"], answer["positive"], answer["n"]) == ("auroc", "malignant", 800)


def test_at_patient_level_columns_that_differ_within_patients_are_gone(capsys, path):
    code, answer = run(capsys, "--predictions", path, "--level", "patient", "--metric", "recall")
    assert code == 0
    assert answer["attributes"] == ["density", "manufacturer", "source"]
    assert answer["n"] == answer["patients"] == 200


def test_a_measure_answers_to_its_key_and_to_its_title():
    assert [find_key(kind.title) for kind in KINDS.values()] == list(KINDS)
    assert find_key("Error rate") == "error_rate"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metric", "f2"], "auroc, recall (sensitivity), specificity, error_rate"),
        (["--min-patients", "1"], "at least 2 patients"),
        (["--split", "dev"], "dev"),
    ],
)
def test_bad_options_are_one_line_that_says_what_to_give(capsys, path, arguments, words):
    import pandas as pd

    pd.read_csv(path).assign(split="test").to_csv(path, index=False)
    code, err = run(capsys, "--predictions", path, *arguments)
    assert code == 2
    assert words in err


def test_a_model_needs_a_dataset_and_a_table_neither(capsys, path):
    for arguments in ([], ["demo"], ["demo", "sample_data", "--predictions", path]):
        code, err = run(capsys, *arguments)
        assert code == 2
        assert "--predictions" in err
