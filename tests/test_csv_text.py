"""CSV that a spreadsheet opens runs nothing in it; a table that is read again stays exact."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from prediction_rows import make_predictions

from mammo_core.csv_text import FORMULA_STARTS, quote_texts, to_csv, to_exact_csv
from mammo_core.metrics.comparison import Contender
from mammo_core.metrics.comparison_rows import list_rows, write_rows
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.predictions import read_predictions
from mammo_core.uncertainty.ensembles import join_members, write_ensemble

LINK = '=HYPERLINK("http://x")'


def read_back(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_a_text_that_spreadsheets_calculate_stands_behind_an_apostrophe(start):
    text = f"{start}1+1"
    assert read_back(to_csv([{text: text}])) == [{f"'{text}": f"'{text}"}]


@pytest.mark.parametrize("value", ["plain", "a=b", "'quoted", "", -3, -0.5, np.float64(-2.0), 1e-9])
def test_numbers_and_other_texts_stay_as_they_are(value):
    assert read_back(to_csv([{"x": value}])) == [{"x": str(value)}]


def test_a_frame_is_quoted_as_its_rows_are():
    frame = pd.DataFrame({"id": [LINK, "b"], "x": [-1.5, 2.0], "@y": pd.Series([None, "-"])})
    rows = read_back(quote_texts(frame).to_csv(index=False))
    assert rows == [
        {"id": f"'{LINK}", "x": "-1.5", "'@y": ""},
        {"id": "b", "x": "2.0", "'@y": "'-"},
    ]


def test_an_exact_table_reads_back_the_same_texts():
    assert read_back(to_exact_csv([{"id": LINK}])) == [{"id": LINK}]


@pytest.fixture
def tables(tmp_path):
    """Two of the same images, one of which is named like a formula."""
    found = []
    for seed in (0, 1):
        frame = make_predictions(10, seed).replace({"image_id": {"i0000": LINK}})
        assert LINK in set(frame["image_id"])
        frame.to_csv(tmp_path / f"{seed}.csv", index=False)
        found.append(read_predictions(tmp_path / f"{seed}.csv"))
    return found


def test_the_rows_of_a_comparison_run_nothing(tables, tmp_path):
    contenders = [Contender(name, one) for name, one in zip("ab", tables, strict=True)]
    write_rows(tmp_path / "rows.csv", list_rows(contenders, EvaluationOptions(split="all")))
    ids = {row["image_id"] for row in read_back((tmp_path / "rows.csv").read_text())}
    assert f"'{LINK}" in ids
    assert LINK not in ids


def test_an_ensemble_keeps_the_ids_of_its_members(tables, tmp_path):
    write_ensemble(tmp_path / "both.csv", join_members(tables, split="all"), ["a", "b"])
    joined = read_predictions(tmp_path / "both.csv")
    assert joined.image_ids(np.arange(len(joined))) == tables[0].image_ids(np.arange(len(joined)))
