"""An image of the whole force in the writer's memory, so that ranking ten thousand units reads nothing.

Fenced by numbers: each change of a unit takes the next number of ``unit_change`` in the transaction that makes it, and
such a transaction is alone, among those of several relays too (relay/store/turns.py). Whoever knows the number
the transaction began at knows whether the image is what the store holds, and reads what changed since when not. What
a transaction changes itself comes in with the next one, so a rollback leaves no trace here.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from patrol_wire.ids import UnitId
from relay.core.candidates import UnitNow
from relay.store import units
from relay.store.sequences import Numbers
from relay.store.tables import UNIT_CHANGE


class UnitImage:
    """Owned by the writer's thread; ``follow`` before the transaction's own changes are written."""

    def __init__(self) -> None:
        self._units: dict[UnitId, UnitNow] = {}
        self._upto: int | None = None

    def follow(self, connection: Connection, numbers: Numbers) -> Mapping[UnitId, UnitNow]:
        """Return what all units do as this transaction found them; not to be changed, and no longer valid after it."""
        head = numbers.begun_at(UNIT_CHANGE)
        if self._upto is None or head < self._upto:  # less: another store was put in this one's place
            self._units = units.everybody(connection)
        elif head > self._upto:
            self._units.update(units.changed_since(connection, self._upto))
        self._upto = head
        return self._units
