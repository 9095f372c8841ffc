"""The tables of the watch: shifts, the log's lines, operators' acts; kept in the transaction of their records."""

import sqlite3
from typing import Final

from edge_agent.core.watch import SIGN_ON, ShiftAct, ShiftState
from edge_agent.core.watch_figures import Act, ActKind
from edge_agent.outbox.values import ShiftRow
from patrol_wire.codec import decode_record
from patrol_wire.ids import Verdict
from patrol_wire.records import Flag, FlagChange, Judgement, RecordBody, ShiftEntry

WATCH_KEPT_S: Final = 14 * 86_400
"""Lines and acts older than this, and shifts that ended before, leave the tables; the relay has them."""
_STATES: Final = {
    ShiftAct.OFFER.value: ShiftState.HANDING_OVER,
    ShiftAct.WITHDRAW.value: ShiftState.ON_WATCH,
    ShiftAct.RELIEVE.value: ShiftState.ENDED,
    ShiftAct.SIGN_OFF.value: ShiftState.ENDED,
}
_COLUMNS: Final = "shift_id, operator, state, began_at, rested_at, ended_at, note"


def take(connection: sqlite3.Connection, body: RecordBody, *, packed: bytes, seq: int) -> None:
    """Apply one record to the tables, inside the caller's transaction."""
    match body:
        case ShiftEntry():
            _line(connection, body, packed=packed, seq=seq)
        case Flag():
            _act(connection, seq, body.operator, ActKind.FLAG, body.flagged_at, body.look_back_s * 1_000)
        case FlagChange() if body.withdrawn:
            _act(connection, seq, body.operator, ActKind.WITHDRAWN, body.changed_at, 0)
        case Judgement():
            _judgement(connection, body, seq=seq)
        case _:
            pass


def on_watch(connection: sqlite3.Connection) -> list[ShiftRow]:
    """Return the shifts that have not ended, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM shift WHERE state <> ? ORDER BY began_at, shift_id",  # noqa: S608 - constants only
        (ShiftState.ENDED.value,),
    )
    return [
        ShiftRow(
            shift_id=values[0], operator=values[1], state=values[2], began_at=values[3], rested_at=values[4],
            ended_at=values[5], note=values[6],
        )
        for values in rows
    ]  # fmt: skip


def acts(connection: sqlite3.Connection, operator: str, *, since_us: int) -> list[Act]:
    """Return what an operator did since a moment."""
    rows = connection.execute(
        "SELECT kind, took_ms FROM operator_act WHERE operator = ? AND at >= ? ORDER BY at", (operator, since_us)
    )
    return [Act(kind=ActKind(kind), took_ms=took_ms) for kind, took_ms in rows]


def lines(
    connection: sqlite3.Connection, *, limit: int, entry: str | None = None, shift_id: str | None = None
) -> list[ShiftEntry]:
    """Return lines of the log, the newest first; ``entry`` and ``shift_id`` narrow them."""
    rows = connection.execute(
        "SELECT body FROM shift_line WHERE coalesce(entry = ?1, 1) AND coalesce(shift_id = ?2, ?2 IS NULL) "
        "ORDER BY seq DESC LIMIT ?3",
        (entry, shift_id, limit),
    )
    return [body for (packed,) in rows if isinstance(body := decode_record(packed), ShiftEntry)]


def last_rounds(connection: sqlite3.Connection, entry: str) -> dict[str, ShiftEntry]:
    """Return the newest finished round of each camera set."""
    rows = connection.execute(
        "SELECT subject, body FROM shift_line WHERE seq IN "
        "(SELECT max(seq) FROM shift_line WHERE entry = ? GROUP BY subject)",
        (entry,),
    )
    return {subject: body for subject, packed in rows if isinstance(body := decode_record(packed), ShiftEntry)}


def _line(connection: sqlite3.Connection, body: ShiftEntry, *, packed: bytes, seq: int) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO shift_line VALUES (?, ?, ?, ?, ?, ?)",
        (seq, body.shift_id, body.entry, body.subject, body.at, packed),
    )
    oldest = body.at - WATCH_KEPT_S * 1_000_000
    connection.execute("DELETE FROM shift_line WHERE at < ?", (oldest,))
    connection.execute("DELETE FROM shift WHERE ended_at < ?", (oldest,))
    if body.entry == SIGN_ON:
        connection.execute(
            f"INSERT OR REPLACE INTO shift ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, NULL, ?)",  # noqa: S608 - constants only
            (body.shift_id, body.operator, ShiftState.ON_WATCH.value, body.at, body.at, body.note),
        )
    elif body.entry == ShiftAct.REST.value:
        connection.execute("UPDATE shift SET rested_at = ? WHERE shift_id = ?", (body.at, body.shift_id))
    elif (state := _STATES.get(body.entry)) is not None:
        ended_at = body.at if state is ShiftState.ENDED else None
        connection.execute(
            "UPDATE shift SET state = ?, ended_at = ?, note = ? WHERE shift_id = ?",
            (state.value, ended_at, body.note, body.shift_id),
        )


def _judgement(connection: sqlite3.Connection, body: Judgement, *, seq: int) -> None:
    """Count one act per operator and alert: the last verdict, as quick as the first was."""
    kind = ActKind.ACCEPTED if body.verdict is Verdict.ACCEPTED else ActKind.DISMISSED
    corrected = connection.execute(
        "UPDATE operator_act SET kind = ? WHERE seq = (SELECT seq FROM judged WHERE alert_id = ? AND operator = ?)",
        (kind.value, body.alert_id, body.operator),
    )
    if corrected.rowcount:
        return
    raised = connection.execute("SELECT stored_at FROM alert WHERE alert_id = ?", (body.alert_id,)).fetchone()
    took_us = 0 if raised is None else max(0, body.judged_at - raised[0])
    _act(connection, seq, body.operator, kind, body.judged_at, took_us // 1_000)
    connection.execute("INSERT OR REPLACE INTO judged VALUES (?, ?, ?)", (body.alert_id, body.operator, seq))
    connection.execute("DELETE FROM judged WHERE seq < (SELECT min(seq) FROM operator_act)")


def _act(connection: sqlite3.Connection, seq: int, operator: str, kind: ActKind, at: int, took_ms: int) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO operator_act VALUES (?, ?, ?, ?, ?)", (seq, operator, kind.value, at, took_ms)
    )
    connection.execute("DELETE FROM operator_act WHERE at < ?", (at - WATCH_KEPT_S * 1_000_000,))
