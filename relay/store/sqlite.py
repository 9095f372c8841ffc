"""The store in one SQLite file: WAL, ``synchronous=FULL`` (a commit that returned survives a power cut).

The writer checkpoints every 4,000 pages; all other connections are opened read-only.
"""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlalchemy.pool import QueuePool

from relay.store.errors import StoreCorruptError, StoreError

BUSY_MS: Final = 5_000
"""How long a reader or the writer waits for a lock before it is an error."""
BESIDE_OTHERS: Final = False
_HEADER_BYTES: Final = 100
_WRITER_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_MS}",
    # Each row's look for its parent is a twelfth of what a new incident costs; reconcile.py names orphans (ADR 5).
    "PRAGMA foreign_keys=OFF",
    # Every 16 MiB and not every four: a commit that also checkpoints takes 15 to 40 ms, and every tenth did.
    "PRAGMA wal_autocheckpoint=4000",
    # A mapped file turns an I/O error into a signal that ends the process; read calls return an error instead.
    "PRAGMA mmap_size=0",
    "PRAGMA cache_size=-65536",
    "PRAGMA temp_store=MEMORY",
)
# Python's driver looks for an adapter of each None, bool and bytes that it binds, along a slow way while there is none:
# 300, 300 and 370 ns, and with these 140, 160 and 270 (a text takes 110). They leave the values as they were.
_NOTHING: Final[dict[None, None]] = {}
sqlite3.register_adapter(type(None), _NOTHING.get)
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(bytes, bytes)
_READER_PRAGMAS: Final = (f"PRAGMA busy_timeout={BUSY_MS}", "PRAGMA query_only=ON", "PRAGMA mmap_size=0")


def file_of(url: URL) -> Path:
    """Return the file of a SQLite URL; raises StoreError when it names none."""
    if not url.database or url.database == ":memory:":
        raise StoreError("the store needs a file: sqlite:////path/of/relay.sqlite3; memory keeps nothing")
    return Path(url.database)


def writer_engine(url: URL) -> Engine:
    """Return the engine of the only connection that writes; its transactions begin with the write lock held."""
    path = file_of(url)
    if not path.parent.is_dir():
        raise StoreError(f"{path.parent} is no folder; create it and let the relay's user write there")
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
    )
    _on_connect(engine, _WRITER_PRAGMAS)
    event.listen(engine, "begin", _begin("BEGIN IMMEDIATE"))
    return engine


def reader_engine(url: URL, *, connections: int) -> Engine:
    """Return an engine whose connections cannot write; each transaction sees one state of the store."""
    path = file_of(url)

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


def inspect(url: URL) -> None:
    """Raise StoreCorruptError for a file that is cut short: opening it would make it an empty store."""
    path = file_of(url)
    if path.exists() and 0 < path.stat().st_size < _HEADER_BYTES:
        raise _corrupt(url, "shorter than the header of a database")


def check(connection: Connection) -> None:
    """Raise StoreCorruptError when the database's own quick check finds damage."""
    found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if found != "ok":
        raise _corrupt(connection.engine.url, str(found))


def hasten(_connection: Connection) -> None:
    """A file answers, or the whole machine hangs."""


def vouch(_connection: Connection) -> None:
    """What can be read from the file has been synced."""


def waiting_for_lock(_connection: Connection) -> AbstractContextManager[None]:
    """There is one lock, taken when the transaction begins."""
    return nullcontext()


def refusal(url: URL, error: DBAPIError) -> StoreError:
    """Return what a failed opening means: a file that cannot be written is another matter than a damaged one."""
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    for kind, way_out in _NOT_THE_FILE.items():
        if name.startswith(kind):
            return StoreError(f"{shown(url)}: {error.orig}; nothing was changed. {way_out}")
    if isinstance(error, DatabaseError):
        return _corrupt(url, str(error.orig))
    return StoreError(f"{shown(url)}: cannot be opened ({error.orig}); nothing was changed")


def shown(url: URL) -> str:
    """Return the file."""
    return str(url.database)


_NOT_THE_FILE: Final = {
    "SQLITE_READONLY": "The disk is mounted read-only (dmesg says why), or the file belongs to another user: mend that "
    "and start again",
    "SQLITE_FULL": "The disk is full: free some of it and start again",
    "SQLITE_IOERR": "The disk fails (dmesg says how): mend or replace it and start again",
    "SQLITE_BUSY": "Another program holds it, perhaps a relay that still runs: end that and start again",
}
"""What SQLite says when the file is well and something else is not, and what to do."""


def _corrupt(url: URL, found: str) -> StoreCorruptError:
    return StoreCorruptError(
        f"{url.database}: the store is damaged ({found[:200]}); nothing was changed. Stop the relay, copy the file "
        "and its -wal beside it, then restore the last backup, or move both away to begin an empty store: "
        "the rooms still hold what was not final"
    )


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
