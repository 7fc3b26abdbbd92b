"""Spreadsheets are read as text, and what is damaged or swollen is refused in a line."""

import contextlib
import zipfile

import openpyxl
import pytest

from mammo_core.datasets import spreadsheets
from mammo_core.datasets.spreadsheets import read_cells, read_sheet
from mammo_core.errors import BadTable, MammoError, UnreadableFile


def write_book(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_cells_become_text_whole_numbers_without_a_point_and_blanks_empty(tmp_path):
    rows = [("id", "age", "note"), (" a ", 44.0, None), (None, None, None), ("b", 0.5, "x")]
    frame = read_sheet(write_book(tmp_path / "t.xlsx", rows))
    assert frame.to_dict("list") == {"id": ["a", "b"], "age": ["44", "0.5"], "note": ["", "x"]}


def test_a_sheet_without_headings_is_read_row_by_row(tmp_path):
    path = write_book(tmp_path / "t.xlsx", [("IMG001 ", "F", 3.5), (None, None, None), ("IMG002",)])
    rows = [list(filter(None, row)) for row in read_cells(path)]
    assert rows == [["IMG001", "F", "3.5"], ["IMG002"]]


def test_columns_without_a_heading_are_passed_over(tmp_path):
    frame = read_sheet(write_book(tmp_path / "t.xlsx", [("id", None, "x"), ("a", 1, 2)]))
    assert list(frame.columns) == ["id", "x"]


@pytest.mark.parametrize("rows", [[], [("id",)], [("id", "id"), (1, 2)]])
def test_a_sheet_without_rows_or_with_a_heading_twice_is_refused(tmp_path, rows):
    with pytest.raises(BadTable):
        read_sheet(write_book(tmp_path / "t.xlsx", rows))


def test_every_truncation_is_refused_in_a_line(tmp_path):
    whole = write_book(tmp_path / "t.xlsx", [("id", "x"), ("a", 1)]).read_bytes()
    for size in range(0, len(whole) - 1, max(1, len(whole) // 60)):
        (tmp_path / "cut.xlsx").write_bytes(whole[:size])
        with pytest.raises(UnreadableFile, match=r"cut\.xlsx"):
            read_sheet(tmp_path / "cut.xlsx")


def test_a_flipped_byte_never_ends_in_a_traceback(tmp_path):
    whole = bytearray(write_book(tmp_path / "t.xlsx", [("id", "x"), ("a", 1)]).read_bytes())
    for place in range(0, len(whole), max(1, len(whole) // 120)):
        spoiled = whole.copy()
        spoiled[place] ^= 0x55
        (tmp_path / "bad.xlsx").write_bytes(spoiled)
        with contextlib.suppress(MammoError):
            read_sheet(tmp_path / "bad.xlsx")


def test_a_file_that_swells_when_unpacked_is_refused_before_it_is(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", bytes(spreadsheets.MAX_BYTES + 1))
    with pytest.raises(UnreadableFile, match="unpacked it has"):
        read_sheet(path)


def test_a_sheet_of_too_many_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 3)
    with pytest.raises(UnreadableFile):
        read_sheet(write_book(tmp_path / "t.xlsx", [("id",), *([n] for n in range(3))]))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match=r"none\.xlsx"):
        read_sheet(tmp_path / "none.xlsx")
