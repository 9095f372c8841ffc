"""Opening the store: one connection that writes, any number that only read; the URL says in which database.

SQLite by default, PostgreSQL by URL. What differs between them is in ``sqlite.py``, ``postgresql.py`` and ``bulk.py``;
nothing above the store knows which it is.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from relay.store import postgresql, sqlite
from relay.store.errors import StoreError


class Database(Protocol):
    """What each of the two has to bring; both are modules."""

    def writer_engine(self, url: URL) -> Engine:
        """Return the engine of the only connection that writes; its transactions begin with the write lock held."""

    def reader_engine(self, url: URL, *, connections: int) -> Engine:
        """Return an engine whose connections cannot write; each transaction sees one state of the store."""

    def inspect(self, url: URL) -> None:
        """Raise StoreError for what can be seen without opening the store."""

    BESIDE_OTHERS: bool
    """Several may write at once, each about places of its own (relay/store/turns.py)."""

    def check(self, connection: Connection) -> None:
        """Raise StoreError when the open store is damaged or not durable."""

    def hasten(self, connection: Connection) -> None:
        """Let no further statement of a writer's connection wait for ever."""

    def vouch(self, connection: Connection) -> None:
        """Let the transaction's commit wait until what it has read is durable too."""

    def waiting_for_lock(self, connection: Connection) -> AbstractContextManager[None]:
        """Let the statements within wait as long as another writer may hold a lock."""

    def refusal(self, url: URL, error: DBAPIError) -> StoreError:
        """Return what a failed opening means to the technician."""

    def shown(self, url: URL) -> str:
        """Return the store's name for people, without a password."""


_DATABASES: Final[dict[str, Database]] = {"sqlite": sqlite, "postgresql": postgresql}


def sqlite_url(path: Path) -> str:
    """Return the URL of a store in a file."""
    return f"sqlite:///{path.resolve()}"


def sqlite_file(url: str | URL) -> Path | None:
    """Return the file of a SQLite URL, None for another database."""
    parsed = parse(url)
    return sqlite.file_of(parsed) if database_of(parsed) is sqlite else None


def database_of(url: str | URL) -> Database:
    """Return what knows the database of a URL; raises StoreError for one that the relay does not know."""
    name = parse(url).get_backend_name()
    if name not in _DATABASES:
        raise StoreError(f"{name} is no database of the relay; write sqlite:////path/of/relay.sqlite3 or postgresql://")
    return _DATABASES[name]


def writer_engine(url: str) -> Engine:
    """Return the engine of the only connection that writes; its transactions begin with the write lock held.

    Raises StoreError when the URL cannot be used; it does not connect yet.
    """
    return database_of(url).writer_engine(parse(url))


def reader_engine(url: str, *, connections: int = 8) -> Engine:
    """Return an engine whose connections cannot write; each transaction sees one state of the store."""
    return database_of(url).reader_engine(parse(url), connections=connections)


def vouch(connection: Connection) -> None:
    """Let the transaction's commit wait until what it has read is durable too: for answers that repeat earlier ones."""
    database_of(connection.engine.url).vouch(connection)


def hasten(connection: Connection) -> None:
    """Let no further statement of a writer's connection wait for ever; not before the migrations, which take long."""
    database_of(connection.engine.url).hasten(connection)


def shown(url: str | URL) -> str:
    """Return the store's name for people: a file, or a URL without its password."""
    return database_of(url).shown(parse(url))


def parse(url: str | URL) -> URL:
    """Return the parts of a database URL; raises StoreError."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            f"{url!s} is no database URL; write sqlite:////path/of/relay.sqlite3 or postgresql://user@host/database"
        ) from error


def waiting_for_lock(connection: Connection) -> AbstractContextManager[None]:
    """Let the statements within wait as long as another writer may hold a lock, where others only wait for answers."""
    return database_of(connection.engine.url).waiting_for_lock(connection)
