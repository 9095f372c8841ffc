"""The store in a PostgreSQL database (15 or newer, psycopg 3), with the same promises as the SQLite file.

A commit that returned is on the server's disk (and on its synchronous standby's, where there is one). A transaction
that writes begins by taking the lock of all writers, alone or shared with those that write about other places
(turns.py); locks die with their session. So a relay that was stopped in the middle of a burst cannot commit it later
over what another one did meanwhile: the server ends the session of whoever holds a lock and says nothing, and what it
had not committed never happened.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from zlib import crc32

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from relay.store.errors import StoreError, StoreUnreachableError
from relay.store.postgresql_link import ImpatientConnection

OLDEST_VERSION: Final = 15
SILENT_HOLDER_S: Final = 5
"""How long a session may hold the write lock without saying anything; then the server ends it."""
LOCK_WITHIN_S: Final = 10
"""How long a burst waits for the write lock before it is an error and tried again; above SILENT_HOLDER_S."""
ANSWER_WITHIN_S: Final = 5.0
"""How long the writer waits for the answer to one statement of a burst, its commit among them."""
_LOCK_ANSWER_S: Final = LOCK_WITHIN_S + 2.0
_WRITE_LOCK: Final = 0x7061_7472_6F6C
"""The advisory lock's number; "patrol" in ASCII, so that an administrator who finds it knows whose it is."""
_PLACE_LOCKS: Final = 0x7061_7472
"""The class of the locks of places, each a number of 32 bits; "patr" in ASCII."""
BESIDE_OTHERS: Final = True
PLACES: Final = "patrol_places"
"""Execution option of a connection whose next transaction writes beside others, about these places."""
_DURABLE: Final = ("on", "remote_apply")
"""Values of synchronous_commit with which a commit waits for the disk."""
# A server that is gone is noticed within ten seconds: a half-open connection says nothing by itself.
_LINK: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "client_encoding": "utf8",
    # Of several servers in the URL the one that takes writes, also after a failover.
    "target_session_attrs": "primary",
}
# A server that is set to answer before the disk has it is overruled; a stricter one stays as it is.
_WAIT_FOR_THE_DISK: Final = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')"
)
_WRITER_SETTINGS: Final = (
    f"SET lock_timeout = '{LOCK_WITHIN_S}s'",
    f"SET idle_in_transaction_session_timeout = '{SILENT_HOLDER_S}s'",
    _WAIT_FOR_THE_DISK,
)
_READER_SETTINGS: Final = ("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",)
_FACTS: Final = (
    "SELECT current_setting('server_version_num')::int, current_setting('fsync'), "
    "current_setting('synchronous_commit'), current_setting('server_encoding')"
)
# Words of the server, or of libpq, for what only a person can mend; everything else may pass by itself.
_PERSONS_WORK: Final = (
    "authentication failed",
    "does not exist",
    "no password supplied",
    "pg_hba.conf",
    "permission denied for database",
    "invalid connection option",
    "certificate verify failed",
)


def writer_engine(url: URL) -> Engine:
    """Return the engine of the only connection that writes; its transactions begin with the write lock held.

    Each new connection, so also the one after the server restarted, is refused (StoreError) when the server would
    not keep what it confirms.
    """
    engine = create_engine(
        _complete(url), poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args=_link(url, "writer")
    )

    def prepare(connection: DBAPIConnection, _record: object) -> None:
        _set(connection, _WRITER_SETTINGS)
        _refuse_careless(url, connection)

    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _take_write_lock)
    return engine


def reader_engine(url: URL, *, connections: int) -> Engine:
    """Return an engine whose connections cannot write; each transaction sees one state of the store."""
    engine = create_engine(
        _complete(url),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        # A restart of the server costs a reader a new connection, not a failed page.
        pool_pre_ping=True,
        connect_args=_link(url, "reader"),
    )

    def prepare(connection: DBAPIConnection, _record: object) -> None:
        _set(connection, _READER_SETTINGS)

    event.listen(engine, "connect", prepare)
    return engine


def inspect(url: URL) -> None:
    """There is nothing to see without the server."""


def check(connection: Connection) -> None:
    """The server checks its own pages, and each connection was looked at when it was made."""
    connection.exec_driver_sql("SELECT 1")


def vouch(connection: Connection) -> None:
    """Let this transaction's commit wait until everything it has read is as durable as what it writes.

    A session that is cut while it waits for the standby leaves a commit that only this server has and that everybody
    sees. Whoever answers from it without writing anything would answer too early: a line in the log makes the commit
    wait, and with it for everything before.
    """
    connection.exec_driver_sql("SELECT pg_logical_emit_message(true, 'video-patrol', '')")


@contextmanager
def listening_connection(url: str, channel: str) -> Iterator[psycopg.Connection]:
    """Give a connection of its own that listens on a channel and commits each statement by itself."""
    parsed = make_url(url)
    engine = create_engine(
        _complete(parsed), poolclass=NullPool, connect_args=_link(parsed, "hints") | {"autocommit": True}
    )
    pooled = engine.raw_connection()
    try:
        connection = pooled.driver_connection
        if not isinstance(connection, psycopg.Connection):
            raise TypeError(f"LISTEN needs a connection of psycopg, this is one of {type(connection).__name__}")
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield connection
    finally:
        pooled.invalidate()


def refusal(url: URL, error: DBAPIError) -> StoreError:
    """Return what a failed opening means: something to mend, or to wait for (StoreUnreachableError)."""
    said = " ".join(str(error.orig).split())[:300]
    if any(words in said for words in _PERSONS_WORK):
        return StoreError(
            f"{shown(url)}: refused ({said}); create the database and the role, and let the role in (pg_hba.conf, "
            "passfile)"
        )
    if "permission denied for schema" in said:
        return StoreError(
            f"{shown(url)}: the role may not make tables ({said}); make it the owner of the database: "
            "ALTER DATABASE … OWNER TO …"
        )
    return StoreUnreachableError(f"{shown(url)}: does not answer ({said}); start it, or mend the address")


def shown(url: URL) -> str:
    """Return the URL without its password."""
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def _complete(url: URL) -> URL:
    """Return the URL with the driver we bring, whatever it names; raises StoreError when it names no database."""
    if not url.database:
        raise StoreError(f"{shown(url)} names no database; write postgresql://user@host/database")
    return url.set(drivername="postgresql+psycopg")


def _link(url: URL, purpose: str) -> dict[str, Any]:
    defaults = _LINK | {"application_name": f"video-patrol relay {purpose}"}
    return {name: value for name, value in defaults.items() if name not in url.query}


def _set(connection: DBAPIConnection, statements: Iterable[str]) -> None:
    cursor = connection.cursor()
    try:
        for statement in statements:
            cursor.execute(statement)
    finally:
        cursor.close()
    # Without it the settings would be undone by the first rollback.
    connection.commit()


def _refuse_careless(url: URL, connection: DBAPIConnection) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(_FACTS)
        version, fsync, synchronous_commit, encoding = cursor.fetchone() or (0, "", "", "")
    finally:
        cursor.close()
    connection.rollback()
    if version < OLDEST_VERSION * 10_000:
        raise StoreError(
            f"{shown(url)}: PostgreSQL {version // 10_000} is too old; the relay needs {OLDEST_VERSION} or newer"
        )
    if fsync != "on":
        raise StoreError(
            f"{shown(url)}: the server runs with fsync = off and would lose what it has confirmed when the power "
            "fails; set fsync = on in postgresql.conf and reload it"
        )
    if synchronous_commit not in _DURABLE:
        raise StoreError(f"{shown(url)}: synchronous_commit is {synchronous_commit} and cannot be set to on")
    if encoding != "UTF8":
        raise StoreError(
            f"{shown(url)}: the database's encoding is {encoding}; make it anew with: "
            "createdb --template template0 --encoding UTF8"
        )


def hasten(connection: Connection) -> None:
    """From now on no statement of this connection waits longer than ANSWER_WITHIN_S; for what is known to be quick."""
    _be_patient(connection, ANSWER_WITHIN_S)


@contextmanager
def waiting_for_lock(connection: Connection) -> Iterator[None]:
    """Let the statements within wait as long as another relay may hold a lock; then it is as it was."""
    link: object = connection.connection.dbapi_connection
    before = link.answer_within_s if isinstance(link, ImpatientConnection) else None
    if before is not None:
        _be_patient(connection, _LOCK_ANSWER_S)
    yield
    if before is not None:
        _be_patient(connection, before)


def _connect(_dialect: object, _record: object, arguments: Any, options: dict[str, Any]) -> DBAPIConnection:
    return ImpatientConnection.connect(*arguments, **options)  # type: ignore[return-value]  # psycopg's is one


def _be_patient(connection: Connection, within_s: float) -> None:
    link: object = connection.connection.dbapi_connection
    if isinstance(link, ImpatientConnection):
        link.answer_within_s = within_s


def _take_write_lock(connection: Connection) -> None:
    link: object = connection.connection.dbapi_connection
    hasty = isinstance(link, ImpatientConnection) and link.answer_within_s is not None
    if hasty:  # another relay may hold the lock for a while, but a server that hangs is to be known at once
        connection.exec_driver_sql("SELECT 1")
        _be_patient(connection, _LOCK_ANSWER_S)
    places = connection.get_execution_options().get(PLACES)
    if places is None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_WRITE_LOCK})")
        if places:
            connection.exec_driver_sql(_TAKE_PLACES, (_PLACE_LOCKS, _numbers_of(places)))
    if hasty:
        hasten(connection)


# All of them in one statement and in the order of the array, which is the same for everybody.
_TAKE_PLACES: Final = "SELECT pg_advisory_xact_lock(%s, place) FROM unnest(%s::int[]) AS place"


def _numbers_of(places: Iterable[str]) -> list[int]:
    """Return the numbers of places in rising order; two places with one number only wait for each other."""
    return sorted({crc32(place.encode()) - (1 << 31) for place in places})
