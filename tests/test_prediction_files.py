"""Prediction tables as all kinds of programs save them: read to one meaning, or refused."""

import gzip
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from prediction_rows import CLASSES, make_predictions

from mammo_core import cli, table_limits
from mammo_core.errors import BadTable, UnreadableFile
from mammo_core.metrics.evaluation import evaluate
from mammo_core.predictions import read_predictions

P = [f"p_{name}" for name in CLASSES]
SCREEN = 300
"""Letters of a message that a reader takes in."""


@pytest.fixture
def frame():
    return make_predictions(6)


@pytest.fixture
def plain(frame, tmp_path):
    """The table as any of the files should read."""
    return read(frame.to_csv(index=False).encode(), tmp_path)


def read(content, tmp_path, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return read_predictions(path)


def to_parquet(table, **options):
    stream = io.BytesIO()
    table = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table)
    pq.write_table(table, stream, **options)
    return stream.getvalue()


def as_csv(frame, **options):
    return frame.to_csv(index=False, **options)


SPELLINGS = {
    "utf-16": lambda f: as_csv(f).encode("utf-16"),
    "utf-16 with tabs, as spreadsheets save text": lambda f: as_csv(f, sep="\t").encode("utf-16"),
    "byte order mark": lambda f: as_csv(f).encode("utf-8-sig"),
    "lines of Windows": lambda f: as_csv(f, lineterminator="\r\n").encode(),
    "lines of old Macs": lambda f: as_csv(f, lineterminator="\r").encode(),
    "no line end at the end": lambda f: as_csv(f).rstrip().encode(),
    "blanks around headings": lambda f: as_csv(f.rename(columns=" {} ".format)).encode(),
    "blanks around values": lambda f: as_csv(f.assign(label=" " + f.label + " ")).encode(),
    "quotes around all": lambda f: as_csv(f, quoting=1).encode(),
    "row numbers in front": lambda f: f.to_csv().encode(),
    "row numbers with tabs": lambda f: f.to_csv(sep="\t").encode(),
    "scientific notation": lambda f: as_csv(
        f.assign(**{n: f[n].map("{:.17e}".format) for n in P})
    ).encode(),
    "categories": lambda f: to_parquet(f.assign(label=f.label.astype("category"))),
    "large strings": lambda f: to_parquet(
        pa.Table.from_pandas(f).set_column(0, "image_id", pa.array(f.image_id, pa.large_string()))
    ),
    "string views": lambda f: to_parquet(
        pa.Table.from_pandas(f).set_column(0, "image_id", pa.array(f.image_id, pa.string_view()))
    ),
    "many row groups": lambda f: to_parquet(f, row_group_size=3),
    "compressed columns": lambda f: to_parquet(f, compression="zstd"),
    "probabilities as text": lambda f: to_parquet(f.assign(**{n: f[n].map(repr) for n in P})),
    "another ending of the name": lambda f: to_parquet(f),
}


@pytest.mark.parametrize("case", SPELLINGS)
def test_a_table_reads_the_same_however_it_was_saved(frame, plain, tmp_path, case):
    table = read(SPELLINGS[case](frame), tmp_path, "saved.csv")
    pd.testing.assert_frame_equal(table.frame[list(frame)], plain.frame[list(frame)])


def test_quoted_newlines_and_separators_stay_in_their_value(frame, tmp_path):
    note = 'first line\nsecond, "quoted"; and more'
    table = read(as_csv(frame.assign(note=note)).encode(), tmp_path)
    assert set(table.frame["note"]) == {note}
    assert len(table) == len(frame)


def test_ids_with_blanks_and_signs_are_kept(frame, tmp_path):
    ids = [f"left breast #{k} (a/b) é" for k in range(len(frame))]
    table = read(as_csv(frame.assign(image_id=ids)).encode(), tmp_path)
    assert set(table.frame["image_id"]) == set(ids)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (pd.Timestamp("2020-01-02 03:04:05"), "2020-01-02 03:04:05"),
        (pd.Timedelta("1 day"), "86400"),
        (True, "true"),
        (b"bytes", "bytes"),
    ],
)
def test_facts_of_any_plain_kind_become_texts(frame, tmp_path, values, told):
    table = read(to_parquet(frame.assign(fact=values)), tmp_path, "t.parquet")
    assert str(table.frame["fact"].iloc[0]).startswith(told)


def test_nested_facts_are_left_out_and_the_rest_is_read(frame, tmp_path):
    nested = pa.array([{"x": [1, 2]}] * len(frame))
    table = pa.Table.from_pandas(frame).append_column("boxes", nested)
    assert "boxes" not in read(to_parquet(table), tmp_path, "t.parquet").frame


REFUSED = {
    "a workbook": (b"PK\x03\x04" + b"\0" * 99, "an Excel workbook.*save its sheet as CSV"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1" + b"\0" * 99, "old Excel workbook"),
    "gzip": (gzip.compress(b"image_id,label\n"), "compressed.*unpack"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "neither"),
    "a pickle": (b"\x80\x04\x95\0\0\0\0", "neither|Expected a column"),
    "JSON": (b'[{"image_id": "a", "label": "b"}]', "Expected a column 'image_id'"),
    "a page": (b"<!DOCTYPE html>\n<html><body>Not found</body></html>", "Expected a column"),
    "half of UTF-16": (b"\xff\xfei\0m\0a", "UTF-16"),
    "only headings": (b"image_id,patient_id,label,p_a,p_b", "at least one row"),
    "nothing": (b"", "Cannot read|Expected"),
    "blanks": (b" \n\n \n", "Cannot read|Expected"),
    "an open quote": (b'image_id,patient_id,label,p_a,p_b\n"a,b,a,1,0\n', "."),
    "Parquet cut short": (b"PAR1" + b"\1" * 50, "as Parquet"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused_in_a_line(tmp_path, case):
    content, message = REFUSED[case]
    with pytest.raises((UnreadableFile, BadTable), match=message) as caught:
        read(content, tmp_path)
    assert len(str(caught.value)) <= SCREEN


def spoil(frame, column, value, row=4):
    changed = frame.astype({column: object})
    changed.loc[row, column] = value
    return changed


ODD = {
    "a word": ("p_benign", "high", "column p_benign.*'high'"),
    "percent": ("p_benign", "30%", "column p_benign.*30%"),
    "NaN": ("p_benign", "nan", "p_benign of image 'i0004' is missing"),
    "infinity": ("p_benign", "inf", "p_benign of image 'i0004' is inf"),
    "a hundredth too much": ("p_benign", "1.01", "p_benign of image 'i0004' is 1.01"),
    "a comma more": ("p_benign", "0,3,1", "column p_benign"),
    "a huge field": ("p_benign", "9" * 100_000, "p_benign"),
    "a label that is none": ("label", "x" * 10_000, "image 'i0004' has the label 'xxx"),
    "no id": ("image_id", "", "image_id in every row"),
    "no patient": ("patient_id", " ", "'i0004' has no patient_id"),
    "a repeated id": ("image_id", "i0005 ", "image 'i0005' is repeated"),
}


@pytest.mark.parametrize("case", ODD)
def test_a_value_that_cannot_be_used_is_named_in_a_line(frame, tmp_path, case):
    column, value, message = ODD[case]
    with pytest.raises(BadTable, match=message) as caught:
        read(as_csv(spoil(frame, column, value)).encode(), tmp_path)
    assert len(str(caught.value)) <= SCREEN


def test_probabilities_of_a_column_that_is_no_class_are_seen_by_their_sum(frame, tmp_path):
    with pytest.raises(BadTable, match="p_value"):
        read(as_csv(frame.assign(p_value=0.04)).encode(), tmp_path)


def test_more_rows_than_any_collection_has_are_refused(frame, tmp_path, monkeypatch):
    monkeypatch.setattr(table_limits, "MAX_ROWS", 10)
    for name, content in (("t.csv", as_csv(frame).encode()), ("t.parquet", to_parquet(frame))):
        with pytest.raises(BadTable, match="at most 10 rows in t"):
            read(content, tmp_path, name)


def test_more_bytes_than_any_table_has_are_refused_before_they_are_read(
    frame, tmp_path, monkeypatch
):
    monkeypatch.setattr(table_limits, "MAX_BYTES", 100)
    with pytest.raises(BadTable, match="MiB in t"):
        read(as_csv(frame).encode(), tmp_path, "t.csv")


def test_one_patient_gives_values_without_made_up_intervals(frame, tmp_path):
    table = read(as_csv(frame.assign(patient_id="only")).encode(), tmp_path)
    answer = evaluate(table, bootstrap=20)
    auroc = answer["per_class"]["normal"]["auroc"]
    assert (auroc["low"], auroc["high"]) == (None, None)
    assert any("patient" in warning for warning in answer["warnings"])


def test_one_class_gives_null_and_no_number(frame, tmp_path):
    table = read(as_csv(frame[frame.label == "normal"]).encode(), tmp_path)
    answer = evaluate(table, bootstrap=20)
    undefined = {"value": None, "low": None, "high": None}
    assert answer["per_class"]["malignant"]["auroc"] == undefined
    assert answer["per_class"]["malignant"]["recall"] == undefined


@pytest.mark.parametrize("case", ["a workbook", "gzip", "only headings", "half of UTF-16"])
@pytest.mark.parametrize("words", [("evaluate", "--predictions"), ("adopt-table", "--name=x")])
def test_the_command_line_says_it_in_one_line_and_exits_with_2(
    tmp_path, capsys, monkeypatch, words, case
):
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path))
    (tmp_path / "t.csv").write_bytes(REFUSED[case][0])
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, str(tmp_path / "t.csv")])
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert told.out == ""
    assert "Expected" in told.err or "Cannot read" in told.err
    assert "Traceback" not in told.err


def test_reading_is_the_same_to_the_last_bit_from_wide_types(frame, tmp_path):
    wide = frame.assign(**{name: frame[name].astype(np.float64) for name in P})
    a = read(to_parquet(wide), tmp_path, "a.parquet").probabilities
    b = read(as_csv(wide).encode(), tmp_path, "b.csv").probabilities
    np.testing.assert_array_equal(a, b)
