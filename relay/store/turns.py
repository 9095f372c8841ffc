"""Whose turn it is to write: alone, or beside relays that write about other places.

Alone is the rule, and all there is on SQLite: the transaction begins with the lock of all writers and nobody else
writes until it ends. Beside others, on PostgreSQL, a transaction that knows before it begins which places (areas,
rooms) it will read and change shares that lock and has one lock for each of its places. It decides and writes what has
no number of the store; then it takes the lock of the numbers (``Numbers.settle``), writes the rest and commits. So

- whoever works alone has nobody beside it, and a place belongs to one transaction from its first read to its commit;
- numbers are given out one transaction after the other and held until the commit: gapless, in commit order;
- nobody waits in a circle: first the shared lock, then the places in the order of their numbers, all at once, then the
  numbers, and nobody who has those waits for anything else.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine

from relay.store.engine import database_of
from relay.store.postgresql import PLACES

MOST_PLACES: Final = 256
"""A server has room for some 6,400 locks of all sessions; whoever needs more places than this works alone."""


def beside_others(engine: Engine) -> bool:
    """Tell whether a store lets several write at once."""
    return database_of(engine.url).BESIDE_OTHERS


@contextmanager
def turn(engine: Engine, places: Collection[str] | None) -> Iterator[Connection]:
    """Give the writer's connection in a transaction that is committed in the end; None: alone.

    With ``places`` only these may be read for a decision, and changed, before ``Numbers.settle``.
    """
    with engine.connect() as connection:
        if places is not None:
            connection = connection.execution_options(**{PLACES: frozenset(places)})
        with connection.begin():
            yield connection
