"""Durable timers: set in the transaction that needs them, taken in the one that acts on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select

from patrol_wire.ids import IncidentId
from relay.core.escalation import TimerKind, TimerPlan
from relay.store.bulk import InsertMany, SelectRows
from relay.store.tables import timer

# Timers a burst sets.
_INSERT: Final = InsertMany(timer)
# Timers that ring, the longest overdue first; served by ix_timer_due_us.
_DUE: Final = (
    select(timer)
    .where(timer.c.due_us <= bindparam("now_us"))
    .order_by(timer.c.due_us, timer.c.timer_id)
    .limit(bindparam("limit_"))
)
# The next moment anything rings.
_NEXT: Final = SelectRows(select(func.min(timer.c.due_us)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRow:
    """A timer as the store holds it."""

    timer_id: int
    due_us: int
    kind: TimerKind
    incident_id: IncidentId
    fence: int


def next_due_us(connection: Connection) -> int | None:
    """Return when the next timer rings, None when there is none."""
    ((next_us,),) = _NEXT.run(connection)
    return None if next_us is None else int(next_us)


def take_due(connection: Connection, now_us: int, *, limit: int) -> list[TimerRow]:
    """Remove and return timers that ring; they come back when the transaction does not commit."""
    found = [
        TimerRow(timer_id=row[0], due_us=row[1], kind=TimerKind(row[2]), incident_id=IncidentId(row[3]), fence=row[4])
        for row in connection.execute(_DUE, {"now_us": now_us, "limit_": limit})
    ]
    if found:
        connection.execute(delete(timer).where(timer.c.timer_id.in_([row.timer_id for row in found])))
    return found


def insert(connection: Connection, first_id: int, plans: Sequence[TimerPlan]) -> None:
    """Set timers, numbered from ``first_id``."""
    _INSERT.run(
        connection,
        [
            (number, plan.due_us, str(plan.kind), plan.incident_id, plan.fence)
            for number, plan in enumerate(plans, first_id)
        ],
    )
