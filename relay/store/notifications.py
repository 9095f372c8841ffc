"""Notifications: who was told what over which channel, and how far each has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select, update

from patrol_wire.ids import DispatchId
from relay.core.commands import Mark
from relay.core.notifications import (
    TABLE,
    Channel,
    Notification,
    NotificationEvent,
    NotificationState,
    states_before,
)
from relay.store.bulk import InsertMany
from relay.store.tables import notification

# Notifications a burst plans.
_INSERT: Final = InsertMany(notification)
_EVENTS: Final = {
    Mark.SENT: NotificationEvent.SEND,
    Mark.DELIVERED: NotificationEvent.DELIVER,
    Mark.SEEN: NotificationEvent.SEE,
}
_TIMES: Final = {Mark.SENT: "sent_us", Mark.DELIVERED: "delivered_us", Mark.SEEN: "seen_us"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRow:
    """One notification of an incident, for its page."""

    notification_id: int
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
    return [
        NotificationRow(
            notification_id=row.notification_id,
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
        for row in connection.execute(query)
    ]


# --- for the writer -----------------------------------------------------------------------------------------


def insert(connection: Connection, first_id: int, planned: Sequence[tuple[Notification, int | None]]) -> None:
    """Add notifications, numbered from ``first_id``, each with the mailbox cursor that carries it (or None)."""
    _INSERT.run(
        connection,
        [
            (
                number,
                value.incident_id,
                value.dispatch_id,
                value.recipient,
                value.channel.value,
                cursor,
                value.state.value,
                value.reason,
                value.planned_us,
                value.planned_us if value.state is NotificationState.SENT else None,
                None,
                None,
            )
            for number, (value, cursor) in enumerate(planned, first_id)
        ],
    )


def mark(connection: Connection, unit_id: str, *, mark_: Mark, after: int, upto: int, at_us: int) -> None:
    """Move a unit's mailbox notifications in (after, upto] on; those that are further already stay."""
    happening = _EVENTS[mark_]
    table = notification.c
    for state in states_before(happening):
        connection.execute(
            update(notification)
            .where(
                table.recipient == unit_id,
                table.mailbox_cursor > after,
                table.mailbox_cursor <= upto,
                table.state == state.value,
            )
            .values({"state": TABLE[state, happening].value, _TIMES[mark_]: at_us})
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
