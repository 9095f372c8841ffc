"""Dispatches: reading for desk and terminals, loading and writing for the writer."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select

from patrol_wire.ids import DispatchId, IncidentId, Outcome, UnitId
from relay.core.dispatches import Dispatch, DispatchState
from relay.store.bulk import AnyRow, InsertMany, SelectIn, SelectRows, UpdateMany
from relay.store.tables import dispatch

_STATES: Final = {str(state): state for state in DispatchState}  # see relay/store/incidents.py
_OFFERED: Final = DispatchState.OFFERED
_OFFERED_TEXT: Final = _OFFERED.value
_REACHED: Final = ("accepted_us", "en_route_us", "on_scene_us", "cleared_us", "outcome", "checked_us")
"""What is empty until a unit has accepted, and never is empty again."""
_CHANGING: Final = (
    "state",
    "revision",
    "answer_by_us",
    "accepted_us",
    "en_route_us",
    "on_scene_us",
    "cleared_us",
    "ended_us",
    "outcome",
    "note",
    "handing_over",
    "checked_us",
)
# New offers of a burst that nobody has answered yet: nearly all.
_INSERT_OFFER: Final = InsertMany(dispatch, without=(*_REACHED, "ended_us", "handing_over"))
# New offers that were answered in the same burst.
_INSERT: Final = InsertMany(dispatch)
# Dispatches whose state a burst changed.
_UPDATE: Final = UpdateMany(dispatch, changed=_CHANGING, key=("dispatch_id",))
# Those of them that no unit has ever accepted.
_UPDATE_UNREACHED: Final = UpdateMany(
    dispatch, changed=[name for name in _CHANGING if name not in (*_REACHED, "handing_over")], key=("dispatch_id",)
)
# Dispatches that went to another incident; apart, because it moves them in an index.
_GIVE: Final = UpdateMany(dispatch, changed=("incident_id",), key=("dispatch_id",))
# The dispatches of every incident a burst works on.
_BY_INCIDENT: Final = SelectIn(select(dispatch), dispatch.c.incident_id)
# Which incident the dispatch of a command belongs to.
_INCIDENT_OF: Final = SelectIn(select(dispatch.c.dispatch_id, dispatch.c.incident_id), dispatch.c.dispatch_id)


# How many dispatches are open before the units that a burst may ask; served by ix_dispatch_unit_open.
_OPEN_BEFORE: Final = SelectIn(
    select(dispatch.c.unit_id, func.count()).where(dispatch.c.ended_us.is_(None)).group_by(dispatch.c.unit_id),
    dispatch.c.unit_id,
)
# The same of all units: counted from the index once.
_OPEN_BEFORE_ALL: Final = SelectRows(
    select(dispatch.c.unit_id, func.count()).where(dispatch.c.ended_us.is_(None)).group_by(dispatch.c.unit_id)
)
FEW_UNITS: Final = 512
"""Up to so many units the index is asked for each; for more, all open dispatches are counted once."""


def dispatch_of(row: AnyRow) -> Dispatch:
    """Return the value of a row of the dispatch table."""
    return Dispatch(
        dispatch_id=DispatchId(row[0]),
        incident_id=IncidentId(row[1]),
        unit_id=UnitId(row[2]),
        state=_STATES[row[3]],
        revision=row[4],
        level=row[5],
        reason=row[6],
        offered_us=row[7],
        answer_by_us=row[8],
        accepted_us=row[9],
        en_route_us=row[10],
        on_scene_us=row[11],
        cleared_us=row[12],
        ended_us=row[13],
        outcome=Outcome(row[14]) if row[14] is not None else None,
        note=row[15],
        handing_over=bool(row[16]),
        checked_us=row[17],
    )


def of_incident(connection: Connection, incident_id: str) -> list[Dispatch]:
    """Return an incident's dispatches in the order they were offered."""
    query = (
        select(dispatch)
        .where(dispatch.c.incident_id == incident_id)
        .order_by(dispatch.c.offered_us, dispatch.c.dispatch_id)
    )
    return [dispatch_of(row) for row in connection.execute(query)]


def open_of_unit(connection: Connection, unit_id: str) -> list[Dispatch]:
    """Return the dispatches that are still before a unit (offered or being worked on): its terminal's snapshot."""
    query = (
        select(dispatch)
        .where(dispatch.c.unit_id == unit_id, dispatch.c.ended_us.is_(None))
        .order_by(dispatch.c.offered_us, dispatch.c.dispatch_id)
    )
    return [dispatch_of(row) for row in connection.execute(query)]


def latest(connection: Connection, *, limit: int = 100) -> list[Dispatch]:
    """Return the dispatches offered last, the newest first (UUIDv7 sorts by time); for reports and the dashboard."""
    query = select(dispatch).order_by(dispatch.c.dispatch_id.desc()).limit(limit)
    return [dispatch_of(row) for row in connection.execute(query)]


# --- for the writer -----------------------------------------------------------------------------------------


def load_of_incidents(connection: Connection, incident_ids: Iterable[str]) -> dict[IncidentId, list[Dispatch]]:
    """Return all dispatches of the incidents a burst works on."""
    found: dict[IncidentId, list[Dispatch]] = {}
    for row in _BY_INCIDENT.run(connection, incident_ids):
        value = dispatch_of(row)
        found.setdefault(value.incident_id, []).append(value)
    return found


def open_before(connection: Connection, unit_ids: Sequence[UnitId]) -> dict[UnitId, int]:
    """Return how many dispatches are open before each of these units; those with none are missing."""
    if len(unit_ids) <= FEW_UNITS:
        return {UnitId(row[0]): row[1] for row in _OPEN_BEFORE.run(connection, unit_ids)}
    wanted = set(unit_ids)
    return {name: count for name, count in open_before_all(connection).items() if name in wanted}


def open_before_all(connection: Connection) -> dict[UnitId, int]:
    """Return how many dispatches are open before each unit that has any."""
    return {UnitId(row[0]): row[1] for row in _OPEN_BEFORE_ALL.run(connection)}


def incidents_of(connection: Connection, dispatch_ids: Iterable[str]) -> dict[DispatchId, IncidentId]:
    """Return the incident of each dispatch that a command names; unknown ones are missing."""
    return {DispatchId(row[0]): IncidentId(row[1]) for row in _INCIDENT_OF.run(connection, dispatch_ids)}


def insert(connection: Connection, dispatches: Iterable[Dispatch]) -> None:
    """Add new offers."""
    offers: list[tuple[Any, ...]] = []
    answered: list[tuple[Any, ...]] = []
    for value in dispatches:
        if value.state is _OFFERED:
            offers.append(
                (
                    value.dispatch_id,
                    value.incident_id,
                    value.unit_id,
                    _OFFERED_TEXT,
                    value.revision,
                    value.level,
                    value.reason,
                    value.offered_us,
                    value.answer_by_us,
                    value.note,
                )
            )
        else:
            answered.append(
                (
                    value.dispatch_id,
                    value.incident_id,
                    value.unit_id,
                    str(value.state),
                    value.revision,
                    value.level,
                    value.reason,
                    value.offered_us,
                    value.answer_by_us,
                    *_way(value),
                )
            )
    _INSERT_OFFER.run(connection, offers)
    _INSERT.run(connection, answered)


def update(connection: Connection, dispatches: Iterable[Dispatch]) -> None:
    """Store what changed of known dispatches, but not whose they are."""
    unreached: list[tuple[Any, ...]] = []
    reached: list[tuple[Any, ...]] = []
    for value in dispatches:
        if value.accepted_us is None:
            unreached.append(
                (str(value.state), value.revision, value.answer_by_us, value.ended_us, value.note, value.dispatch_id)
            )
        else:
            reached.append(
                (
                    str(value.state),
                    value.revision,
                    value.answer_by_us,
                    *_way(value),
                    value.dispatch_id,
                )
            )
    _UPDATE_UNREACHED.run(connection, unreached)
    _UPDATE.run(connection, reached)


def _way(value: Dispatch) -> tuple[Any, ...]:
    """Return how far a unit came, in the order of the table."""
    return (
        value.accepted_us,
        value.en_route_us,
        value.on_scene_us,
        value.cleared_us,
        value.ended_us,
        value.outcome.value if value.outcome is not None else None,
        value.note,
        value.handing_over,
        value.checked_us,
    )


def give(connection: Connection, dispatches: Iterable[Dispatch]) -> None:
    """Store to which incident known dispatches went."""
    _GIVE.run(connection, [(value.incident_id, value.dispatch_id) for value in dispatches])
