"""A whole store from one database into another, whichever they are: a file to be checked, a move to PostgreSQL.

What is copied is one state of the source; nobody may write the target meanwhile.
"""

from itertools import islice
from typing import Final

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import DBAPIError

from relay.store import schema
from relay.store.bulk import InsertMany
from relay.store.engine import database_of, reader_engine, shown, writer_engine
from relay.store.errors import StoreError
from relay.store.tables import metadata

_ROWS: Final = 1_000
"""Rows in memory at a time."""


def move_store(source_url: str, target_url: str) -> dict[str, int]:
    """Copy a whole store into an empty database and return how many rows each table had.

    The relay must not run: what it writes after the copy began is not in it. Raises StoreError; then the target holds
    no rows.
    """
    source, target = reader_engine(source_url, connections=1), writer_engine(target_url)
    try:
        with source.connect() as reading:
            database_of(source_url).check(reading)
            if schema.plan(reading).steps:
                raise StoreError(f"{shown(source_url)}: bring it up first: patrol relay migrate")
            schema.prepare(target)
            with target.begin() as writing:
                filled = [table.name for table in metadata.sorted_tables if _has_rows(writing, table)]
                if filled:
                    raise StoreError(
                        f"{shown(target_url)}: holds a store already ({', '.join(filled[:3])}); give another"
                    )
                return copy_store(reading, writing)
    except DBAPIError as error:
        raise StoreError(
            f"{shown(source_url)} could not be copied to {shown(target_url)} ({str(error.orig)[:300]}); the target "
            "holds no rows of it, the source is as it was"
        ) from error
    finally:
        source.dispose()
        target.dispose()


def copy_store(source: Connection, target: Connection) -> dict[str, int]:
    """Copy every table into the empty, migrated target and return how many rows each had.

    ``source`` must be within one read transaction, ``target`` within one that writes; a failure leaves it empty.
    """
    copied: dict[str, int] = {}
    for table in metadata.sorted_tables:
        insert = InsertMany(table)
        rows = (tuple(row) for row in source.execute(select(table), execution_options={"yield_per": _ROWS}))
        copied[table.name] = 0
        while some := list(islice(rows, _ROWS)):
            insert.run(target, some)
            copied[table.name] += len(some)
    return copied


def _has_rows(connection: Connection, table: Table) -> bool:
    return bool(connection.execute(select(func.count()).select_from(select(table).limit(1).subquery())).scalar_one())
