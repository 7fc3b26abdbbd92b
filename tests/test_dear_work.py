"""Long work of the worker: it gives way to what is urgent, goes on, and can be stopped."""

import threading

import pytest
from streamlit.testing.v1 import AppTest

from mammo_core.errors import Cancelled, MammoError
from mammo_core.progress import JobProgress
from mammo_ui import dear_work

LONG_S = 20


class OneAtATime:
    """Runs a task at once, in the thread that asks, as the worker would in its process."""

    def __init__(self):
        self.begun = []
        self.is_busy = threading.Lock()

    def run(self, doing, task, *arguments):
        with self.is_busy:
            self.begun.append(doing)
            return task(*arguments)


@pytest.fixture
def worker(home, monkeypatch):
    worker = OneAtATime()
    monkeypatch.setattr(dear_work, "WORKER", worker)
    monkeypatch.setattr(dear_work, "_BEGUN", {})
    return worker


def step_until(event, started, folder):
    """A work of many steps, each of which may end it."""
    progress = JobProgress(folder)
    started.set()
    while not event.wait(0.01):
        progress(0, 2, "stepping")


def begin(key="work", start=dear_work.begin):
    event, started = threading.Event(), threading.Event()
    start(key, "stepping", step_until, event, started)
    assert started.wait(LONG_S)
    return dear_work._BEGUN[key], event


def test_a_stopped_work_ends_and_leaves_no_folder(worker):
    work, _ = begin()
    work.stop()
    with pytest.raises(Cancelled):
        work.future.result(LONG_S)
    assert not work.folder.exists()


def test_urgent_work_does_not_wait_for_the_end_of_dear_work_which_then_goes_on(worker):
    work, event = begin()
    with dear_work.put_aside():
        worker.run("urgent", lambda: None)
        assert not work.future.done()
    event.set()
    work.future.result(LONG_S)
    assert worker.begun[:3] == ["stepping", "urgent", "stepping"]


def test_work_that_was_put_aside_can_still_be_stopped(worker):
    work, _ = begin()
    with dear_work.put_aside():
        work.stop()
    with pytest.raises(Cancelled):
        work.future.result(LONG_S)


def test_urgent_work_is_done_first_and_can_be_stopped_as_any(worker):
    dear, event = begin()
    urgent, _ = begin("urgent", dear_work.begin_urgent)
    assert not dear.future.done()
    with dear_work.put_aside():
        assert not urgent.future.done()
    urgent.stop()
    with pytest.raises(Cancelled):
        urgent.future.result(LONG_S)
    event.set()
    dear.future.result(LONG_S)
    assert len(worker.begun) == 3


def test_the_same_work_is_not_begun_twice_while_it_runs(worker):
    work, event = begin()
    dear_work.begin("work", "stepping", step_until, event, threading.Event())
    assert dear_work._BEGUN["work"] is work
    event.set()
    work.future.result(LONG_S)
    assert worker.begun == ["stepping"]


def show_work():
    from mammo_ui import dear_work

    dear_work.show("work")


def test_a_stop_is_seen_until_the_step_that_it_waits_for_has_ended(worker, monkeypatch):
    work, _ = begin()
    monkeypatch.setattr(work, "halt", lambda: None)
    at = AppTest.from_function(show_work).run()
    assert not at.button[0].disabled
    at.button[0].click().run()
    assert at.button[0].disabled
    assert "Stopping" in at.get("progress")[0].proto.text
    monkeypatch.undo()
    work.halt()
    with pytest.raises(Cancelled):
        work.future.result(LONG_S)


def test_what_went_wrong_is_told_to_who_looks(worker):
    def fail(folder):
        raise MammoError("There is no such image")

    dear_work.begin("work", "failing", fail)
    with pytest.raises(MammoError, match="no such image"):
        dear_work._BEGUN["work"].future.result(LONG_S)


def test_what_is_counted_within_a_step_moves_the_bar():
    noted = {"done": 1, "total": 4, "doing": "Explaining S1: masked images, 150 of 300"}
    assert dear_work.share_done(noted) == pytest.approx((1 + 150 / 300) / 4)
    assert dear_work.share_done(noted | {"doing": "Measuring Deletion"}) == pytest.approx(1 / 4)
    assert dear_work.share_done({}) == 0
