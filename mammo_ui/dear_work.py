"""Work of the worker that takes long: begun by a click, watched, stopped, and put aside for others.

The worker does one thing at a time. What a page needs at once must not wait behind minutes of
perturbed images, so dear work gives way to it and goes on afterwards. Work of seconds that somebody
waits for is watched and stopped alike, but gives way to nothing.
"""

import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import streamlit as st

from mammo_core.errors import Cancelled
from mammo_core.paths import state_folder
from mammo_core.progress import read_progress, tell_progress
from mammo_ui import frame
from mammo_ui.worker import WORKER

EACH_S = 0.5
STOP = "CANCEL"
"""The file whose presence in its folder ends a work; see `JobProgress`."""
WITHIN = re.compile(r", (\d+) of (\d+)$")
"""The count of a step, at the end of the words that tell it."""
STOPPING = "Stopping after this step ..."
_RUNNERS = ThreadPoolExecutor(16, thread_name_prefix="dear work")
_BEGUN: dict[str, "DearWork"] = {}
_ASIDE = threading.Condition()
_n_urgent = 0


class DearWork:
    """One piece of work, done in the worker whenever nothing more urgent is asked of it.

    Attributes:
        title: What it does.
        folder: Where it notes its progress and sees whether it is to stop.
        is_urgent: Whether other work is put aside for it.
        future: Done when the work is.
    """

    def __init__(
        self,
        title: str,
        folder: Path,
        task: Callable[..., None],
        *arguments: Any,
        is_urgent: bool = False,
    ):
        self.title, self.folder, self.is_urgent = title, folder, is_urgent
        self._task, self._arguments = task, arguments
        self._is_stopped = False
        folder.mkdir(parents=True, exist_ok=True)
        self.future: Future[None] = _RUNNERS.submit(self._run)

    @property
    def is_stopped(self) -> bool:
        """Whether it was asked to end, be it still at its last step."""
        return self._is_stopped

    def stop(self) -> None:
        """Let it end at its next step."""
        self._is_stopped = True
        self.halt()

    def halt(self) -> None:
        """Let it leave the worker at its next step; not stopped, it comes back."""
        (self.folder / STOP).touch()

    def _run(self) -> None:
        try:
            with put_aside() if self.is_urgent else nullcontext():
                while not self._ran_through():
                    pass
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _ran_through(self) -> bool:
        """Whether it is done; False where it gave way and must be asked again."""
        with _ASIDE:
            _ASIDE.wait_for(lambda: self.is_urgent or _n_urgent == 0 or self._is_stopped)
            if not self._is_stopped:
                (self.folder / STOP).unlink(missing_ok=True)
        try:
            WORKER.run(self.title, self._task, *self._arguments, self.folder)
        except Cancelled:
            if self._is_stopped:
                raise
            return False
        return True


@contextmanager
def put_aside() -> Iterator[None]:
    """Within the block dear work leaves the worker to others."""
    global _n_urgent
    with _ASIDE:
        _n_urgent += 1
        for work in list(_BEGUN.values()):
            if not (work.is_urgent or work.future.done()):
                work.halt()
    try:
        yield
    finally:
        with _ASIDE:
            _n_urgent -= 1
            _ASIDE.notify_all()


def begin(key: str, title: str, task: Callable[..., None], *arguments: Any) -> None:
    """Start a piece of work unless the same is under way; returns at once.

    Args:
        key: What it is known by, for all who look at the same page.
        title: What it does.
        task: Called in the worker with the arguments and the folder of its progress.
        arguments: Values that can be pickled.
    """
    if not _is_under_way(key):
        _BEGUN[key] = DearWork(title, _make_folder(key), task, *arguments)


def begin_urgent(key: str, title: str, task: Callable[..., None], *arguments: Any) -> None:
    """As `begin`, of work of seconds, for which work of minutes is put aside."""
    if not _is_under_way(key):
        folder = _make_folder(key)
        _BEGUN[key] = DearWork(title, folder, task, *arguments, is_urgent=True)


def _is_under_way(key: str) -> bool:
    known = _BEGUN.get(key)
    return known is not None and not known.future.done()


def _make_folder(key: str) -> Path:
    """An empty place for the progress of the work of that key."""
    name = hashlib.sha256(key.encode()).hexdigest()[:20]
    folder = state_folder() / "asked" / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def show(key: str) -> bool:
    """Draw the work of that key where it is under way, tell how it failed; whether it runs."""
    work = _BEGUN.get(key)
    if work is None:
        return False
    if not work.future.done():
        st.fragment(_draw, run_every=EACH_S)(work, key)
        return True
    _BEGUN.pop(key, None)
    frame.show_errors_of(_tell_end, work)
    return False


def _tell_end(work: DearWork) -> None:
    try:
        work.future.result()
    except Cancelled:
        st.info("Stopped. What was finished before is kept.")


def share_done(noted: Mapping[str, object]) -> float:
    """How much of a work is done, in [0, 1]; what is counted within a step is part of it.

    Args:
        noted: Of `read_progress`; words that end in ", 156 of 300" say how far the step is.
    """
    done, total = int(str(noted.get("done", 0))), max(1, int(str(noted.get("total", 1))))
    within = WITHIN.search(str(noted.get("doing", "")))
    part = int(within[1]) / max(1, int(within[2])) if within else 0.0
    return min(1.0, (done + min(1.0, part)) / total)


def _draw(work: DearWork, key: str) -> None:
    if work.future.done():
        st.rerun()
    noted = read_progress(work.folder)
    told = STOPPING if work.is_stopped else tell_progress(noted) or work.title
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(share_done(noted), text=frame.plain(told))
        st.button("Stop", key=f"stop_{key}", on_click=work.stop, disabled=work.is_stopped)
