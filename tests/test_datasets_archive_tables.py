"""Columns of archives' tables come as clean text; faults are named without quoting rows."""

import os

import pandas as pd
import pytest

from mammo_core.datasets.archive_tables import (
    build_rows,
    choose_ids,
    read_columns,
    read_first_line,
    settle_repeats,
    sift,
    to_numbers,
)
from mammo_core.errors import BadTable, UnreadableFile


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_only_the_named_columns_are_read_as_clean_text(tmp_path):
    table = write(tmp_path / "t.csv", "id,junk,age,note\n 007 ,x,61.0,\n8,y,NA,a.0b\n")
    frame = read_columns(table, ["id", "note"], ["age", "absent"])
    assert frame.to_dict("list") == {
        "id": ["007", "8"],
        "note": ["", "a.0b"],
        "age": ["61", ""],
    }


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_each_common_separator_is_understood(tmp_path, separator):
    table = write(tmp_path / "t.csv", "id,age\n1,2\n".replace(",", separator))
    assert read_columns(table, ["id", "age"]).to_dict("list") == {"id": ["1"], "age": ["2"]}


def test_quotes_line_breaks_and_byte_order_marks_are_understood(tmp_path):
    table = write(
        tmp_path / "t.csv", '"id","list"\r\n1,"[\'a\', \'b\']"\r\n2,"x\ny"\r\n', "utf-8-sig"
    )
    assert read_columns(table, ["id", "list"])["list"].tolist() == ["['a', 'b']", "x\ny"]


def test_a_heading_that_is_not_asked_for_may_occur_twice(tmp_path):
    table = write(tmp_path / "t.csv", "id,x,x\n1,2,3\n")
    assert read_columns(table, ["id"])["id"].tolist() == ["1"]
    with pytest.raises(BadTable, match="'x' occurs again"):
        read_columns(table, ["x"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,age\n1,2\n", "lacks side"),
        ("id side age\n1 L 2\n", "separator"),
        ("id,side\n", "Expected rows"),
        ("", "nothing readable"),
    ],
)
def test_what_a_table_lacks_is_named(tmp_path, text, told):
    with pytest.raises(BadTable, match=told):
        read_columns(write(tmp_path / "t.csv", text), ["id", "side"])


def test_no_fault_quotes_a_row(tmp_path):
    ragged = write(tmp_path / "t.csv", "id,side\n1,L\nJane Doe,R,1964\n")
    with pytest.raises(UnreadableFile) as fault:
        read_columns(ragged, ["id", "side"])
    assert "Jane" not in str(fault.value)
    foreign = write(tmp_path / "u.csv", "id,side\nJané,R\n", "latin-1")
    with pytest.raises(BadTable, match="UTF-8") as fault:
        read_columns(foreign, ["id", "side"])
    assert "Jan" not in str(fault.value)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match=r"none\.csv"):
        read_columns(tmp_path / "none.csv", ["id"])
    assert read_first_line(tmp_path / "none.csv") == []


def test_what_is_no_text_has_no_headings(tmp_path):
    (tmp_path / "t.csv").write_bytes(bytes(range(256)) * 4)
    assert read_first_line(tmp_path / "t.csv") == []


def test_repeated_rows_are_settled_by_what_decides():
    frame = pd.DataFrame({"id": ["a", "a", "b", "b"], "label": list("xxyz"), "note": list("1234")})
    first, is_contradictory = settle_repeats(frame, "id", ["label"])
    assert first["note"].tolist() == ["1", "3"]
    assert is_contradictory.tolist() == [False, True]


def test_each_row_is_told_the_first_fault_that_strikes_it():
    frame = pd.DataFrame({"path": list("abc"), "n": [1, 2, 3]})
    sifted = sift(frame, "path", {"many": frame["n"] > 2, "some": frame["n"] > 1})
    assert sifted.frame["path"].tolist() == ["a"]
    assert {refusal.file: refusal.reason for refusal in sifted.refusals} == {
        "b": "some",
        "c": "many",
    }


def test_blanks_become_unknown_and_falsehoods_stay(tmp_path):
    columns = {
        "file": [tmp_path],
        "image_id": pd.Series(["a"]),
        "patient_id": pd.Series(["p"]),
        "density": pd.Series([""]),
        "age": pd.Series([float("nan")]),
        "cancer": pd.Series([False], dtype=object),
        "regions": [()],
    }
    (row,) = build_rows(columns)
    assert (row.density, row.age, row.cancer, row.regions) == (None, None, False, ())


def test_ids_are_the_shortest_that_no_other_row_shares():
    short, long = pd.Series(["a", "b", "b"]), pd.Series(["x/a", "x/b", "y/b"])
    assert choose_ids(short, long).tolist() == ["a", "x_b", "y_b"]


def test_numbers_are_finite_floats_or_nothing():
    numbers = to_numbers(pd.Series(["61", "0.5", "inf", "1e999", "", "sixty"]))
    assert numbers.dtype == "float64"
    assert numbers.dropna().tolist() == [61.0, 0.5]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="This system has no named pipes")
def test_a_named_pipe_is_no_table_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "train.csv")
    assert read_first_line(tmp_path / "train.csv") == []
