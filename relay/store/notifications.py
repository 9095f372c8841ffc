"""Notifications: who was told what over which channel, and how far each has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from patrol_wire.ids import DispatchId, IncidentId
from relay.core.commands import Mark
from relay.core.notifications import (
    TABLE,
    Channel,
    Notification,
    NotificationEvent,
    NotificationState,
    states_before,
)
from relay.store.bulk import InsertMany, RunMany
from relay.store.tables import notification

# Notifications a burst plans, and those that are sent with its commit.
_INSERT_PLANNED: Final = InsertMany(notification, without=("sent_us", "delivered_us", "seen_us"))
_INSERT_SENT: Final = InsertMany(notification, without=("delivered_us", "seen_us"))
_EVENTS: Final = {
    Mark.SENT: NotificationEvent.SEND,
    Mark.DELIVERED: NotificationEvent.DELIVER,
    Mark.SEEN: NotificationEvent.SEE,
}
_SENT: Final = NotificationState.SENT
_TIMES: Final = {Mark.SENT: "sent_us", Mark.DELIVERED: "delivered_us", Mark.SEEN: "seen_us"}


def _target(mark_: Mark) -> NotificationState:
    """Return where a mark leads; the table has one answer, whatever the state before."""
    (target,) = {TABLE[state, _EVENTS[mark_]] for state in states_before(_EVENTS[mark_])}
    return target


def _marking(mark_: Mark) -> RunMany:
    """Return the update of one kind of receipt."""
    table = notification.c
    states = [f"state_{number}" for number in range(len(states_before(_EVENTS[mark_])))]
    statement = (
        update(notification)
        .values({"state": bindparam("target"), _TIMES[mark_]: bindparam("at_us")})
        .where(table.recipient == bindparam("unit_id"))
        .where(table.mailbox_cursor > bindparam("after"))
        .where(table.mailbox_cursor <= bindparam("upto"))
        .where(table.state.in_([bindparam(name) for name in states]))
    )
    return RunMany(statement, ["target", "at_us", "unit_id", "after", "upto", *states])


# The receipts of a burst, by kind; served by ix_notification_mailbox.
_MARK: Final = {mark_: _marking(mark_) for mark_ in Mark}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRow:
    """One notification of an incident, for its page."""

    notification_id: int
    incident_id: IncidentId
    dispatch_id: DispatchId | None
    recipient: str
    channel: Channel
    state: NotificationState
    reason: str
    planned_us: int
    sent_us: int | None
    delivered_us: int | None
    seen_us: int | None


def of_incident(connection: Connection, incident_id: str, *, limit: int = 1_000) -> list[NotificationRow]:
    """Return who was told about an incident, in order."""
    table = notification.c
    query = select(notification).where(table.incident_id == incident_id).order_by(table.notification_id).limit(limit)
    return [_of(row) for row in connection.execute(query)]


def by_number(connection: Connection, notification_id: int) -> NotificationRow | None:
    """Return one notification."""
    row = connection.execute(select(notification).where(notification.c.notification_id == notification_id)).first()
    return _of(row) if row is not None else None


def _of(row: Any) -> NotificationRow:
    return NotificationRow(
        notification_id=row.notification_id,
        incident_id=IncidentId(row.incident_id),
        dispatch_id=DispatchId(row.dispatch_id) if row.dispatch_id is not None else None,
        recipient=row.recipient,
        channel=Channel(row.channel),
        state=NotificationState(row.state),
        reason=row.reason,
        planned_us=row.planned_us,
        sent_us=row.sent_us,
        delivered_us=row.delivered_us,
        seen_us=row.seen_us,
    )


# --- for the writer -----------------------------------------------------------------------------------------


def insert(connection: Connection, first_id: int, planned: Sequence[tuple[Notification, int | None]]) -> None:
    """Add notifications, numbered from ``first_id``, each with the mailbox cursor that carries it (or None)."""
    waiting: list[tuple[Any, ...]] = []
    sent: list[tuple[Any, ...]] = []
    for number, (value, cursor) in enumerate(planned, first_id):
        row = (
            number,
            value.incident_id,
            value.dispatch_id,
            value.recipient,
            str(value.channel),
            cursor,
            str(value.state),
            value.reason,
            value.planned_us,
        )
        if value.state is _SENT:
            sent.append((*row, value.planned_us))
        else:
            waiting.append(row)
    _INSERT_PLANNED.run(connection, waiting)
    _INSERT_SENT.run(connection, sent)


class MarkedRange(NamedTuple):
    """A receipt: which entries of a unit's mailbox, (after, upto], have come how far, and when."""

    unit_id: str
    mark: Mark
    after: int
    upto: int
    at_us: int


def mark(connection: Connection, ranges: Sequence[MarkedRange]) -> None:
    """Move the mailbox notifications of these ranges on; those that are further already stay."""
    for mark_, statement in _MARK.items():
        target, states = _target(mark_).value, [state.value for state in states_before(_EVENTS[mark_])]
        statement.run(
            connection,
            [
                (target, value.at_us, value.unit_id, value.after, value.upto, *states)
                for value in ranges
                if value.mark is mark_
            ],
        )


def advance(connection: Connection, happening: NotificationEvent, moved: Sequence[tuple[int, int]]) -> None:
    """Take one step of notifications given as (number, time); those that cannot take it stay."""
    before = states_before(happening)
    time_of = {
        NotificationEvent.SEND: "sent_us",
        NotificationEvent.DELIVER: "delivered_us",
        NotificationEvent.SEE: "seen_us",
    }.get(happening)
    for number, at_us in moved:
        values: dict[str, object] = {"state": TABLE[before[0], happening].value}
        if time_of is not None:
            values[time_of] = at_us
        connection.execute(
            update(notification)
            .where(notification.c.notification_id == number)
            .where(notification.c.state.in_([state.value for state in before]))
            .values(values)
        )


def supersede(connection: Connection, dispatch_ids: Sequence[str]) -> None:
    """Mark what is no longer wanted: the offers of these dispatches were taken back."""
    happening = NotificationEvent.SUPERSEDE
    if dispatch_ids:
        connection.execute(
            update(notification)
            .where(
                notification.c.dispatch_id.in_(dispatch_ids),
                notification.c.state.in_([state.value for state in states_before(happening)]),
            )
            .values(state=NotificationState.SUPERSEDED.value)
        )
