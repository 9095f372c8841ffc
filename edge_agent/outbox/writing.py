"""What one transaction of the outbox does: puts, settlements, expiry, over a working copy of the marks.

Owned by the outbox thread; the caller begins, commits and rolls back, and throws this object away with the transaction.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from edge_agent.core.media_items import MediaState
from edge_agent.core.outbox import Admission, LaneMarks, Mark, OutboxLimits, RecordClass, admit, class_of, stream_of
from edge_agent.outbox import alert_rows, attest_rows, health_rows, media_rows, progress_rows, watch_rows
from edge_agent.outbox.values import Stored
from patrol_wire.chain import chain_link
from patrol_wire.codec import encode_record
from patrol_wire.ids import Stream
from patrol_wire.messages import Progress
from patrol_wire.records import RecordBody

KEPT_REFUSALS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The lanes and the bytes of all bodies; what the committed file says, or what it will say."""

    lanes: Mapping[Stream, LaneMarks]
    body_bytes: Mapping[Stream, int]


def read_marks(connection: sqlite3.Connection) -> Marks:
    """Return what the file says."""
    lanes = {}
    for stream, last_seq, last_chain, base_seq, base_chain, stored in connection.execute(
        "SELECT stream, last_seq, last_chain, base_seq, base_chain, stored_seq FROM lane"
    ):
        lanes[Stream(stream)] = LaneMarks(
            stream=Stream(stream),
            base=Mark(seq=base_seq, chain=base_chain),
            last=Mark(seq=last_seq, chain=last_chain),
            stored=stored,
        )
    sums = dict(connection.execute("SELECT stream, sum(length(body)) FROM record GROUP BY stream").fetchall())
    return Marks(lanes=lanes, body_bytes={stream: sums.get(stream.value, 0) for stream in Stream})


class Writing:
    """One transaction. ``marks`` is what is true once it is committed."""

    def __init__(self, connection: sqlite3.Connection, marks: Marks, *, limits: OutboxLimits) -> None:
        self._connection = connection
        self._lanes = dict(marks.lanes)
        self._bytes = dict(marks.body_bytes)
        self._limits = limits

    @property
    def marks(self) -> Marks:
        """The marks with everything done so far."""
        return Marks(lanes=dict(self._lanes), body_bytes=dict(self._bytes))

    def put(self, body: RecordBody, packed: bytes, now_us: int) -> Stored | RecordClass:
        """Store a record; return its class instead when the limits refuse it (counted)."""
        record_class = class_of(body)
        if not self._make_room(record_class, len(packed)):
            self._count(f"refused_{record_class.value}")
            attest_rows.refused(self._connection, body)
            return record_class
        stream = stream_of(body)
        lane = self._lanes[stream]
        seq = lane.last.seq + 1
        chain = chain_link(lane.last.chain, packed)
        self._connection.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, 'stored')",
            (stream.value, seq, type(body).__name__, getattr(body, "alert_id", None), packed, chain, now_us),
        )
        self._set_lane(replace(lane, last=Mark(seq=seq, chain=chain)))
        self._bytes[stream] += len(packed)
        alert_rows.take(self._connection, body, packed=packed, seq=seq, stored_at=now_us)
        health_rows.take(self._connection, body, packed=packed)
        media_rows.take(self._connection, body, seq=seq, stored_at=now_us)
        watch_rows.take(self._connection, body, packed=packed, seq=seq)
        attest_rows.stored(self._connection, body)
        if isinstance(body, attest_rows.COUNTED):
            self._count("stored")
        return Stored(stream=stream, seq=seq, at=now_us)

    def turn_day(self, today: str, *, camera_seconds: int, now_us: int) -> Stored | RecordClass | None:
        """Attest the open day when it is not today and open today; None: there was nothing to attest.

        When the limits refuse the attestation the day stays open.
        """
        day = attest_rows.open_day(self._connection)
        if day == today:
            return None
        if not day:
            attest_rows.turn(self._connection, today=today, attested=None)
            return None
        last_seq = self._lanes[Stream.ALERTS].last.seq
        body = attest_rows.due(self._connection, last_seq=last_seq, camera_seconds=camera_seconds)
        answer = self.put(body, encode_record(body), now_us)
        if isinstance(answer, Stored):
            attest_rows.turn(self._connection, today=today, attested=body)
        return answer

    def note_lost(self, bodies: Iterable[RecordBody]) -> None:
        """Count alerts that an earlier, failed transaction could not store."""
        for body in bodies:
            attest_rows.refused(self._connection, body)

    def settle(
        self, stream: Stream, *, stored: int, final: int, refused: Iterable[tuple[int, str]], now_us: int
    ) -> None:
        """Note what the relay holds; records up to ``final`` leave the file. Never goes back, never beyond the last."""
        lane = self._lanes[stream]
        stored, final = min(stored, lane.last.seq), min(final, stored, lane.last.seq)
        for seq, reason in refused:
            self._note_refusal(stream, seq, reason, now_us)
        if stored > lane.stored:
            (alerts,) = self._connection.execute(
                "SELECT count(*) FROM record WHERE stream = ? AND seq > ? AND seq <= ? AND kind IN ('Alert', 'Flag')",
                (stream.value, lane.stored, stored),
            ).fetchone()
            self._count("acknowledged", alerts)
            if final < stored:
                self._connection.execute(
                    "UPDATE record SET state = 'acknowledged' "
                    "WHERE stream = ? AND seq > ? AND seq <= ? AND state = 'stored'",
                    (stream.value, lane.stored, stored),
                )
            self._set_lane(replace(lane, stored=stored))
        self._delete_up_to(stream, final)

    def settle_media(self, sha256: str, state: MediaState, *, reason: str, now_us: int) -> None:
        """Note what became of content, once."""
        if media_rows.settle(self._connection, sha256, state, reason=reason, now_us=now_us):
            self._count(f"media_{state.value}")

    def note_progress(self, progress: Progress) -> None:
        """Keep what the relay told of an alert."""
        progress_rows.take(self._connection, progress)

    def expire_media(self, *, before_us: int, now_us: int) -> int:
        """Give up content announced before a moment; return how many."""
        lost = media_rows.expire(self._connection, before_us=before_us, now_us=now_us)
        self._count(f"media_{MediaState.EXPIRED.value}", lost)
        return lost

    def expire(self, stream: Stream, *, before_us: int) -> int:
        """Give up records of a stream stored before a moment; return how many nobody has."""
        (upto,) = self._connection.execute(
            "SELECT max(seq) FROM record WHERE stream = ? AND stored_at < ?", (stream.value, before_us)
        ).fetchone()
        return 0 if upto is None else self._give_up(stream, upto)

    def _make_room(self, record_class: RecordClass, size: int) -> bool:
        bytes_after = sum(self._bytes.values()) + size
        report_bytes = self._bytes[Stream.REPORTS]
        match admit(record_class, bytes_after=bytes_after, report_bytes=report_bytes, limits=self._limits):
            case Admission.ACCEPT:
                return True
            case Admission.REFUSE:
                return False
            case Admission.DROP_REPORTS:
                self._drop_oldest_reports(bytes_after - self._limits.max_bytes)
                return True

    def _drop_oldest_reports(self, excess: int) -> None:
        upto = 0
        for seq, length in self._connection.execute(
            "SELECT seq, length(body) FROM record WHERE stream = ? ORDER BY seq", (Stream.REPORTS.value,)
        ):
            if excess <= 0:
                break
            upto, excess = seq, excess - length
        self._give_up(Stream.REPORTS, upto)

    def _give_up(self, stream: Stream, upto: int) -> int:
        lost = max(0, upto - max(self._lanes[stream].stored, self._lanes[stream].base.seq))
        if lost:
            self._count(f"expired_{stream.name.lower()}", lost)
            self._set_lane(replace(self._lanes[stream], stored=upto))
        self._delete_up_to(stream, upto)
        return lost

    def _delete_up_to(self, stream: Stream, upto: int) -> None:
        lane = self._lanes[stream]
        if upto <= lane.base.seq:
            return
        (chain,) = self._connection.execute(
            "SELECT chain FROM record WHERE stream = ? AND seq = ?", (stream.value, upto)
        ).fetchone()
        (freed,) = self._connection.execute(
            "SELECT sum(length(body)) FROM record WHERE stream = ? AND seq <= ?", (stream.value, upto)
        ).fetchone()
        self._connection.execute("DELETE FROM record WHERE stream = ? AND seq <= ?", (stream.value, upto))
        self._bytes[stream] -= freed or 0
        self._set_lane(replace(lane, base=Mark(seq=upto, chain=chain)))

    def _note_refusal(self, stream: Stream, seq: int, reason: str, now_us: int) -> None:
        noted = self._connection.execute(
            "INSERT OR IGNORE INTO refusal SELECT stream, seq, kind, alert_id, ?, ? FROM record "
            "WHERE stream = ? AND seq = ?",
            (reason, now_us, stream.value, seq),
        ).rowcount
        if noted:
            self._connection.execute(
                "UPDATE record SET state = 'refused' WHERE stream = ? AND seq = ?", (stream.value, seq)
            )
            self._count("dead_letters")
            self._connection.execute(
                "DELETE FROM refusal WHERE rowid NOT IN (SELECT rowid FROM refusal ORDER BY at DESC LIMIT ?)",
                (KEPT_REFUSALS,),
            )

    def _set_lane(self, lane: LaneMarks) -> None:
        self._lanes[lane.stream] = lane
        self._connection.execute(
            "UPDATE lane SET last_seq = ?, last_chain = ?, base_seq = ?, base_chain = ?, stored_seq = ? "
            "WHERE stream = ?",
            (lane.last.seq, lane.last.chain, lane.base.seq, lane.base.chain, lane.stored, lane.stream.value),
        )

    def _count(self, name: str, by: int = 1) -> None:
        if by:
            self._connection.execute(
                "INSERT INTO tally VALUES (?, ?) ON CONFLICT DO UPDATE SET total = total + excluded.total", (name, by)
            )
