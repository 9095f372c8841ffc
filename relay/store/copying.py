"""A whole store from one database into another, whichever they are: a file to be checked, a move to PostgreSQL.

What is copied is one state of the source; nobody may write the target meanwhile.
"""

from itertools import islice
from typing import Final

from sqlalchemy import Connection, select

from relay.store.bulk import InsertMany
from relay.store.tables import metadata

_ROWS: Final = 1_000
"""Rows in memory at a time."""


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
