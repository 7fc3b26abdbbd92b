"""The reviews' database: SQLite in the home, or PostgreSQL where MAMMO_DATABASE_URL names one.

Any number of sessions and processes may work in it at once. A transaction either reads or writes:
a writer of SQLite takes its turn at the start, so that nobody is refused in the middle.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, insert, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from mammo_core.errors import BadDatabase
from mammo_core.paths import state_folder
from mammo_core.reviews.schema import SCHEMA, TABLES, VERSION

VARIABLE = "MAMMO_DATABASE_URL"
PATIENCE_S = 15
"""How long a writer waits for its turn."""
INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The databases that there are, each with its own `insert`, which knows `on_conflict_...`."""
TURN = 5_170_412
"""The number under which processes that prepare a PostgreSQL database take turns; any will do."""


@dataclass(frozen=True)
class Database:
    """A database whose tables are there and of this version; made by `open_database`."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading.

        Raises:
            BadDatabase: Where it cannot be reached or read.
        """
        with _explaining(self.engine.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is kept whole when the block ends, or not at all.

        Raises:
            BadDatabase: Where it cannot be reached or written, or another writer does not end.
        """
        with _explaining(self.engine.url), _begin_writing(self.engine) as connection:
            yield connection

    def insert(self, table: Table) -> Any:
        """An insertion that may say `on_conflict_do_nothing` or `on_conflict_do_update`."""
        return INSERTS[self.engine.dialect.name](table)


def open_database(url: str | None = None) -> Database:
    """The database under a URL; what it lacks is made.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`; None is the one of
            MAMMO_DATABASE_URL, else `reviews.db` in the home.

    Raises:
        BadDatabase: Where the URL is none, a driver is missing, the database cannot be reached, is
            damaged, or was made by a newer version of the program.
    """
    engine = _make_engine(_read_url(url or os.environ.get(VARIABLE) or None))
    with _explaining(engine.url):
        if engine.dialect.name == "sqlite":
            _prepare_file(engine)
        else:
            _prepare(engine)
    return Database(engine)


def _prepare_file(engine: Engine) -> None:
    """Prepare a file once for each state of it: pages open it several times a rerun."""
    file = Path(str(engine.url.database))
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_file():
        state = file.stat()
        _prepare_state(engine, (state.st_ino, state.st_mtime_ns, state.st_size))
    else:
        _prepare(engine)


@lru_cache(maxsize=8)
def _prepare_state(engine: Engine, state: tuple[int, int, int]) -> None:
    _prepare(engine)


def _prepare(engine: Engine) -> None:
    """Make the tables that are missing, and look whose version they are."""
    if not set(TABLES.tables) <= set(inspect(engine).get_table_names()):
        _make_tables(engine)
    _check_version(engine)


def _read_url(text: str | None) -> URL:
    if text is None:
        return URL.create("sqlite", database=str(state_folder() / "reviews.db"))
    try:
        url = make_url(text)
    except ArgumentError:  # its text may hold a password
        raise BadDatabase(f"{_what_is_expected()}, got a text that is no URL") from None
    if url.get_backend_name() not in INSERTS:
        raise BadDatabase(f"{_what_is_expected()}, got {url.render_as_string()}")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise BadDatabase(f"{_what_is_expected()}, got {url.render_as_string()}, which has no file")
    return url


def _what_is_expected() -> str:
    return (
        f"Expected {VARIABLE} as sqlite:///FILE or as postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    )


@lru_cache(maxsize=8)
def _make_engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _make_sqlite_engine(url)
    try:
        return create_engine(url, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise BadDatabase(
            f"The database {url.render_as_string()} needs a driver that is not installed "
            f"({error}); for PostgreSQL: pip install 'psycopg[binary]'"
        ) from error


def _make_sqlite_engine(url: URL) -> Engine:
    """Each use opens the file anew: an open one would outlive its deletion unnoticed."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": PATIENCE_S})
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin_in_sqlite)
    return engine


def _leave_transactions_to_us(connection: Any, _: Any) -> None:
    connection.isolation_level = None


def _begin_in_sqlite(connection: Connection) -> None:
    """Who will write takes the turn at once; a reader that turned writer would be refused."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _begin_writing(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _make_tables(engine: Engine) -> None:
    """Make the tables that are missing; of several processes one does, the others wait."""
    if engine.dialect.name == "sqlite":
        _let_readers_and_a_writer_in(engine)
    with _begin_writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")
        is_new = not inspect(connection).has_table(SCHEMA.name)
        TABLES.create_all(connection)
        if is_new:
            connection.execute(insert(SCHEMA).values(version=VERSION))


def _let_readers_and_a_writer_in(engine: Engine) -> None:
    """Let them work in a SQLite file at once; the file remembers it."""
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA journal_mode=WAL")  # refused inside a transaction


def _check_version(engine: Engine) -> None:
    with engine.connect() as connection:
        version = connection.scalar(select(SCHEMA.c.version))
    if version != VERSION:
        raise BadDatabase(
            f"Expected reviews of version {VERSION} in {engine.url.render_as_string()}, found "
            f"version {version}; update this program, or name another database in {VARIABLE}"
        )


@contextmanager
def _explaining(url: URL) -> Iterator[None]:
    """Tell what the database says in one line, without the password that its URL may hold."""
    try:
        yield
    except (DatabaseError, OSError) as error:
        cause = error.orig if isinstance(error, DatabaseError) else error
        reason = str(cause).strip().splitlines()
        raise BadDatabase(
            f"The reviews' database {url.render_as_string()} cannot be used: "
            f"{reason[0] if reason else type(cause).__name__}"
        ) from error
