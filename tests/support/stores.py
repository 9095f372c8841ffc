"""Which database a test's store is in: a folder means the SQLite file in it, a text is a URL."""

from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, text

from relay.store.engine import sqlite_url

StorePlace: TypeAlias = Path | str


def store_url_of(place: StorePlace) -> str:
    """Return the store's URL."""
    return place if isinstance(place, str) else sqlite_url(place / "relay.sqlite3")


def fail_inserts(connection: Connection, table: str) -> None:
    """Let the database refuse every new row of a table, as a full disk does."""
    if connection.dialect.name == "sqlite":
        raising = f"CREATE TRIGGER fail BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no space'); END"
        connection.execute(text(raising))
        return
    connection.execute(
        text(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$"
        )
    )
    connection.execute(text(f"CREATE TRIGGER fail BEFORE INSERT ON {table} EXECUTE FUNCTION fail()"))


def accept_inserts(connection: Connection, table: str) -> None:
    """End what ``fail_inserts`` began."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TRIGGER fail"))
    else:
        connection.execute(text(f"DROP TRIGGER fail ON {table}"))
        connection.execute(text("DROP FUNCTION fail()"))
