"""The table behind the console's list of alerts: kept in the transaction of the records it is made from."""

import sqlite3
from typing import Final

from msgspec.structs import replace

from edge_agent.core.flags import FlagState, first_state
from edge_agent.outbox import progress_rows
from edge_agent.outbox.values import AlertRow
from patrol_wire.codec import decode_record, encode_record
from patrol_wire.ids import Stream
from patrol_wire.media import VOICE_TYPE
from patrol_wire.records import Alert, AlertEnd, Flag, FlagChange, Judgement, MediaManifest, RecordBody

KEPT_RECORDS: Final = 4_000
"""An alert leaves the list when so many younger records of stream A exist."""
_COLUMNS: Final = (
    "alert_id, seq, source, body, stored_at, category, severity, standing, operator, reason, ended_at, snapshot, clip"
)
_SELECT: Final = (
    f"SELECT {_COLUMNS}, seq <= (SELECT stored_seq FROM lane WHERE stream = '{Stream.ALERTS.value}'), "  # noqa: S608 - constants only
    "message, note, voice, voice_ms FROM alert LEFT JOIN progress USING (alert_id) LEFT JOIN remark USING (alert_id)"
)


def take(connection: sqlite3.Connection, body: RecordBody, *, packed: bytes, seq: int, stored_at: int) -> None:
    """Apply one record to the list, inside the caller's transaction."""
    match body:
        case Alert():
            row = (body.category, body.severity.value, "open", "")
            _insert(connection, body, ("machine", packed, *row), seq=seq, stored_at=stored_at)
        case Flag():
            row = (body.category, body.severity.value, first_state(body.category).value, body.operator)
            _insert(connection, body, ("flag", packed, *row), seq=seq, stored_at=stored_at)
        case Judgement():
            connection.execute(
                "UPDATE alert SET standing = ?, operator = ?, reason = ? WHERE alert_id = ?",
                (body.verdict.value, body.operator, body.reason, body.alert_id),
            )
        case FlagChange() if not (body.withdrawn or body.category or body.severity):
            _added(connection, body)
        case FlagChange():
            standing = FlagState.WITHDRAWN if body.withdrawn else FlagState.CLASSIFIED
            connection.execute(
                "UPDATE alert SET standing = ?, operator = ?, reason = ?, category = coalesce(?, category), "
                "severity = coalesce(?, severity) WHERE alert_id = ?",
                (standing.value, body.operator, body.reason, body.category, body.severity, body.alert_id),
            )
        case AlertEnd():
            connection.execute(
                "UPDATE alert SET ended_at = ?, clip = coalesce(?, clip) WHERE alert_id = ?",
                (body.ended_at, body.clip, body.alert_id),
            )
        case MediaManifest() if body.media_type == VOICE_TYPE:
            _remark(connection, body.alert_id, voice=body.sha256, voice_ms=body.duration_ms)
        case MediaManifest():
            column = "clip" if body.media_type.startswith("video/") else "snapshot"
            connection.execute(
                f"UPDATE alert SET {column} = ? WHERE alert_id = ?",  # noqa: S608 - one of two constants
                (body.sha256, body.alert_id),
            )
        case _:
            pass


def _added(connection: sqlite3.Connection, change: FlagChange) -> None:
    """Take what an operator adds to a flag: its standing stays. A place stands in the list's copy of the flag."""
    if change.note:
        _remark(connection, change.alert_id, note=change.note)
    if change.place is None:
        return
    found = connection.execute("SELECT body FROM alert WHERE alert_id = ?", (change.alert_id,)).fetchone()
    flag = None if found is None else decode_record(found[0])
    if isinstance(flag, Flag):
        packed = encode_record(replace(flag, place=change.place))
        connection.execute("UPDATE alert SET body = ? WHERE alert_id = ?", (packed, change.alert_id))


def _remark(
    connection: sqlite3.Connection, alert_id: str, *, note: str = "", voice: str | None = None, voice_ms: int = 0
) -> None:
    connection.execute(
        "INSERT INTO remark VALUES (?1, ?2, ?3, ?4) ON CONFLICT (alert_id) DO UPDATE SET "
        "note = coalesce(nullif(?2, ''), note), voice = coalesce(?3, voice), "
        "voice_ms = CASE WHEN ?3 IS NULL THEN voice_ms ELSE ?4 END",
        (alert_id, note, voice, voice_ms),
    )


def newest(connection: sqlite3.Connection, limit: int, *, flags: int = 0) -> list[AlertRow]:
    """Return the newest alerts first, and the newest ``flags`` flags among them, however many alerts came since."""
    rows = [_row(values) for values in connection.execute(f"{_SELECT} ORDER BY seq DESC LIMIT ?", (limit,))]
    known = {row.alert_id for row in rows}
    older = connection.execute(f"{_SELECT} WHERE source = 'flag' ORDER BY seq DESC LIMIT ?", (flags,)) if flags else ()
    rows.extend(row for row in (_row(values) for values in older) if row.alert_id not in known)
    return rows  # what was added is older than all before it


def find(connection: sqlite3.Connection, alert_id: str) -> AlertRow | None:
    """Return one alert, None when it is unknown or no longer kept."""
    values = connection.execute(f"{_SELECT} WHERE alert_id = ?", (alert_id,)).fetchone()
    return None if values is None else _row(values)


def _insert(
    connection: sqlite3.Connection,
    body: Alert | Flag,
    row: tuple[str, bytes, str, str, str, str],
    *,
    seq: int,
    stored_at: int,
) -> None:
    source, packed, category, severity, standing, operator = row
    oldest = seq - KEPT_RECORDS
    connection.execute(
        f"INSERT OR REPLACE INTO alert ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', NULL, ?, ?)",  # noqa: S608 - constants only
        (
            body.alert_id,
            seq,
            source,
            packed,
            stored_at,
            category,
            severity,
            standing,
            operator,
            body.snapshot,
            body.clip,
        ),
    )
    connection.execute("DELETE FROM remark WHERE alert_id IN (SELECT alert_id FROM alert WHERE seq <= ?)", (oldest,))
    connection.execute("DELETE FROM alert WHERE seq <= ?", (oldest,))


def _row(
    values: tuple[
        str,
        int,
        str,
        bytes,
        int,
        str,
        str,
        str,
        str,
        str,
        int | None,
        str | None,
        str | None,
        int,
        bytes | None,
        str | None,
        str | None,
        int | None,
    ],
) -> AlertRow:
    return AlertRow(
        alert_id=values[0],
        seq=values[1],
        source=values[2],
        body=values[3],
        stored_at=values[4],
        category=values[5],
        severity=values[6],
        standing=values[7],
        operator=values[8],
        reason=values[9],
        ended_at=values[10],
        snapshot=values[11],
        clip=values[12],
        acknowledged=bool(values[13]),
        progress=progress_rows.unpacked(values[14]),
        note=values[15] or "",
        voice=values[16],
        voice_ms=values[17] or 0,
    )
