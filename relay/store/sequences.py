"""Gapless numbers in commit order, one row per numbered table."""

from typing import Final

from sqlalchemy import Connection, select

from relay.store.bulk import SelectRows, UpdateMany
from relay.store.tables import OPEN_CHANGE, SEQUENCES, UNIT_CHANGE, sequence_head

# Where each transaction begins to number.
_HEADS: Final = SelectRows(select(sequence_head.c.name, sequence_head.c.head))
# The last number given out, moved in the transaction that uses the numbers.
_UPDATE: Final = UpdateMany(sequence_head, changed=("head",), key=("name",))


class Numbers:
    """The numbers one transaction gives out; ``store`` writes the new heads back."""

    def __init__(self, connection: Connection) -> None:
        self._heads: dict[str, int] = dict(_HEADS.run(connection))
        self._before = dict(self._heads)

    def take(self, name: str, count: int = 1) -> int:
        """Return the first of ``count`` fresh numbers of a table."""
        first = self._heads[name] + 1
        self._heads[name] = first + count - 1
        return first

    def begun_at(self, name: str) -> int:
        """Return the last number that was given out before this transaction."""
        return self._before[name]

    def last(self, name: str) -> int:
        """Return the last number that was taken, by this transaction or before it."""
        return self._heads[name]

    def store(self, connection: Connection) -> None:
        """Write the heads that moved."""
        _UPDATE.run(connection, [(head, name) for name, head in self._heads.items() if head != self._before[name]])


def begin(connection: Connection) -> None:
    """Add the row of each numbered table, and of the count of changes, that has none yet."""
    known = set(connection.execute(select(sequence_head.c.name)).scalars())
    missing = [{"name": name, "head": 0} for name in (*SEQUENCES, UNIT_CHANGE, OPEN_CHANGE) if name not in known]
    if missing:
        connection.execute(sequence_head.insert(), missing)
