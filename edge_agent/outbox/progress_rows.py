"""The table of what became of this room's alerts, as the relay told it last; a restart shows it at once."""

import sqlite3

from patrol_wire.codec import decode, encode
from patrol_wire.messages import Progress


def take(connection: sqlite3.Connection, progress: Progress) -> None:
    """Keep what is newer than what is known of a known alert, inside the caller's transaction."""
    connection.execute(
        "INSERT INTO progress SELECT ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM alert WHERE alert_id = ?) "
        "ON CONFLICT (alert_id) DO UPDATE SET incident_id = excluded.incident_id, revision = excluded.revision, "
        "message = excluded.message WHERE excluded.revision > revision OR excluded.incident_id <> incident_id",
        (progress.alert_id, progress.incident_id, progress.revision, encode(progress, hop=1), progress.alert_id),
    )
    connection.execute("DELETE FROM progress WHERE alert_id NOT IN (SELECT alert_id FROM alert)")


def unpacked(message: bytes | None) -> Progress | None:
    """Return the message as it was kept."""
    if message is None:
        return None
    kept = decode(message).message
    return kept if isinstance(kept, Progress) else None
