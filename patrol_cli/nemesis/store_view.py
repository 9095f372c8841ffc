"""The relay's store as the nemesis sees it from outside: asked, copied, and hurt, in either database."""

import os
import signal
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from relay.store import schema
from relay.store.copying import copy_store
from relay.store.engine import parse, reader_engine, sqlite_url, writer_engine

_SEVER: Final = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE 'video-patrol relay%'"
)
_SESSIONS: Final = text(
    "SELECT pid FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE 'video-patrol relay%'"
)
_HOLD: Final = text("LOCK TABLE record_log IN ACCESS EXCLUSIVE MODE")
_HOLD_WITHIN: Final = text("SET LOCAL lock_timeout = '1s'")


class StoreView:
    """Looks into the store of a running relay; ``close`` gives the connections back."""

    def __init__(self, url: str) -> None:
        parsed = parse(url)
        self._server = _server_engine(parsed) if parsed.get_backend_name() == "postgresql" else None
        self._file = Path(parsed.database or "") if self._server is None else None
        self._reader: Engine = self._server or reader_engine(url, connections=2)
        self._held: list[Connection] = []
        self._frozen: list[int] = []

    @property
    def can_be_hurt(self) -> bool:
        """A server has sessions to cut and tables to hold; a file has neither."""
        return self._server is not None

    def ask(self, query: str, **values: object) -> list[Any]:
        """Return the rows of a question; empty while the store is not there (yet) or does not answer."""
        try:
            with self._reader.connect() as connection:
                return list(connection.execute(text(query), values))
        except SQLAlchemyError:
            return []

    def tables(self) -> list[str]:
        """Return the names of the database's tables. Raises SQLAlchemyError when it cannot be reached."""
        with self._reader.connect() as connection:
            return inspect(connection).get_table_names()

    def copy(self, file: Path) -> None:
        """Write one state of the store into a new SQLite file, so that it can be checked without the database."""
        if self._file is not None:
            with (
                closing(sqlite3.connect(f"{self._file.as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(file)) as target,
            ):
                source.backup(target)
            return
        engine = writer_engine(sqlite_url(file))
        try:
            schema.prepare(engine)
            with self._reader.connect() as state, engine.begin() as copied:
                copy_store(state, copied)
        finally:
            engine.dispose()

    def sever(self) -> bool:
        """End every session the relay has with its database; False when there was none."""
        return self._server is not None and any(row[0] for row in self.ask(_SEVER.text))

    def hold(self) -> bool:
        """Let nobody read or write the log until ``release``: the server answers, and nothing comes to an end.

        False when the lock is not to be had within a second.
        """
        if self._server is None:
            return False
        connection = self._server.connect()
        try:
            connection.execute(_HOLD_WITHIN)
            connection.execute(_HOLD)
        except SQLAlchemyError:
            connection.close()
            return False
        self._held.append(connection)
        return True

    def freeze(self) -> bool:
        """Let the server's processes behind the relay's sessions stand still until ``release``: it hangs.

        False when there is none, or the server does not run on this machine.
        """
        if self._server is None:
            return False
        for (pid,) in self.ask(_SESSIONS.text):
            if _command_line(pid).startswith(b"postgres:"):  # a server elsewhere has numbers of its own
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGSTOP)
                    self._frozen.append(pid)
        return bool(self._frozen)

    def release(self) -> None:
        """End every hold, and let go on what was frozen."""
        while self._frozen:
            pid = self._frozen.pop()
            if _command_line(pid).startswith(b"postgres:"):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGCONT)
        while self._held:
            self._held.pop().close()

    def close(self) -> None:
        """Give everything back."""
        self.release()
        self._reader.dispose()


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _server_engine(url: URL) -> Engine:
    """Return an engine of the nemesis's own: it must not look like the relay's, whose sessions it ends.

    Repeatable read: one state of the store for a whole copy.
    """
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        connect_args={"application_name": "patrol nemesis", "connect_timeout": 5},
    )
