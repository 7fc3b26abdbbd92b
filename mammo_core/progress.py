"""Where long work reports to: the terminal, or the folder of a background job."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mammo_core.errors import Cancelled
from mammo_core.paths import write_json
from mammo_core.types import Progress


def current_progress() -> Progress:
    """The reporter for this process: a job's folder if MAMMO_JOB names one, else stderr."""
    folder = os.environ.get("MAMMO_JOB")
    return JobProgress(Path(folder)) if folder else TerminalProgress()


class Stopwatch:
    """How long each work has run, whatever words are said of it and whatever comes between.

    A work is known by its total; less done than before is another one.
    """

    def __init__(self) -> None:
        self._begun: dict[int, tuple[int, float]] = {}
        self._done: dict[int, int] = {}

    def note(self, done: int, total: int) -> tuple[int, float]:
        """(what was done when the work was first heard of, seconds since then)."""
        now = time.monotonic()
        if total not in self._begun or done < self._done[total]:
            self._begun[total] = (done, now)
        self._done[total] = done
        first, start = self._begun[total]
        return first, now - start


class TerminalProgress:
    """A line on stderr that renews itself at most ten times a second."""

    def __init__(self) -> None:
        self._doing = ""
        self._watch, self._shown = Stopwatch(), 0.0

    def __call__(self, done: int, total: int, doing: str) -> None:
        """Show how far the work is and how long it will take."""
        first, seconds = self._watch.note(done, total)
        now = time.monotonic()
        if done < total and doing == self._doing and now - self._shown < 0.1:
            return
        self._doing, self._shown = doing, now
        left = time_left(done, total, seconds, first=first)
        self._write(f"{doing}: {done} of {total}{left}", done, total)

    def _write(self, line: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line}" + ("\n" if done >= total else ""))
            sys.stderr.flush()
        elif done >= total:
            sys.stderr.write(line + "\n")


class JobProgress:
    """Writes progress.json into a job's folder and obeys its CANCEL file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._doing = ""
        self._watch, self._written = Stopwatch(), 0.0

    def __call__(self, done: int, total: int, doing: str) -> None:
        """Note the progress at most five times a second.

        Raises:
            Cancelled: Once the job's folder holds a file named CANCEL.
        """
        if (self._folder / "CANCEL").exists():
            raise Cancelled("Stopped by the user")
        first, seconds = self._watch.note(done, total)
        now = time.monotonic()
        if done >= total or doing != self._doing or now - self._written > 0.2:
            self._doing, self._written = doing, now
            content = {"done": done, "total": total, "doing": doing}
            content |= {"first": first, "seconds": seconds}
            write_json(self._folder / "progress.json", content)


def time_left(done: int, total: int, seconds: float, *, first: int = 0) -> str:
    """The text ", 40 s left" once enough was done to tell, else an empty text.

    Args:
        done: So far.
        total: Of all.
        seconds: Since the work began, or went on.
        first: What was done by then.
    """
    if done <= first or done >= total or seconds < 1:
        return ""
    left = seconds / (done - first) * (total - done)
    return f", {left:.0f} s left" if left < 90 else f", {left / 60:.0f} min left"


def time_left_of(noted: Mapping[str, Any]) -> str:
    """What `time_left` says of a progress that a job noted."""
    done, total = int(noted.get("done", 0)), int(noted.get("total", 1))
    first, seconds = int(noted.get("first", 0)), float(noted.get("seconds", 0))
    return time_left(done, total, seconds, first=first)


def tell_progress(noted: Mapping[str, Any]) -> str:
    """A job's progress in a line, the same wherever it is shown; empty before the first."""
    if not noted:
        return ""
    done, total = int(noted["done"]), int(noted["total"])
    counted = f": {done:,} of {total:,}" if total > 1 else ""
    return f"{noted['doing']}{counted}{time_left_of(noted)}"


def read_progress(folder: Path) -> dict[str, object]:
    """The last progress a job noted, empty where it noted none yet."""
    try:
        content: dict[str, object] = json.loads((folder / "progress.json").read_text())
        return content
    except (OSError, json.JSONDecodeError):
        return {}
