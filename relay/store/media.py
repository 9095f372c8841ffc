"""Which alert has which media, and which content is here: for pages, for the media keeper, and for the writer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, exists, func, insert, select, update

from patrol_wire.ids import NodeName
from relay.core.incidents import IncidentState
from relay.core.media import Announced, ContentState
from relay.store.bulk import InsertMany, SelectIn
from relay.store.media_tables import media_content, media_manifest
from relay.store.tables import alert, incident

_FINISHED: Final = frozenset({IncidentState.CLOSED, IncidentState.CANCELLED})
# The manifests of a burst.
_INSERT_MANIFEST: Final = InsertMany(media_manifest)
# Which of them are known already.
_KNOWN: Final = SelectIn(select(media_manifest.c.alert_id, media_manifest.c.sha256), media_manifest.c.alert_id)
# What an incident's page shows of its alerts: what their own rooms announced, and whether it is here.
_OF_ALERTS: Final = SelectIn(
    select(
        media_manifest.c.alert_id,
        media_manifest.c.sha256,
        media_manifest.c.media_type,
        media_manifest.c.size_bytes,
        media_manifest.c.started_us,
        media_manifest.c.duration_ms,
        media_manifest.c.masked,
        media_manifest.c.log_id,
        media_content.c.state,
    )
    .join(alert, (alert.c.alert_id == media_manifest.c.alert_id) & (alert.c.node == media_manifest.c.node))
    .outerjoin(media_content, media_content.c.sha256 == media_manifest.c.sha256),
    media_manifest.c.alert_id,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One announcement; ``log_id`` is the number of its record."""

    alert_id: str
    sha256: str
    log_id: int
    node: NodeName
    media_type: str
    size_bytes: int
    started_us: int
    duration_ms: int
    masked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMedia:
    """One picture or clip of an alert; ``state`` is None while it lies in its room only."""

    alert_id: str
    sha256: str
    media_type: str
    size_bytes: int
    started_us: int
    duration_ms: int
    masked: bool
    log_id: int
    state: ContentState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Content that is or was in the media folder."""

    sha256: str
    media_type: str
    size_bytes: int
    state: ContentState
    folder: str
    node: NodeName
    stored_us: int
    deleted_us: int = 0
    """When it was to leave the folder; 0 while it is stored."""
    reason: str = ""


def of_alerts(connection: Connection, alert_ids: Iterable[str]) -> dict[str, list[AlertMedia]]:
    """Return the media of these alerts, in the order they were announced."""
    found: dict[str, list[AlertMedia]] = {}
    for row in _OF_ALERTS.run(connection, alert_ids):
        media = AlertMedia(
            alert_id=row[0],
            sha256=row[1],
            media_type=row[2],
            size_bytes=row[3],
            started_us=row[4],
            duration_ms=row[5],
            masked=bool(row[6]),
            log_id=row[7],
            state=ContentState(row[8]) if row[8] is not None else None,
        )
        found.setdefault(media.alert_id, []).append(media)
    for media_of_alert in found.values():
        media_of_alert.sort(key=lambda one: one.log_id)
    return found


def announced(connection: Connection, node: str, sha256: str) -> Announced | None:
    """Return what this room announced under this name, None when it did not."""
    query = select(media_manifest.c.media_type, media_manifest.c.size_bytes).where(
        media_manifest.c.sha256 == sha256, media_manifest.c.node == node
    )
    row = connection.execute(query.limit(1)).first()
    return Announced(media_type=row[0], size_bytes=row[1]) if row is not None else None


def claim(connection: Connection, sha256: str) -> Manifest | None:
    """Return the first announcement of this content by any room, None when nobody made one."""
    query = select(media_manifest).where(media_manifest.c.sha256 == sha256).order_by(media_manifest.c.log_id)
    row = connection.execute(query.limit(1)).first()
    if row is None:
        return None
    return Manifest(
        alert_id=row[0],
        sha256=row[1],
        log_id=row[2],
        node=NodeName(row[3]),
        media_type=row[4],
        size_bytes=row[5],
        started_us=row[6],
        duration_ms=row[7],
        masked=bool(row[8]),
    )


def content(connection: Connection, sha256: str) -> Content | None:
    """Return one content, None when it was never here."""
    row = connection.execute(select(media_content).where(media_content.c.sha256 == sha256)).first()
    return _content(row) if row is not None else None


def stored(connection: Connection, folder: str) -> dict[str, int]:
    """Return the length of each content that should be in this folder, by name."""
    query = select(media_content.c.sha256, media_content.c.size_bytes).where(
        media_content.c.folder == folder, media_content.c.state == ContentState.STORED.value
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def stored_bytes(connection: Connection, folder: str) -> int:
    """Return how much content should be in this folder, in bytes, whichever relay stored it."""
    query = select(func.coalesce(func.sum(media_content.c.size_bytes), 0)).where(
        media_content.c.folder == folder, media_content.c.state == ContentState.STORED.value
    )
    return int(connection.execute(query).scalar_one())


def deletable(connection: Connection, folder: str, *, limit: int) -> list[tuple[str, int]]:
    """Return content of this folder that no incident at work needs: name, length; what was stored first is first."""
    needed = exists(
        select(media_manifest.c.sha256)
        .join(alert, alert.c.alert_id == media_manifest.c.alert_id)
        .join(incident, incident.c.incident_id == alert.c.incident_id)
        .where(
            media_manifest.c.sha256 == media_content.c.sha256,
            incident.c.state.not_in([state.value for state in sorted(_FINISHED)]),
        )
    )
    query = (
        select(media_content.c.sha256, media_content.c.size_bytes)
        .where(media_content.c.folder == folder, media_content.c.state == ContentState.STORED.value, ~needed)
        .order_by(media_content.c.stored_us)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


# --- for the writer -----------------------------------------------------------------------------------------


def insert_manifests(connection: Connection, found: Sequence[Manifest]) -> None:
    """Add announcements; what is known already stays as it is."""
    if not found:
        return
    known = {(row[0], row[1]) for row in _KNOWN.run(connection, [one.alert_id for one in found])}
    fresh = {(one.alert_id, one.sha256): one for one in reversed(found)}
    _INSERT_MANIFEST.run(connection, [_manifest_row(one) for key, one in fresh.items() if key not in known])


def keep(connection: Connection, kept: Content) -> bool:
    """Note that content is in the folder; False when that was known."""
    before = content(connection, kept.sha256)
    values = {
        "media_type": kept.media_type,
        "size_bytes": kept.size_bytes,
        "state": ContentState.STORED.value,
        "folder": kept.folder,
        "node": kept.node,
        "stored_us": kept.stored_us,
        "deleted_us": None,
        "reason": "",
    }
    if before is None:
        connection.execute(insert(media_content).values(sha256=kept.sha256, **values))
        return True
    if before.state is ContentState.STORED:
        return False
    connection.execute(update(media_content).where(media_content.c.sha256 == kept.sha256).values(**values))
    return True


def drop(connection: Connection, sha256s: Sequence[str], *, reason: str, now_us: int) -> int:
    """Note that contents are to leave the folder; returns how many were there."""
    gone = 0
    for sha256 in sha256s:
        gone += connection.execute(
            update(media_content)
            .where(media_content.c.sha256 == sha256, media_content.c.state == ContentState.STORED.value)
            .values(state=ContentState.DELETED.value, deleted_us=now_us, reason=reason)
        ).rowcount
    return gone


def _manifest_row(one: Manifest) -> tuple[Any, ...]:
    return (
        one.alert_id,
        one.sha256,
        one.log_id,
        one.node,
        one.media_type,
        one.size_bytes,
        one.started_us,
        one.duration_ms,
        one.masked,
    )


def _content(row: Any) -> Content:
    return Content(
        sha256=row[0],
        media_type=row[1],
        size_bytes=row[2],
        state=ContentState(row[3]),
        folder=row[4],
        node=NodeName(row[5]),
        stored_us=row[6],
        deleted_us=row[7] or 0,
        reason=row[8],
    )
