"""SIGTERM as a clean end: the work unwinds as after Ctrl-C, so that no temporary file stays."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TERMINATED = 143
"""The exit code of what SIGTERM ended, as shells have it."""


@contextmanager
def unwinding_on_termination() -> Iterator[threading.Event]:
    """Turn the first SIGTERM within the block into a KeyboardInterrupt; a second one kills.

    Who handles or ignores that signal already goes on doing so, and only the main thread can be
    interrupted. Processes that are started in the block end by SIGTERM as ever. On Windows, where
    nobody sends it, ending a process ends it at once.

    Yields:
        Set as soon as the signal came.
    """
    came = threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        came.set()
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield came
        return
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield came
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
