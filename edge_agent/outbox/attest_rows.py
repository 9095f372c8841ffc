"""What the room will attest next: how many alerts it stored and lost since its last attestation, by category.

The figures change in the transaction of the record they count and are emptied in that of the attestation, so every
record of stream A is in exactly one attestation, whenever the agent falls.
"""

import sqlite3

from patrol_wire.records import Alert, Attestation, Flag, RecordBody

COUNTED = (Alert, Flag)


def stored(connection: sqlite3.Connection, body: RecordBody) -> None:
    """Count a record that this transaction stores."""
    if isinstance(body, COUNTED):
        _add(connection, body.category, stored=1, refused=0)


def refused(connection: sqlite3.Connection, body: RecordBody) -> None:
    """Count a record that could not be stored."""
    if isinstance(body, COUNTED):
        _add(connection, body.category, stored=0, refused=1)


def open_day(connection: sqlite3.Connection) -> str:
    """Return the day that is not attested yet; empty before the room's first look."""
    (day,) = connection.execute("SELECT day FROM attested").fetchone()
    return str(day)


def due(connection: sqlite3.Connection, *, last_seq: int, camera_seconds: int) -> Attestation:
    """Return the attestation of the open day: everything since the one before, up to the newest record of stream A."""
    day, upto_seq = connection.execute("SELECT day, upto_seq FROM attested").fetchone()
    rows = connection.execute("SELECT category, stored, refused FROM unattested ORDER BY category").fetchall()
    return Attestation(
        day=day,
        first_seq=upto_seq + 1,
        last_seq=last_seq,
        alerts={category: count for category, count, _ in rows if count},
        camera_seconds=camera_seconds,
        refused=sum(lost for _, _, lost in rows),
    )


def turn(connection: sqlite3.Connection, *, today: str, attested: Attestation | None) -> None:
    """Open a day; with the attestation of the one before, which is stored in the same transaction."""
    if attested is None:
        connection.execute("UPDATE attested SET day = ?", (today,))
    else:
        connection.execute("UPDATE attested SET day = ?, upto_seq = ?", (today, attested.last_seq))
        connection.execute("DELETE FROM unattested")


def _add(connection: sqlite3.Connection, category: str, *, stored: int, refused: int) -> None:
    connection.execute(
        "INSERT INTO unattested VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET stored = stored + excluded.stored, refused = refused + excluded.refused",
        (category, stored, refused),
    )
