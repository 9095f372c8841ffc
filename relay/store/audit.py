"""What the auditor asks the store: is any severe incident forgotten, does any timer ring late."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from patrol_wire.ids import IncidentId, Severity
from relay.core.dispatches import WORKING_STATES
from relay.core.notifications import CENTRE
from relay.core.policy import MICROS
from relay.store.silences import first_id_at
from relay.store.tables import alert, dispatch, incident, notification, timer

SEVERE: Final = (Severity.CRITICAL, Severity.HIGH)
_SHOWN: Final = 100
_LAST_TOLD: Final = 20_000
"""Notifications that are looked at for the desk's budget: the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One look of the auditor."""

    severe_open: int
    unowned: int
    """Severe and open, with neither owner nor unit; each of these must have a timer."""
    forgotten: tuple[IncidentId, ...]
    """Those that have none: must be empty. At most a hundred are named."""
    late_us: int
    """How long the longest overdue timer has been due; 0 when none is."""


def look(connection: Connection, now_us: int) -> Audit:
    """Look at every open severe incident and at the timers, in one read transaction."""
    severe = (incident.c.is_open, incident.c.severity.in_([value.value for value in SEVERE]))
    at_work = select(dispatch.c.incident_id).where(dispatch.c.state.in_([state.value for state in WORKING_STATES]))
    at_work = at_work.where(dispatch.c.ended_us.is_(None), dispatch.c.incident_id == incident.c.incident_id)
    unowned = (*severe, incident.c.owner == "", ~at_work.exists())
    severe_open = connection.execute(select(func.count()).select_from(incident).where(*severe)).scalar_one()
    nobody = list(connection.execute(select(incident.c.incident_id).where(*unowned)).scalars())
    # One scan of the timers is cheaper than an index that every timer would have to keep.
    timed = set(connection.execute(select(timer.c.incident_id).distinct()).scalars()) if nobody else set()
    due_us = connection.execute(select(func.min(timer.c.due_us))).scalar()
    return Audit(
        severe_open=severe_open,
        unowned=len(nobody),
        forgotten=tuple(IncidentId(value) for value in nobody if value not in timed)[:_SHOWN],
        late_us=max(0, now_us - due_us) if due_us is not None else 0,
    )


def alerts_by_room(connection: Connection, since_us: int) -> dict[str, int]:
    """Return how many machine alerts each room raised since a moment; alert ids begin with their time."""
    query = (
        select(alert.c.node, func.count())
        .where(alert.c.alert_id >= first_id_at(since_us), alert.c.source == "machine", alert.c.twin_of.is_(None))
        .group_by(alert.c.node)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def told_to_centre(connection: Connection, since_us: int) -> int:
    """Return how often the duty officer's desk was told something since a moment."""
    newest = connection.execute(select(func.max(notification.c.notification_id))).scalar() or 0
    query = select(func.count()).where(
        notification.c.notification_id > newest - _LAST_TOLD,
        notification.c.recipient == CENTRE,
        notification.c.planned_us >= since_us,
    )
    return int(connection.execute(query).scalar_one())


LATE_US: Final = 2 * MICROS
"""A timer that is overdue for longer than this is an alarm."""
