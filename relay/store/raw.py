"""Past SQLAlchemy to the driver, for the statements of a burst: its own work for each call costs more than SQLite's.

Of a burst with one alert, SQLAlchemy's handling of some 25 calls took half of the CPU time. Transactions, errors and
lost connections stay SQLAlchemy's: whoever calls sees what its own execution would have raised.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Rows = list[tuple[Any, ...]]
_EMPTY: Final[tuple[Any, ...]] = ()


def fetch(connection: Connection, statement: str, values: Sequence[Any] = _EMPTY) -> Rows:
    """Run a query, whose placeholders are the driver's, and return its rows as plain tuples."""
    with errors_of_sqlalchemy(connection, statement):
        cursor = _cursor(connection)
        try:
            cursor.execute(statement, values)
            found: Rows = cursor.fetchall()
        finally:
            cursor.close()
    return found


def run(connection: Connection, statement: str, values: Sequence[Any]) -> None:
    """Run a statement once."""
    with errors_of_sqlalchemy(connection, statement):
        cursor = _cursor(connection)
        try:
            cursor.execute(statement, values)
        finally:
            cursor.close()


def run_many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Run a statement for each row and return how many rows of the table that concerned."""
    with errors_of_sqlalchemy(connection, statement):
        cursor = _cursor(connection)
        try:
            cursor.executemany(statement, rows)
            return int(cursor.rowcount)
        finally:
            cursor.close()


@contextmanager
def errors_of_sqlalchemy(connection: Connection, statement: str) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy would; a connection that is gone is not used again."""
    try:
        yield
    except Exception as error:
        driver_error = connection.dialect.loaded_dbapi.Error
        if not isinstance(error, driver_error):
            raise
        gone = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        wrapped = DBAPIError.instance(
            statement, None, error, driver_error, connection_invalidated=gone, dialect=connection.dialect
        )
        if gone:
            connection.invalidate(error)
        raise wrapped from error


def _cursor(connection: Connection) -> Any:
    if not connection.in_transaction():
        connection.begin()  # as any statement of SQLAlchemy would
    return connection.connection.cursor()
