"""A table of more rows, bytes or classes than any collection has is refused in one line."""

import pandas as pd
import pytest

from mammo_core import table_limits
from mammo_core.datasets.archive_tables import read_columns
from mammo_core.datasets.tables import read_table
from mammo_core.errors import BadTable
from mammo_core.predictions import read_predictions


def read_archive_table(path):
    return read_columns(path, ["path"])


def write(path, n):
    frame = pd.DataFrame({"path": [f"{k}.png" for k in range(n)], "label": "normal"})
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return path


READERS = [(read_table, "t.csv"), (read_table, "t.parquet"), (read_archive_table, "t.csv")]


@pytest.mark.parametrize(("read", "name"), READERS)
def test_rows_are_read_up_to_the_limit_and_no_further(tmp_path, monkeypatch, read, name):
    monkeypatch.setattr(table_limits, "MAX_ROWS", 10)
    assert len(read(write(tmp_path / name, 10))) == 10
    with pytest.raises(BadTable, match="at most 10 rows in t"):
        read(write(tmp_path / name, 11))


@pytest.mark.parametrize(("read", "name"), READERS)
def test_a_file_is_read_up_to_a_size_and_no_further(tmp_path, monkeypatch, read, name):
    file = write(tmp_path / name, 10)
    monkeypatch.setattr(table_limits, "MAX_BYTES", file.stat().st_size)
    assert len(read(file)) == 10
    monkeypatch.setattr(table_limits, "MAX_BYTES", file.stat().st_size - 1)
    with pytest.raises(BadTable, match="at most 0 MiB in t"):
        read(file)


def write_classes(path, n):
    ids = {"image_id": ["i0", "i1"], "patient_id": ["a", "b"], "label": ["c0", "c1"]}
    pd.DataFrame(ids | {f"p_c{k}": 1 / n for k in range(n)}).to_csv(path, index=False)
    return path


def test_classes_are_read_up_to_the_limit_and_no_further(tmp_path):
    most = table_limits.MAX_CLASSES
    assert len(read_predictions(write_classes(tmp_path / "t.csv", most)).classes) == most
    with pytest.raises(BadTable, match=f"at most {most} classes .* in t.csv, found {most + 1}"):
        read_predictions(write_classes(tmp_path / "t.csv", most + 1))
