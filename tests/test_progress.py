"""Progress goes to the terminal or to a job's folder, and obeys a wish to stop."""

import pytest

from mammo_core.errors import Cancelled
from mammo_core.progress import (
    JobProgress,
    TerminalProgress,
    current_progress,
    read_progress,
    tell_progress,
    time_left,
    time_left_of,
)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it."""
    now = [1000.0]
    monkeypatch.setattr("mammo_core.progress.time.monotonic", lambda: now[0])

    def wait(seconds):
        now[0] += seconds

    return wait


def told_by(steps, clock, folder):
    """What is left after the last of (done, total, doing, seconds until the next)."""
    progress = JobProgress(folder)
    for done, total, doing, seconds in steps:
        progress(done, total, doing)
        clock(seconds)
    return time_left_of(read_progress(folder))


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


def test_work_that_goes_on_is_timed_by_what_this_run_did(tmp_path, clock):
    steps = [(900, 1000, "Training", 10), (950, 1000, "Training", 0)]
    assert told_by(steps, clock, tmp_path) == ", 10 s left"


def test_other_words_for_the_same_work_keep_its_clock(tmp_path, clock):
    steps = [(0, 4, "Reading", 10), (1, 4, "Checking", 10), (2, 4, "Building", 0)]
    assert told_by(steps, clock, tmp_path) == ", 20 s left"


def test_a_work_that_others_interrupt_keeps_its_clock(tmp_path, clock):
    epoch = [(0, 20, "Training", 10), (0, 7, "Validating", 10), (10, 20, "Training", 0)]
    assert told_by(epoch, clock, tmp_path) == ", 20 s left"


def test_another_work_of_the_same_size_begins_its_own_clock(tmp_path, clock):
    steps = [(0, 4, "Reading", 90), (4, 4, "Reading", 0), (0, 4, "Cleaning", 5)]
    assert told_by([*steps, (2, 4, "Cleaning", 0)], clock, tmp_path) == ", 5 s left"


def test_the_terminal_tells_the_same_time(tmp_path, clock, monkeypatch, capsys):
    monkeypatch.setattr("mammo_core.progress.sys.stderr.isatty", lambda: True)
    progress = TerminalProgress()
    progress(900, 1000, "Training on patches")
    clock(10)
    progress(950, 1000, "Training on images")
    assert capsys.readouterr().err.endswith("950 of 1000, 10 s left")


def test_a_job_tells_its_work_and_steps_wherever_it_is_shown():
    noted = {"doing": "Epoch 3 of 120 on images, steps in all", "done": 1_018, "total": 9_600}
    assert tell_progress(noted) == "Epoch 3 of 120 on images, steps in all: 1,018 of 9,600"
    assert tell_progress({"doing": "Starting TensorFlow", "done": 0, "total": 1}) == (
        "Starting TensorFlow"
    )
    assert tell_progress({}) == ""
