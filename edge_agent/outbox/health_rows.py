"""The table of health alerts that hold: kept in the transaction of the records that raise and clear them."""

import sqlite3

from patrol_wire.codec import decode_record
from patrol_wire.records import HealthAlert, RecordBody


def take(connection: sqlite3.Connection, body: RecordBody, *, packed: bytes) -> None:
    """Apply one record to the table, inside the caller's transaction."""
    if not isinstance(body, HealthAlert):
        return
    if body.cleared_at:
        connection.execute("DELETE FROM health_alert WHERE alert_id = ?", (body.alert_id,))
    else:
        connection.execute(
            "INSERT OR REPLACE INTO health_alert VALUES (?, ?, ?)", (body.alert_id, body.raised_at, packed)
        )


def held(connection: sqlite3.Connection) -> list[HealthAlert]:
    """Return the alerts that were raised and not cleared, the oldest first."""
    rows = connection.execute("SELECT body FROM health_alert ORDER BY raised_at, alert_id")
    return [body for (packed,) in rows if isinstance(body := decode_record(packed), HealthAlert)]
