"""What changed for people who watch: the history as a numbered feed, the desk's queue, and what stands beside a row.

Read-only. The history's numbers are gapless in commit order (relay/store/sequences.py), so a page that knows the last
one it saw resumes there, over restarts of the relay too.
"""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, select

from patrol_wire.ids import IncidentId, Severity
from relay.core.alerts import AlertSource
from relay.core.dispatches import Dispatch
from relay.core.incidents import OPEN_STATES, Incident, IncidentState
from relay.store.bulk import SelectIn
from relay.store.dispatches import dispatch_of
from relay.store.incidents import FIELDS, IncidentFilter, incident_of, narrowed
from relay.store.tables import alert, dispatch, incident, incident_history

URGENCY: Final = {Severity.CRITICAL: 0, Severity.HIGH: 1, Severity.NORMAL: 2, Severity.LOW: 3}
_RANKS: Final = {IncidentState.NEW: 0, IncidentState.RESOLVED: 2, IncidentState.CLOSED: 3, IncidentState.CANCELLED: 3}
# The dispatches and the alerts' sources of the incidents on one page.
_DISPATCHES: Final = SelectIn(select(dispatch), dispatch.c.incident_id)
_FLAGGED: Final = SelectIn(
    select(alert.c.incident_id).where(alert.c.source == bindparam("source")).distinct(),
    alert.c.incident_id,
    first=("source",),
)
_INCIDENTS: Final = SelectIn(select(*FIELDS), incident.c.incident_id)


class Changes(NamedTuple):
    """Which incidents changed after a number, and the number reached."""

    upto: int
    incident_ids: tuple[IncidentId, ...]
    complete: bool
    """False when more changes follow ``upto``."""


def head(connection: Connection) -> int:
    """Return the number of the newest history line, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(incident_history.c.history_id), 0))).scalar_one())


def after(connection: Connection, number: int, *, limit: int = 1_000) -> Changes:
    """Return the incidents with history after a number, each once, from at most ``limit`` lines."""
    table = incident_history.c
    query = (
        select(table.history_id, table.incident_id)
        .where(table.history_id > number)
        .order_by(table.history_id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    upto = int(rows[-1][0]) if rows else number
    ids = tuple(dict.fromkeys(IncidentId(row[1]) for row in rows))
    return Changes(upto=upto, incident_ids=ids, complete=len(rows) < limit)


def queue(
    connection: Connection, *, only: IncidentFilter | None = None, limit: int = 100, offset: int = 0
) -> list[Incident]:
    """Return incidents as a duty officer works: nobody's first, then by severity, then the oldest first."""
    rank: ColumnElement[int] = case(
        {state.value: rank for state, rank in _RANKS.items()}, value=incident.c.state, else_=1
    )
    urgency: ColumnElement[int] = case(
        {severity.value: rank for severity, rank in URGENCY.items()}, value=incident.c.severity, else_=len(URGENCY)
    )
    ordered = select(*FIELDS).order_by(rank, urgency, incident.c.first_alert_us, incident.c.incident_id)
    query = narrowed(ordered, only).limit(limit).offset(offset)
    return [incident_of(row) for row in connection.execute(query)]


def counts_by_state(connection: Connection) -> dict[IncidentState, tuple[int, int | None]]:
    """Return for each open state how many incidents are in it and the first alert of the oldest."""
    query = (
        select(incident.c.state, func.count(), func.min(incident.c.first_alert_us))
        .where(incident.c.is_open)
        .group_by(incident.c.state)
    )
    found = {IncidentState(row[0]): (int(row[1]), int(row[2])) for row in connection.execute(query)}
    empty: tuple[int, int | None] = (0, None)
    return {state: found.get(state, empty) for state in IncidentState if state in OPEN_STATES}


def incidents(connection: Connection, incident_ids: Iterable[str]) -> list[Incident]:
    """Return these incidents in the order asked for; unknown ones are missing."""
    wanted = list(incident_ids)
    found = {row[0]: incident_of(row) for row in _INCIDENTS.run(connection, wanted)}
    return [found[incident_id] for incident_id in wanted if incident_id in found]


def dispatches_of(connection: Connection, incident_ids: Collection[str]) -> dict[IncidentId, list[Dispatch]]:
    """Return the dispatches of many incidents, each list in the order of the offers."""
    found: dict[IncidentId, list[Dispatch]] = {}
    for row in _DISPATCHES.run(connection, incident_ids):
        value = dispatch_of(row)
        found.setdefault(value.incident_id, []).append(value)
    for values in found.values():
        values.sort(key=lambda value: (value.offered_us, value.dispatch_id))
    return found


def flagged(connection: Connection, incident_ids: Collection[str]) -> frozenset[IncidentId]:
    """Return which of these incidents an operator flagged."""
    return frozenset(
        IncidentId(row[0]) for row in _FLAGGED.run(connection, incident_ids, first=(AlertSource.FLAG.value,))
    )
