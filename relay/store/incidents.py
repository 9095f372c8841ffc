"""Incidents and their history: reading for the desk, loading and writing for the writer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, not_, select, tuple_

from patrol_wire.ids import AreaId, IncidentId, NodeName, Outcome, Severity
from relay.core.correlation import Surroundings
from relay.core.geo import cell_of
from relay.core.incidents import OPEN_STATES, Incident, IncidentState
from relay.store.bulk import AnyRow, InsertMany, SelectIn, UpdateMany
from relay.store.tables import alert, incident, incident_history, notification

_STATES: Final = {str(state): state for state in IncidentState}  # Python 3.11 takes 0.3 µs to call an enumeration
_SEVERITIES: Final = {str(severity): severity for severity in Severity}
FIELDS: Final = (
    incident.c.incident_id,
    incident.c.state,
    incident.c.revision,
    incident.c.category,
    incident.c.family,
    incident.c.severity,
    incident.c.area_id,
    incident.c.lon,
    incident.c.lat,
    incident.c.month,
    incident.c.node,
    incident.c.camera,
    incident.c.first_alert_us,
    incident.c.last_alert_us,
    incident.c.opened_us,
    incident.c.updated_us,
    incident.c.notify_until_us,
    incident.c.alert_count,
    incident.c.live_alerts,
    incident.c.verified,
    incident.c.direct,
    incident.c.counted,
    incident.c.outcome,
    incident.c.owner,
    incident.c.escalation_level,
    incident.c.merged_into,
    incident.c.shared,
    incident.c.owned_us,
    incident.c.wanted_units,
    incident.c.look_us,
    incident.c.basis,
    incident.c.area_given,
)
_CHANGING: Final = (
    "state",
    "is_open",
    "revision",
    "category",
    "family",
    "severity",
    "area_id",
    "month",
    "first_alert_us",
    "last_alert_us",
    "updated_us",
    "notify_until_us",
    "alert_count",
    "live_alerts",
    "verified",
    "direct",
    "counted",
    "outcome",
    "owner",
    "escalation_level",
    "merged_into",
    "shared",
    "owned_us",
    "wanted_units",
    "look_us",
    "basis",
    "area_given",
)
# New incidents of a burst.
_INSERT: Final = InsertMany(incident)
# Incidents a burst changed; the place is that of the first alert unless an operator points another.
_UPDATE: Final = UpdateMany(incident, changed=_CHANGING, key=("incident_id",))
# The few that were placed anew.
_PLACE: Final = UpdateMany(incident, changed=("lon", "lat", "cell"), key=("incident_id",))
# What happened to them.
_INSERT_HISTORY: Final = InsertMany(incident_history)
# The incidents that records, commands and timers of a burst name.
_BY_ID: Final = SelectIn(select(*FIELDS), incident.c.incident_id)
# Open incidents that new alerts may belong to; served by ix_incident_near.
_NEAR: Final = SelectIn(
    select(*FIELDS).where(incident.c.is_open, incident.c.last_alert_us >= bindparam("since")),
    incident.c.cell,
    first=("since",),
)
# Incidents that ended where an alert comes from: does its source flap? Served by ix_incident_ended.
_ENDED: Final = SelectIn(
    select(*FIELDS).where(not_(incident.c.is_open), incident.c.last_alert_us >= bindparam("since")),
    incident.c.cell,
    first=("since",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One line of an incident's history."""

    history_id: int
    incident_id: IncidentId
    revision: int
    at_us: int
    actor: str
    change: str
    reason: str
    detail: str
    """JSON object with the facts of the change; ``{}`` when there is nothing to add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Which incidents a list shows; None means any."""

    states: frozenset[IncidentState] | None = None
    area_ids: frozenset[AreaId] | None = None
    category: str | None = None
    month: str | None = None


def incident_of(row: AnyRow) -> Incident:
    """Return the value of a row of the incident table."""
    return Incident(
        incident_id=IncidentId(row[0]),
        state=_STATES[row[1]],
        revision=row[2],
        category=row[3],
        family=row[4],
        severity=_SEVERITIES[row[5]],
        area_id=AreaId(row[6]),
        lon=row[7],
        lat=row[8],
        month=row[9],
        node=NodeName(row[10]),
        camera=row[11],
        first_alert_us=row[12],
        last_alert_us=row[13],
        opened_us=row[14],
        updated_us=row[15],
        notify_until_us=row[16],
        alert_count=row[17],
        live_alerts=row[18],
        verified=bool(row[19]),
        direct=bool(row[20]),
        counted=bool(row[21]),
        outcome=Outcome(row[22]) if row[22] is not None else None,
        owner=row[23],
        escalation_level=row[24],
        merged_into=IncidentId(row[25]) if row[25] is not None else None,
        shared=bool(row[26]),
        owned_us=row[27],
        wanted_units=row[28],
        look_us=row[29],
        basis=row[30],
        area_given=bool(row[31]),
    )


def listed(
    connection: Connection,
    *,
    only: IncidentFilter | None = None,
    before: tuple[int, IncidentId] | None = None,
    limit: int = 100,
) -> list[Incident]:
    """Return incidents, the newest first; ``before`` = (opened_us, incident_id) of the last one goes on from there."""
    newest = select(*FIELDS).order_by(incident.c.opened_us.desc(), incident.c.incident_id.desc())
    query = narrowed(newest, only).limit(limit)
    if before is not None:
        query = query.where(tuple_(incident.c.opened_us, incident.c.incident_id) < tuple_(*before))
    return [incident_of(row) for row in connection.execute(query)]


def narrowed(query: Select[*tuple[Any, ...]], only: IncidentFilter | None) -> Select[*tuple[Any, ...]]:
    """Return a query over the incident table that keeps what the filter asks for."""
    if only is None:
        return query
    if only.states is not None:
        query = query.where(incident.c.state.in_([state.value for state in only.states]))
        if only.states <= OPEN_STATES:
            query = query.where(incident.c.is_open)  # lets the queue's partial index serve
    if only.area_ids is not None:
        query = query.where(incident.c.area_id.in_(list(only.area_ids)))
    if only.category is not None:
        query = query.where(incident.c.category == only.category)
    if only.month is not None:
        query = query.where(incident.c.month == only.month)
    return query


def by_id(connection: Connection, incident_id: str) -> Incident | None:
    """Return one incident for its page, or None."""
    row = connection.execute(select(*FIELDS).where(incident.c.incident_id == incident_id)).first()
    return incident_of(row) if row is not None else None


def history(connection: Connection, incident_id: str, *, limit: int = 1_000) -> list[HistoryRow]:
    """Return the first lines of an incident's history, in the order they happened."""
    query = (
        select(incident_history)
        .where(incident_history.c.incident_id == incident_id)
        .order_by(incident_history.c.history_id)
        .limit(limit)
    )
    return [HistoryRow(**row) for row in connection.execute(query).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSizes:
    """How much belongs to one incident."""

    alerts: int
    history: int
    notifications: int


def sizes(connection: Connection, incident_id: str) -> IncidentSizes:
    """Return how many alerts, lines and notices an incident has."""
    counts = {
        name: select(func.count()).select_from(table).where(table.c.incident_id == incident_id).scalar_subquery()
        for name, table in (("alerts", alert), ("history", incident_history), ("notifications", notification))
    }
    row = connection.execute(select(*(query.label(name) for name, query in counts.items()))).one()
    return IncidentSizes(alerts=row.alerts, history=row.history, notifications=row.notifications)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRow:
    """Somebody at the desk who has open incidents."""

    owner: str
    open_incidents: int
    oldest_us: int


def owners(connection: Connection) -> list[OwnerRow]:
    """Return who at the desk has how many open incidents, those with most first."""
    many = func.count().label("open_incidents")
    query = (
        select(incident.c.owner, many, func.min(incident.c.first_alert_us).label("oldest_us"))
        .where(incident.c.is_open, incident.c.owner != "")
        .group_by(incident.c.owner)
        .order_by(many.desc(), incident.c.owner)
    )
    return [OwnerRow(**row) for row in connection.execute(query).mappings()]


def open_of_owner(connection: Connection, owner: str, *, limit: int) -> list[Incident]:
    """Return the open incidents somebody at the desk has, the oldest first."""
    query = (
        select(*FIELDS)
        .where(incident.c.is_open, incident.c.owner == owner)
        .order_by(incident.c.opened_us, incident.c.incident_id)
        .limit(limit)
    )
    return [incident_of(row) for row in connection.execute(query)]


# --- for the writer -----------------------------------------------------------------------------------------


def load(connection: Connection, incident_ids: Iterable[str]) -> dict[IncidentId, Incident]:
    """Return the incidents that a burst names."""
    return {(found := incident_of(row)).incident_id: found for row in _BY_ID.run(connection, incident_ids)}


def load_near(connection: Connection, cells: Mapping[int, Surroundings], since_us: int) -> list[Incident]:
    """Return the open incidents of these grid cells with an alert at or after ``since_us`` that may be meant.

    In a crowded cell few are: to see that in the row costs a tenth of making its value and loading its dispatches.
    """
    found: list[Incident] = []
    for row in _NEAR.run(connection, cells, first=(since_us,)):
        lon, lat, camera = row[7], row[8], row[11]
        around = cells.get(cell_of(lon, lat))
        if around is None or around.may_concern(lon, lat, camera):
            found.append(incident_of(row))
    return found


def of_month(connection: Connection, month: str, opened_from_us: int) -> Iterator[Incident]:
    """Give the incidents of a month; none of them was opened before ``opened_from_us``, which an index serves."""
    query = select(*FIELDS).where(incident.c.opened_us >= opened_from_us, incident.c.month == month)
    for row in connection.execute(query, execution_options={"yield_per": 1_000}):
        yield incident_of(row)


def load_ended(connection: Connection, cells: Iterable[int], since_us: int) -> list[Incident]:
    """Return the finished incidents of these grid cells with an alert at or after ``since_us``."""
    return [incident_of(row) for row in _ENDED.run(connection, cells, first=(since_us,))]


def insert(connection: Connection, incidents: Sequence[Incident]) -> None:
    """Add new incidents."""
    _INSERT.run(connection, [_row(value) for value in incidents])


def update(connection: Connection, incidents: Sequence[Incident]) -> None:
    """Store what changed of known incidents."""
    _UPDATE.run(connection, [_changes(value) for value in incidents])


def place(connection: Connection, incidents: Sequence[Incident]) -> None:
    """Store where known incidents lie now, also for those who look around there."""
    rows = [(value.lon, value.lat, cell_of(value.lon, value.lat), value.incident_id) for value in incidents]
    _PLACE.run(connection, rows)


def insert_history(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Append history lines: tuples in the order of the table's columns."""
    _INSERT_HISTORY.run(connection, rows)


def _row(value: Incident) -> tuple[Any, ...]:
    return (
        value.incident_id,
        str(value.state),
        value.state in OPEN_STATES,
        value.revision,
        value.category,
        value.family,
        str(value.severity),
        value.area_id,
        value.lon,
        value.lat,
        cell_of(value.lon, value.lat),
        value.month,
        value.node,
        value.camera,
        value.first_alert_us,
        value.last_alert_us,
        value.opened_us,
        value.updated_us,
        value.notify_until_us,
        value.alert_count,
        value.live_alerts,
        value.verified,
        value.direct,
        value.counted,
        value.outcome.value if value.outcome is not None else None,
        value.owner,
        value.escalation_level,
        value.merged_into,
        value.shared,
        value.owned_us,
        value.wanted_units,
        value.look_us,
        value.basis,
        value.area_given,
    )


def _changes(value: Incident) -> tuple[Any, ...]:
    return (
        str(value.state),
        value.state in OPEN_STATES,
        value.revision,
        value.category,
        value.family,
        str(value.severity),
        value.area_id,
        value.month,
        value.first_alert_us,
        value.last_alert_us,
        value.updated_us,
        value.notify_until_us,
        value.alert_count,
        value.live_alerts,
        value.verified,
        value.direct,
        value.counted,
        value.outcome.value if value.outcome is not None else None,
        value.owner,
        value.escalation_level,
        value.merged_into,
        value.shared,
        value.owned_us,
        value.wanted_units,
        value.look_us,
        value.basis,
        value.area_given,
        value.incident_id,
    )


def state_counts(connection: Connection) -> Mapping[IncidentState, int]:
    """Return how many incidents are in each state; for figures, it reads the whole table's state column."""
    query = select(incident.c.state, func.count()).group_by(incident.c.state)
    return {IncidentState(state): count for state, count in connection.execute(query)}
