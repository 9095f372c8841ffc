"""Records as received, how far each stream is durable, and what could not be used."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from patrol_wire.ids import Epoch, NodeName, Stream
from relay.core.intake import Position, StreamState
from relay.store.bulk import InsertMany, SelectIn, UpdateMany
from relay.store.errors import StaleStoreError
from relay.store.tables import dead_letter, node_stream, record_log

StreamKey = tuple[NodeName, Epoch, Stream]
"""Whose stream it is."""

# Every record of a burst, as received.
_INSERT_LOG: Final = InsertMany(record_log)
# Those that could not be used.
_INSERT_DEAD: Final = InsertMany(dead_letter)
# Streams met for the first time, and how far known ones have come.
_INSERT_STREAM: Final = InsertMany(node_stream)
# A mark moves on only from where this burst saw it: the fence against a writer that goes on from an old state.
_UPDATE_STREAM: Final = UpdateMany(
    node_stream,
    changed=("stored_seq", "chain", "state", "reason", "last_seen_us"),
    key=("node", "epoch", "stream", "stored_seq"),
)
# The streams of the rooms that a burst hears from.
_STREAMS: Final = SelectIn(select(node_stream), node_stream.c.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterRow:
    """A record that was acknowledged but not used."""

    log_id: int
    node: NodeName
    epoch: Epoch
    stream: Stream
    seq: int
    kind: str
    received_us: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """One stream of one outbox, for the page that shows rooms and quarantines."""

    node: NodeName
    epoch: Epoch
    stream: Stream
    position: Position
    last_seen_us: int


def dead_letters(connection: Connection, *, before: int | None = None, limit: int = 100) -> list[DeadLetterRow]:
    """Return dead letters, the newest first; ``before`` = log_id of the last one goes on from there."""
    log = record_log.c
    query = (
        select(
            log.log_id,
            log.node,
            log.epoch,
            log.stream,
            log.seq,
            log.kind,
            log.received_us,
            dead_letter.c.reason,
            dead_letter.c.detail,
        )
        .join(dead_letter, dead_letter.c.log_id == log.log_id)
        .order_by(log.log_id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(dead_letter.c.log_id < before)
    return [
        DeadLetterRow(
            log_id=row[0],
            node=NodeName(row[1]),
            epoch=Epoch(row[2]),
            stream=Stream(row[3]),
            seq=row[4],
            kind=row[5],
            received_us=row[6],
            reason=row[7],
            detail=row[8],
        )
        for row in connection.execute(query)
    ]


def streams(connection: Connection) -> list[StreamRow]:
    """Return every stream the relay ever met."""
    query = select(node_stream).order_by(node_stream.c.node, node_stream.c.epoch, node_stream.c.stream)
    return [_stream_row(row) for row in connection.execute(query)]


# --- for the writer -----------------------------------------------------------------------------------------


def load_streams(connection: Connection, nodes: Iterable[str]) -> dict[StreamKey, Position]:
    """Return the positions of all streams of these rooms."""
    found = (_stream_row(row) for row in _STREAMS.run(connection, nodes))
    return {(row.node, row.epoch, row.stream): row.position for row in found}


def insert_log(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Append records: tuples in the order of the table's columns."""
    _INSERT_LOG.run(connection, rows)


def insert_dead(connection: Connection, rows: Sequence[tuple[int, str, str]]) -> None:
    """Append dead letters: log_id, reason, detail."""
    _INSERT_DEAD.run(connection, rows)


def insert_streams(connection: Connection, found: Sequence[tuple[StreamKey, Position]], now_us: int) -> None:
    """Add streams met for the first time."""
    _INSERT_STREAM.run(
        connection,
        [(*_key(key), at.seq, at.chain, at.base_seq, at.state.value, at.reason, now_us) for key, at in found],
    )


def update_streams(connection: Connection, moved: Sequence[tuple[StreamKey, int, Position]], now_us: int) -> None:
    """Move the high-water marks of known streams from the numbers they were seen at.

    Raises StaleStoreError when one stands elsewhere by now: the caller's transaction must not be committed.
    """
    rows = [(at.seq, at.chain, at.state.value, at.reason, now_us, *_key(key), seen) for key, seen, at in moved]
    updated = _UPDATE_STREAM.run(connection, rows)
    if updated != len(rows):
        raise StaleStoreError(
            f"{len(rows) - updated} streams were moved by another writer meanwhile; the burst is done again"
        )


def _key(key: StreamKey) -> tuple[str, int, str]:
    node, epoch, stream = key
    return (node, epoch, stream.value)


def _stream_row(row: Any) -> StreamRow:
    return StreamRow(
        node=NodeName(row[0]),
        epoch=Epoch(row[1]),
        stream=Stream(row[2]),
        position=Position(seq=row[3], chain=bytes(row[4]), base_seq=row[5], state=StreamState(row[6]), reason=row[7]),
        last_seen_us=row[8],
    )
