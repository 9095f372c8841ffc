"""What the writer knows of the force from one burst to the next: what units do, what is open before them, who is fit.

A burst with one alert asks for the sixty units of its town; reading and judging them anew each time was half of its
cost. Kept is only what the store holds. Each transaction that changes a unit, or what is open before one, moves a
number of the store, so what another relay changed is seen before the next burst decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection

from patrol_wire.ids import UnitId
from relay.core.candidates import Fit, PassedOver, UnitNow
from relay.core.forces import Force
from relay.core.policy import MICROS
from relay.store import dispatches
from relay.store.sequences import Numbers
from relay.store.tables import OPEN_CHANGE, UNIT_CHANGE
from relay.store.unit_image import UnitImage

RingKey = tuple[str, int, int, tuple[Force, ...]]
"""Area, level, place among its rings, and the forces that are not sent."""
JUDGED_FOR_S: Final = 1
"""Shifts end and fixes grow old by the minute; who is fit is judged anew each second, not for each burst."""


class KnownUnits:
    """Owned by the writer; a transaction changes it as it changes the store, and drops it when it fails."""

    def __init__(self) -> None:
        self._image = UnitImage()
        self.open: dict[UnitId, int] = {}
        """Dispatches that are open before units; 0 may be missing."""
        self._counted: set[UnitId] | None = set()
        """For whom ``open`` says so; None: for everybody."""
        self.fit: dict[RingKey, tuple[tuple[Fit, ...], tuple[PassedOver, ...]]] = {}
        """Who of a ring is fit, judged at most ``JUDGED_FOR_S`` ago and since no unit has changed."""
        self._judged_us = 0
        self._changes = (-1, -1)

    def begin(self, numbers: Numbers, now_us: int) -> None:
        """A transaction begins: forget what somebody else has changed, and what was judged too long ago."""
        units, opened = self._changes
        if numbers.begun_at(OPEN_CHANGE) != opened:
            self._count_anew()
            self.fit.clear()  # to judge a ring is what counts for it
        if numbers.begun_at(UNIT_CHANGE) != units or not 0 <= now_us - self._judged_us < JUDGED_FOR_S * MICROS:
            self.fit.clear()
            self._judged_us = now_us

    def units(self, connection: Connection, numbers: Numbers) -> Mapping[UnitId, UnitNow]:
        """Return what all units do, as this transaction found them."""
        return self._image.follow(connection, numbers)

    def count_open(self, connection: Connection, unit_ids: Sequence[UnitId]) -> None:
        """Count what is open before these units, as far as it is not known: for a large ring, before all at once."""
        if self._counted is None:
            return
        if len(unit_ids) > dispatches.FEW_UNITS:
            known, self._counted = self._counted, None
            found = dispatches.open_before_all(connection)
            self.open |= {unit_id: count for unit_id, count in found.items() if unit_id not in known}
            return
        missing = [unit_id for unit_id in unit_ids if unit_id not in self._counted]
        if missing:
            self._counted.update(missing)
            self.open |= dispatches.open_before(connection, missing)

    def add_open(self, unit_id: UnitId, more: int) -> None:
        """A dispatch is open before a unit (1), or no more (-1); without effect on one that was not counted."""
        if self._counted is None or unit_id in self._counted:
            self.open[unit_id] = self.open.get(unit_id, 0) + more

    def changed_open(self, numbers: Numbers) -> None:
        """This transaction has changed what is open before units, in the store and here."""
        numbers.take(OPEN_CHANGE)

    def committed(self, numbers: Numbers) -> None:
        """The transaction is durable; what changed beside it, after it had begun, is not known here."""
        units, opened = (
            -1 if numbers.moved_meanwhile(name) else numbers.last(name) for name in (UNIT_CHANGE, OPEN_CHANGE)
        )
        self._changes = (units, opened)

    @contextmanager
    def while_it_lasts(self) -> Iterator[None]:
        """Wrap a transaction: when it fails, what it changed here is forgotten."""
        try:
            yield
        except BaseException:
            self.forget()
            raise

    def forget(self) -> None:
        """Judge and count everything anew: after a transaction that failed, or with another city."""
        self.fit.clear()
        self._count_anew()
        self._changes = (-1, -1)

    def _count_anew(self) -> None:
        self.open.clear()
        self._counted = set()
