"""One process at a time: what reads, changes and writes the same files takes its turn."""

import hashlib
import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from mammo_core.errors import MammoError
from mammo_core.paths import state_folder

logger = logging.getLogger(__name__)

PATIENCE_S = 20.0


class InUse(MammoError):
    """Another process or thread holds the place, and did not let go in time."""


class _Held(threading.local):
    """The locks that this thread holds."""

    def __init__(self) -> None:
        """Hold none."""
        self.names: set[str] = set()


_held = _Held()


@contextmanager
def holding(place: Path, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Keep other processes of this home, and other threads, from the same block on `place`.

    SQLite's file locks serve, which every system has and which end with their process. The thread
    that holds a place may hold it again.

    Raises:
        InUse: Where another one doesn't let go in time.
        MammoError: Where the home cannot be written.
    """
    name = hashlib.sha256(str(place.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if name in _held.names:
        yield
        return
    with closing(_open(state_folder() / "locks" / f"{name}.lock", patience_s)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise InUse(f"{place} is in use by another process; try again") from error
        _held.names.add(name)
        try:
            yield
        finally:
            _held.names.discard(name)


@contextmanager
def holding_where_possible(place: Path, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """As `holding`, but a home that cannot be written is no obstacle: no lock can lie there.

    Raises:
        InUse: Where another one doesn't let go in time.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(holding(place, patience_s=patience_s))
        except InUse:
            raise
        except MammoError as error:
            logger.warning("%s; nothing keeps other processes from %s", error, place)
        yield


def _open(file: Path, patience_s: float) -> sqlite3.Connection:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(file, timeout=patience_s, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise MammoError(f"Cannot write {file}: {error}") from error
