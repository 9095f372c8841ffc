"""Whose alerts an incident holds, and which incidents a room's alerts of late belong to: for telling rooms."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, select

from patrol_wire.ids import AlertId, IncidentId, NodeName
from relay.store.bulk import SelectIn
from relay.store.tables import alert

MOST_ALERTS: Final = 200
# The alerts of incidents that changed, and the rooms they came from; served by ix_alert_incident_id.
_OF_INCIDENTS: Final = SelectIn(
    select(alert.c.incident_id, alert.c.node, alert.c.alert_id).order_by(alert.c.started_us), alert.c.incident_id
)


def of_incidents(
    connection: Connection, incident_ids: Iterable[str]
) -> dict[IncidentId, list[tuple[NodeName, AlertId]]]:
    """Return each incident's alerts with their rooms, of an incident with very many the newest."""
    found: dict[IncidentId, list[tuple[NodeName, AlertId]]] = {}
    for incident_id, node, alert_id in _OF_INCIDENTS.run(connection, incident_ids):
        found.setdefault(IncidentId(incident_id), []).append((NodeName(node), AlertId(alert_id)))
    return {incident_id: alerts[-MOST_ALERTS:] for incident_id, alerts in found.items()}


def incidents_of_room(connection: Connection, node: NodeName, *, since_us: int) -> list[IncidentId]:
    """Return the incidents of a room's newest alerts since a moment; read along the primary key, which is a time."""
    oldest = f"{since_us // 1_000:012x}"  # UUIDv7 begins with the milliseconds (RFC 9562 §5.7)
    query = (
        select(alert.c.incident_id)
        .where(alert.c.alert_id >= f"{oldest[:8]}-{oldest[8:]}", alert.c.node == node, alert.c.incident_id.is_not(None))
        .order_by(alert.c.alert_id.desc())
        .limit(MOST_ALERTS)
    )
    return list(dict.fromkeys(IncidentId(row[0]) for row in connection.execute(query)))
