"""CAP messages that were issued: appended with the change they tell, read for the feed and by the channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from relay.store.bulk import InsertMany
from relay.store.channel_tables import cap_message

# A message that is issued.
_INSERT: Final = InsertMany(cap_message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRow:
    """One message; ``body`` is its XML."""

    notification_id: int
    incident_id: str
    kind: str
    sent_us: int
    body: str


def of_incident(connection: Connection, incident_id: str) -> list[CapRow]:
    """Return the messages about an incident, in the order they were issued."""
    query = select(cap_message).where(cap_message.c.incident_id == incident_id).order_by(cap_message.c.notification_id)
    return [CapRow(**row) for row in connection.execute(query).mappings()]


def newest(connection: Connection, *, limit: int = 100) -> list[CapRow]:
    """Return the messages issued last, the newest first."""
    query = select(cap_message).order_by(cap_message.c.notification_id.desc()).limit(limit)
    return [CapRow(**row) for row in connection.execute(query).mappings()]


def by_number(connection: Connection, notification_id: int) -> CapRow | None:
    """Return one message."""
    row = connection.execute(select(cap_message).where(cap_message.c.notification_id == notification_id)).mappings()
    found = row.first()
    return CapRow(**found) if found is not None else None


# --- for the writer -----------------------------------------------------------------------------------------


def insert(connection: Connection, rows: Sequence[CapRow]) -> None:
    """Append messages."""
    _INSERT.run(connection, [(row.notification_id, row.incident_id, row.kind, row.sent_us, row.body) for row in rows])
