"""Progress goes to the terminal or to a job's folder, and obeys a wish to stop."""

import pytest

from mammo_core.errors import Cancelled
from mammo_core.progress import (
    JobProgress,
    TerminalProgress,
    current_progress,
    read_progress,
    time_left,
)


def test_a_job_notes_where_it_is(tmp_path):
    JobProgress(tmp_path)(3, 4, "Reading")
    noted = read_progress(tmp_path)
    assert (noted["done"], noted["total"], noted["doing"]) == (3, 4, "Reading")


def test_a_cancel_file_stops_the_job(tmp_path):
    (tmp_path / "CANCEL").touch()
    with pytest.raises(Cancelled):
        JobProgress(tmp_path)(0, 4, "Reading")


def test_the_environment_decides_who_listens(tmp_path, monkeypatch):
    monkeypatch.delenv("MAMMO_JOB", raising=False)
    assert isinstance(current_progress(), TerminalProgress)
    monkeypatch.setenv("MAMMO_JOB", str(tmp_path))
    assert isinstance(current_progress(), JobProgress)


def test_stdout_stays_empty(capsys):
    TerminalProgress()(4, 4, "Reading")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "Reading: 4 of 4\n")


def test_time_left_is_told_once_it_can_be():
    assert time_left(0, 10, 5.0) == ""
    assert time_left(5, 10, 10.0) == ", 10 s left"
    assert time_left(1, 101, 6.0) == ", 10 min left"
