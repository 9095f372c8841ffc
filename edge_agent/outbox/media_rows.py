"""The table of evidence that has to go to the relay: kept in the transaction of the manifests that announce it."""

import sqlite3
from typing import Final

from edge_agent.core.media_items import RANKS, MediaItem, MediaState
from edge_agent.outbox.values import MediaDepth
from patrol_wire.codec import decode_record
from patrol_wire.ids import Severity, Stream
from patrol_wire.records import MediaManifest, RecordBody

SETTLED_KEPT_US: Final = 86_400_000_000
"""A day: what people ask about. The same content announced later is offered again and answered at once."""
_LEAST_RANK: Final = max(RANKS.values())
_COLUMNS: Final = "sha256, media_type, size_bytes, rank, stored_at"


def take(connection: sqlite3.Connection, body: RecordBody, *, seq: int, stored_at: int) -> None:
    """Apply one record to the table, inside the caller's transaction."""
    if not isinstance(body, MediaManifest):
        return
    found = connection.execute("SELECT severity FROM alert WHERE alert_id = ?", (body.alert_id,)).fetchone()
    rank = RANKS[Severity(found[0])] if found is not None else _LEAST_RANK
    connection.execute(
        "INSERT OR IGNORE INTO media_item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', NULL)",
        (
            body.sha256,
            body.alert_id,
            body.media_type,
            body.media_type.startswith("video/"),
            body.size_bytes,
            rank,
            seq,
            stored_at,
            MediaState.WAITING.value,
        ),
    )


def adopt(connection: sqlite3.Connection) -> None:
    """Take in manifests that were stored before there was this table and that the relay may not have."""
    for seq, body, stored_at in connection.execute(
        "SELECT seq, body, stored_at FROM record WHERE stream = ? AND kind = ?",
        (Stream.MEDIA.value, MediaManifest.__name__),
    ).fetchall():
        take(connection, decode_record(body), seq=seq, stored_at=stored_at)


def settle(connection: sqlite3.Connection, sha256: str, state: MediaState, *, reason: str, now_us: int) -> bool:
    """Note what became of content; False when it was not waiting."""
    return bool(
        connection.execute(
            "UPDATE media_item SET state = ?, reason = ?, settled_at = ? WHERE sha256 = ? AND state = ?",
            (state.value, reason, now_us, sha256, MediaState.WAITING.value),
        ).rowcount
    )


def expire(connection: sqlite3.Connection, *, before_us: int, now_us: int) -> int:
    """Give up what was announced before a moment and forget what was settled long ago; return how many were given up.

    Only clips and pictures that wait: what was delivered is not touched.
    """
    connection.execute(
        "DELETE FROM media_item WHERE state <> ? AND settled_at < ?",
        (MediaState.WAITING.value, now_us - SETTLED_KEPT_US),
    )
    return connection.execute(
        "UPDATE media_item SET state = ?, reason = 'max_age', settled_at = ? WHERE state = ? AND stored_at < ?",
        (MediaState.EXPIRED.value, now_us, MediaState.WAITING.value, before_us),
    ).rowcount


def upcoming(connection: sqlite3.Connection, limit: int) -> list[MediaItem]:
    """Return what may be offered, the first to go first: the relay has the manifest, else it would refuse."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM media_item WHERE state = ? "  # noqa: S608 - constants only
        "AND seq <= (SELECT stored_seq FROM lane WHERE stream = ?) "
        "ORDER BY is_clip, rank, stored_at DESC, sha256 LIMIT ?",
        (MediaState.WAITING.value, Stream.MEDIA.value, limit),
    )
    return [
        MediaItem(sha256=sha256, media_type=media_type, size_bytes=size_bytes, rank=rank, stored_at=stored_at)
        for sha256, media_type, size_bytes, rank, stored_at in rows
    ]


def holders(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """Return who needs which content: the alerts of everything that waits, by hash."""
    found: dict[str, set[str]] = {}
    for sha256, alert_id in connection.execute(
        "SELECT sha256, alert_id FROM media_item WHERE state = ?", (MediaState.WAITING.value,)
    ):
        found.setdefault(sha256, set()).add(alert_id)
    return found


def depth(connection: sqlite3.Connection) -> MediaDepth:
    """Return how much waits."""
    snapshots = clips = waiting_bytes = 0
    oldest_at = None
    for is_clip, count, size_bytes, first_at in connection.execute(
        "SELECT is_clip, count(*), sum(size_bytes), min(stored_at) FROM media_item WHERE state = ? GROUP BY is_clip",
        (MediaState.WAITING.value,),
    ):
        if is_clip:
            clips = count
        else:
            snapshots = count
        waiting_bytes += size_bytes
        oldest_at = first_at if oldest_at is None else min(oldest_at, first_at)
    return MediaDepth(snapshots=snapshots, clips=clips, waiting_bytes=waiting_bytes, oldest_at=oldest_at)
