"""Where long work reports to: the terminal, or the folder of a background job."""

import json
import os
import sys
import time
from pathlib import Path

from mammo_core.errors import Cancelled
from mammo_core.paths import write_json
from mammo_core.types import Progress


def current_progress() -> Progress:
    """The reporter for this process: a job's folder if MAMMO_JOB names one, else stderr."""
    folder = os.environ.get("MAMMO_JOB")
    return JobProgress(Path(folder)) if folder else TerminalProgress()


class TerminalProgress:
    """A line on stderr that renews itself at most ten times a second."""

    def __init__(self) -> None:
        self._doing = ""
        self._start = self._shown = 0.0

    def __call__(self, done: int, total: int, doing: str) -> None:
        """Show how far the work is and how long it will take."""
        now = time.monotonic()
        if doing != self._doing:
            self._doing, self._start, self._shown = doing, now, 0.0
        if done < total and now - self._shown < 0.1:
            return
        self._shown = now
        self._write(
            f"{doing}: {done} of {total}{time_left(done, total, now - self._start)}", done, total
        )

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
        self._start = self._written = 0.0

    def __call__(self, done: int, total: int, doing: str) -> None:
        """Note the progress at most five times a second.

        Raises:
            Cancelled: Once the job's folder holds a file named CANCEL.
        """
        if (self._folder / "CANCEL").exists():
            raise Cancelled("Stopped by the user")
        now = time.monotonic()
        if doing != self._doing:
            self._doing, self._start, self._written = doing, now, 0.0
        if done >= total or now - self._written > 0.2:
            self._written = now
            content = {"done": done, "total": total, "doing": doing, "seconds": now - self._start}
            write_json(self._folder / "progress.json", content)


def time_left(done: int, total: int, seconds: float) -> str:
    """The text ", 40 s left" once enough was done to tell, else an empty text."""
    if done <= 0 or done >= total or seconds < 1:
        return ""
    left = seconds / done * (total - done)
    return f", {left:.0f} s left" if left < 90 else f", {left / 60:.0f} min left"


def read_progress(folder: Path) -> dict[str, object]:
    """The last progress a job noted, empty where it noted none yet."""
    try:
        content: dict[str, object] = json.loads((folder / "progress.json").read_text())
        return content
    except (OSError, json.JSONDecodeError):
        return {}
