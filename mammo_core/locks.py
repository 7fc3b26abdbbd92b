"""One process at a time: what reads, changes and writes the same files takes its turn."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mammo_core.errors import MammoError
from mammo_core.paths import state_folder

PATIENCE_S = 20.0


@contextmanager
def holding(place: Path, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Keep other processes of this home, and other threads, from the same block on `place`.

    SQLite's file locks serve, which every system has and which end with their process.

    Raises:
        MammoError: Where another one doesn't let go in time, or the home cannot be written.
    """
    name = hashlib.sha256(str(place.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    file = state_folder() / "locks" / f"{name}.lock"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, timeout=patience_s, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise MammoError(f"Cannot write {file}: {error}") from error
    with closing(connection):
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise MammoError(
                f"{place} is in use by another process ({error}); try again"
            ) from error
        yield
