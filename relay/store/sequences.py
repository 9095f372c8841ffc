"""Gapless numbers in commit order, one row per numbered table.

Whoever works alone (turns.py) may take numbers from the beginning. Whoever works beside others settles first: from then
on nobody else gets any until this transaction ends.
"""

from typing import Final

from sqlalchemy import Connection, select

from relay.store.bulk import SelectRows, UpdateMany
from relay.store.engine import waiting_for_lock
from relay.store.tables import OPEN_CHANGE, SEQUENCES, UNIT_CHANGE, sequence_head

# Where each transaction begins to number.
_HEADS: Final = SelectRows(select(sequence_head.c.name, sequence_head.c.head))
# The same, newest, and held to the end of the transaction: all rows in one order, so that nobody waits in a circle.
_HELD: Final = SelectRows(
    select(sequence_head.c.name, sequence_head.c.head).order_by(sequence_head.c.name).with_for_update()
)
# The last number given out, moved in the transaction that uses the numbers.
_UPDATE: Final = UpdateMany(sequence_head, changed=("head",), key=("name",))


class Numbers:
    """The numbers one transaction gives out; ``store`` writes the new heads back."""

    def __init__(self, connection: Connection, *, beside_others: bool = False) -> None:
        self._heads: dict[str, int] = dict(_HEADS.run(connection))
        self._begun = self._before = dict(self._heads)
        self.beside_others = beside_others
        self._settled = not beside_others

    def settle(self, connection: Connection) -> None:
        """Take the lock of the numbers, unless this transaction has been alone all the time."""
        if not self._settled:
            with waiting_for_lock(connection):
                self._heads = dict(_HELD.run(connection))
            self._before = dict(self._heads)
            self._settled = True

    def take(self, name: str, count: int = 1) -> int:
        """Return the first of ``count`` fresh numbers of a table."""
        if not self._settled:
            raise RuntimeError(f"a number of {name} was to be taken beside others, before the lock of the numbers")
        first = self._heads[name] + 1
        self._heads[name] = first + count - 1
        return first

    def begun_at(self, name: str) -> int:
        """Return the last number that was given out before this transaction."""
        return self._begun[name]

    def moved_meanwhile(self, name: str) -> bool:
        """Tell whether somebody else has taken any between the beginning and ``settle``."""
        return self._begun[name] != self._before[name]

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
