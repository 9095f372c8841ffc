"""Opening the store: one connection that writes (and checkpoints, every 1,000 pages), any number that only read.

SQLite by default (WAL, ``synchronous=FULL``: a commit that returned survives a power cut). The URL decides, so that
PostgreSQL can follow; nothing above this file knows which it is.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import QueuePool

from relay.store.errors import StoreCorruptError, StoreError

BUSY_MS: Final = 5_000
"""How long a reader or the writer waits for a lock before it is an error."""
_WRITER_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA foreign_keys=ON",
    # A mapped file turns an I/O error into a signal that ends the process; read calls return an error instead.
    "PRAGMA mmap_size=0",
    "PRAGMA cache_size=-65536",
    "PRAGMA temp_store=MEMORY",
)
_READER_PRAGMAS: Final = (f"PRAGMA busy_timeout={BUSY_MS}", "PRAGMA query_only=ON", "PRAGMA mmap_size=0")


def sqlite_url(path: Path) -> str:
    """Return the URL of a store in a file."""
    return f"sqlite:///{path.resolve()}"


def sqlite_file(url: str | URL) -> Path | None:
    """Return the file of a SQLite URL, None for another database."""
    parsed = _parse(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError("the store needs a file: sqlite:////path/of/relay.sqlite3; memory keeps nothing")
    return Path(parsed.database)


def writer_engine(url: str) -> Engine:
    """Return the engine of the only connection that writes; its transactions begin with the write lock held."""
    path = sqlite_file(url)
    if path is None:
        raise StoreError(f"{_parse(url).get_backend_name()} is not supported by this version; use sqlite:////path")
    if not path.parent.is_dir():
        raise StoreError(f"{path.parent} is no folder; create it and let the relay's user write there")
    engine = create_engine(
        _parse(url), poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
    )
    _on_connect(engine, _WRITER_PRAGMAS)
    event.listen(engine, "begin", _begin("BEGIN IMMEDIATE"))
    return engine


def reader_engine(url: str, *, connections: int = 8) -> Engine:
    """Return an engine whose connections cannot write; each transaction sees one state of the store."""
    path = sqlite_file(url)
    if path is None:
        raise StoreError(f"{_parse(url).get_backend_name()} is not supported by this version; use sqlite:////path")

    def connect() -> sqlite3.Connection:
        # mode=ro keeps a reader from ever checkpointing, whatever query_only allows.
        return sqlite3.connect(
            f"file:{_uri_path(path)}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=connections, max_overflow=0, pool_timeout=10
    )
    _on_connect(engine, _READER_PRAGMAS)
    event.listen(engine, "begin", _begin("BEGIN DEFERRED"))
    return engine


def check(connection: Connection) -> None:
    """Raise StoreCorruptError when the database's own quick check finds damage."""
    try:
        found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    except DatabaseError as error:
        raise corrupt(connection.engine.url, str(error.orig)) from error
    if found != "ok":
        raise corrupt(connection.engine.url, str(found))


def corrupt(url: URL, found: str) -> StoreCorruptError:
    """Return the refusal of a damaged file, with the way out."""
    return StoreCorruptError(
        f"{url.database}: the store is damaged ({found[:200]}); nothing was changed. Stop the relay, copy the file "
        "and its -wal beside it, then restore the last backup, or move both away to begin an empty store: "
        "the rooms still hold what was not final"
    )


def _parse(url: str | URL) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"{url!s} is no database URL; write sqlite:////path/of/relay.sqlite3") from error


def _uri_path(path: Path) -> str:
    return path.resolve().as_uri().removeprefix("file://")


def _on_connect(engine: Engine, pragmas: tuple[str, ...]) -> None:
    def prepare(connection: DBAPIConnection, _record: object) -> None:
        # Python's sqlite3 would begin transactions by itself, and never for a SELECT; the engine's hook does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        try:
            for pragma in pragmas:
                cursor.execute(pragma)
        finally:
            cursor.close()

    event.listen(engine, "connect", prepare)


def _begin(statement: str) -> Callable[[Connection], Any]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin
