"""Where files that a user brings lie for the moment in which they are read.

Each server process has a folder of its own under .mammo/uploads, so that what one that was killed
has left there can be told from what is in use, and is removed when the next one starts.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from mammo_core.errors import MammoError
from mammo_core.paths import state_folder


@contextmanager
def passing_folder() -> Iterator[Path]:
    """A new folder that is gone with all that is in it when the block ends.

    Raises:
        MammoError: Where none can be made.
    """
    place = own_folder()
    try:
        folder = TemporaryDirectory(dir=place)
    except OSError as error:
        raise MammoError(f"Cannot write to {place}: {error.strerror or error}") from error
    with folder as name:
        yield Path(name)


def own_folder() -> Path:
    """This process's folder, which goes with it; for what must outlive a single block.

    Raises:
        MammoError: Where it cannot be made.
    """
    place = _uploads() / _own_name()
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MammoError(f"Cannot write to {place}: {error.strerror or error}") from error
    return place


def remove_own() -> None:
    """Remove what this process has left; for its end."""
    shutil.rmtree(_uploads() / _own_name(), ignore_errors=True)


def sweep() -> None:
    """Remove what processes have left that are no more; for the server's start."""
    if _uploads().is_dir():
        for place in _uploads().iterdir():
            if not _is_in_use(place.name):
                shutil.rmtree(place, ignore_errors=True)


def _uploads() -> Path:
    return state_folder() / "uploads"


def _own_name() -> str:
    return f"{os.getpid()}-{_start_of(os.getpid())}"


def _is_in_use(name: str) -> bool:
    """Whether the very process of that folder runs; numbers of processes are used again."""
    pid, _, start = name.partition("-")
    return pid.isdecimal() and _start_of(int(pid)) == start


def _start_of(pid: int) -> str | None:
    """When a process started, in seconds; None where there is none of that number."""
    try:
        return f"{psutil.Process(pid).create_time():.0f}"
    except (psutil.Error, OverflowError):
        return None
