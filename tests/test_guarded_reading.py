"""A reading that crashes, hangs or swells is told; its process is gone and nothing else is hurt."""

import sys

import psutil
import pytest
import spoiling_work

from mammo_core import guarded_reading
from mammo_core.errors import BadModel, UnreadableFile
from mammo_core.guarded_reading import Bounds, read_guarded

AMPLE = Bounds(60, 2_000_000_000)


@pytest.fixture(autouse=True)
def _no_process_is_left():
    before = set(psutil.Process().children(recursive=True))
    yield
    assert not [
        process
        for process in set(psutil.Process().children(recursive=True)) - before
        if "resource_tracker" not in " ".join(process.cmdline())
    ]


def test_an_answer_comes_back_and_the_noise_of_libraries_does_not(capfd):
    assert read_guarded(spoiling_work.add_one, 1, AMPLE) == 2
    assert capfd.readouterr() == ("", "")


def test_a_refusal_comes_back_as_it_is():
    with pytest.raises(BadModel, match=r"^no model$"):
        read_guarded(spoiling_work.refuse, None, AMPLE)


def test_a_crash_is_told():
    with pytest.raises(UnreadableFile, match="its reading ended the process that tried"):
        read_guarded(spoiling_work.crash, None, AMPLE)


def test_a_reading_without_end_is_ended(tmp_path):
    place = tmp_path / "process"
    with pytest.raises(UnreadableFile, match="took more than 1 s"):
        read_guarded(spoiling_work.hang, place, Bounds(1, 2_000_000_000))
    assert not psutil.pid_exists(int(place.read_text()))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems refuse none")
def test_memory_beyond_the_bounds_is_refused_by_the_system():
    with pytest.raises(UnreadableFile, match="more than 300 MB of memory"):
        read_guarded(spoiling_work.swell, 1_000_000_000, Bounds(60, 300_000_000))


def test_memory_beyond_the_bounds_is_seen_where_the_system_refuses_none(monkeypatch):
    monkeypatch.setattr(guarded_reading, "_memory_of", lambda process: 300_000_001)
    with pytest.raises(UnreadableFile, match="more than 300 MB of memory"):
        read_guarded(spoiling_work.hang, None, Bounds(60, 300_000_000))
