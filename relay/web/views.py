"""From the store's values to the shapes of the API: pure, one function per shape."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from patrol_wire.media import CLIP_TYPE, VOICE_TYPE
from patrol_wire.messages import LedgerEntry
from relay.core.alerts import Alert
from relay.core.channels import Job
from relay.core.dispatches import Dispatch
from relay.core.incidents import Incident
from relay.store.channel_jobs import AttemptRow
from relay.store.incidents import HistoryRow
from relay.store.media import AlertMedia
from relay.store.notifications import NotificationRow
from relay.store.rooms import RoomRow
from relay.store.units import UnitRow
from relay.web.naming import Names
from relay.web.shapes import (
    AlertShape,
    DispatchShape,
    IncidentShape,
    MediaShape,
    PlaceShape,
    TimelineEntry,
    utc,
    utc_or_none,
)
from relay.web.site_shapes import RoomShape, UnitShape


def dispatch_shape(value: Dispatch, names: Names) -> DispatchShape:
    """Return a dispatch."""
    return DispatchShape(
        dispatch_id=value.dispatch_id,
        incident_id=value.incident_id,
        unit_id=value.unit_id,
        unit=names.unit(value.unit_id),
        state=value.state,
        revision=value.revision,
        level=value.level,
        reason=value.reason,
        offered_at=utc(value.offered_us),
        answer_by=utc(value.answer_by_us),
        accepted_at=utc_or_none(value.accepted_us),
        en_route_at=utc_or_none(value.en_route_us),
        on_scene_at=utc_or_none(value.on_scene_us),
        cleared_at=utc_or_none(value.cleared_us),
        ended_at=utc_or_none(value.ended_us),
        outcome=value.outcome,
        note=value.note,
    )


def incident_shape(value: Incident, dispatches: Iterable[Dispatch], *, flagged: bool, names: Names) -> IncidentShape:
    """Return an incident with its dispatches."""
    return IncidentShape(
        incident_id=value.incident_id,
        state=value.state,
        revision=value.revision,
        category=value.category,
        category_title=names.category(value.category),
        severity=value.severity,
        source="flag" if flagged else "machine",
        verified=value.verified,
        direct=value.direct,
        area_id=value.area_id,
        area=names.area(value.area_id),
        town=names.town_of(value.area_id),
        place=PlaceShape(lon=value.lon, lat=value.lat),
        node=value.node,
        room=names.room(value.node),
        camera=value.camera,
        month=value.month,
        first_alert_at=utc(value.first_alert_us),
        last_alert_at=utc(value.last_alert_us),
        opened_at=utc(value.opened_us),
        updated_at=utc(value.updated_us),
        notify_until=utc(value.notify_until_us),
        alert_count=value.alert_count,
        live_alerts=value.live_alerts,
        counted=value.counted,
        outcome=value.outcome,
        owner=value.owner,
        escalation_level=value.escalation_level,
        merged_into=value.merged_into,
        basis=value.basis,
        area_given=value.area_given,
        dispatches=tuple(dispatch_shape(dispatch, names) for dispatch in dispatches),
    )


def media_shape(value: AlertMedia) -> MediaShape:
    """Return a snapshot, clip or voice note."""
    return MediaShape(
        sha256=value.sha256,
        kind=_kind_of(value.media_type),
        media_type=value.media_type,
        size_bytes=value.size_bytes,
        started_at=utc(value.started_us),
        duration_ms=value.duration_ms,
        masked=value.masked,
        state=value.state.value if value.state is not None else "in_room",
    )


def _kind_of(media_type: str) -> Literal["snapshot", "clip", "voice"]:
    if media_type == CLIP_TYPE:
        return "clip"
    return "voice" if media_type == VOICE_TYPE else "snapshot"


def alert_shape(value: Alert, media: Iterable[AlertMedia] = ()) -> AlertShape:
    """Return an alert with its media."""
    return AlertShape(
        alert_id=value.alert_id,
        source=value.source.value,
        node=value.node,
        camera=value.camera,
        rule=value.rule,
        category=value.category,
        severity=value.severity,
        verified=value.verified,
        label=value.label,
        raised_at=utc(value.raised_us),
        started_at=utc(value.started_us),
        ended_at=utc_or_none(value.ended_us),
        judgement=value.judgement.value if value.judgement is not None else None,
        note=value.note,
        snapshot=value.snapshot,
        clip=value.clip,
        twin_of=value.twin_of,
        media=tuple(media_shape(one) for one in media),
    )


def timeline(
    history: Iterable[HistoryRow],
    alerts: Iterable[Alert],
    told: Iterable[NotificationRow],
    sends: Mapping[int, tuple[Job, Sequence[AttemptRow]]],
    counts: Iterable[LedgerEntry],
) -> tuple[TimelineEntry, ...]:
    """Return one line for each thing that happened, in order of time; what happened at once keeps this order."""
    entries = [
        *(_of_alert(value) for value in alerts),
        *(_of_history(row) for row in history),
        *(_of_notification(row, sends.get(row.notification_id)) for row in told),
        *(_of_count(line) for line in counts),
    ]
    return tuple(sorted(entries, key=lambda entry: entry.at))


def _of_history(row: HistoryRow) -> TimelineEntry:
    return TimelineEntry(
        at=utc(row.at_us),
        kind="history",
        change=row.change,
        actor=row.actor,
        text=row.reason,
        detail=json.loads(row.detail),
    )


def _of_alert(value: Alert) -> TimelineEntry:
    return TimelineEntry(
        at=utc(value.started_us),
        kind="alert",
        change=value.source.value,
        actor=value.node,
        text=value.note,
        detail={"camera": value.camera, "rule": value.rule, "label": value.label, "alert_id": value.alert_id},
    )


def _of_notification(row: NotificationRow, send: tuple[Job, Sequence[AttemptRow]] | None) -> TimelineEntry:
    return TimelineEntry(
        at=utc(row.planned_us),
        kind="notification",
        change=row.state.value,
        actor=row.recipient,
        text=row.reason,
        detail={
            "channel": row.channel.value,
            "sent_at": _text(row.sent_us),
            "delivered_at": _text(row.delivered_us),
            "seen_at": _text(row.seen_us),
            **(_send_detail(*send) if send is not None else {}),
        },
    )


def _send_detail(job: Job, attempts: Sequence[AttemptRow]) -> dict[str, object]:
    return {
        "notification_id": job.notification_id,
        "receiver": job.receiver,
        "occasion": job.occasion.value,
        "due_at": _text(job.due_us),
        "came_to": job.came_to,
        "attempts": [
            {
                "number": attempt.number,
                "began_at": _text(attempt.began_us),
                "ended_at": _text(attempt.ended_us),
                "verdict": attempt.verdict or "under_way",
                "reason": attempt.reason,
                "receipt": attempt.receipt,
            }
            for attempt in attempts
        ],
    }


def _of_count(line: LedgerEntry) -> TimelineEntry:
    return TimelineEntry(
        at=utc(line.recorded_at),
        kind="count",
        change=line.measure.value,
        actor="relay",
        text=line.reason,
        detail={"count": line.count, "area": line.area, "category": line.category, "month": line.month},
    )


def _text(at_us: int | None) -> str | None:
    return utc(at_us).isoformat() if at_us is not None else None


def room_shape(row: RoomRow, names: Names) -> RoomShape:
    """Return a room."""
    return RoomShape(
        node=row.node,
        title=names.room(row.node),
        tier=row.tier,
        town_id=row.town_id,
        area_id=row.area_id,
        place=PlaceShape(lon=row.lon, lat=row.lat),
        presence=row.presence,
        last_seen_at=utc_or_none(row.last_seen_us),
    )


def unit_shape(row: UnitRow, names: Names) -> UnitShape:
    """Return a unit."""
    now = row.now
    return UnitShape(
        unit_id=row.unit_id,
        title=names.unit(row.unit_id),
        force=row.force,
        town_id=row.town_id,
        beat_id=row.beat_id,
        on_duty=now.on_duty,
        activity=now.activity,
        dispatch_id=now.dispatch_id,
        place=PlaceShape(lon=now.lon, lat=now.lat) if now.lon is not None and now.lat is not None else None,
        fix_at=utc_or_none(now.fix_us),
        accuracy_m=now.accuracy_m,
        last_seen_at=utc_or_none(now.last_seen_us),
    )
