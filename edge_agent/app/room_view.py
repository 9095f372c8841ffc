"""The running agent as its console sees it: implements ``console.room.Room`` over the parts of the agent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from edge_agent.app.alert_path import AlertPath
from edge_agent.app.analysis import Analysis
from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.health_watch import HealthWatch
from edge_agent.capture.ring_spool import RingSpool
from edge_agent.console.routes import utc
from edge_agent.console.shapes import (
    AlertShape,
    CameraShape,
    CountersShape,
    DetectorShape,
    DiskShape,
    Health,
    HealthAlertShape,
    LinkShape,
    MediaLaneShape,
    OutboxShape,
    PastShape,
    ProgressShape,
    RoomShape,
    StateShape,
    UnitStepShape,
)
from edge_agent.core.camera_link import LinkState as CameraState
from edge_agent.core.ladder import rung_of
from edge_agent.core.media_items import MediaState
from edge_agent.core.outbox import RecordClass
from edge_agent.core.retention import kept_for_s
from edge_agent.evidence.store import MediaStore
from edge_agent.link.media_link import MediaLinkState
from edge_agent.link.relay_link import LinkState
from edge_agent.ops.clock import Clock
from edge_agent.outbox.store import Outbox
from edge_agent.outbox.values import AlertRow, OutboxDepth
from edge_agent.settings.model import AgentSettings
from patrol_wire.codec import decode_record
from patrol_wire.messages import Progress
from patrol_wire.records import Alert, Flag

_SHOWN_ALERTS: Final = 50
_SHOWN_FLAGS: Final = 20
"""At least: an operator sees what came of a flag however many machine alerts came since."""
_ALERT_CLASSES: Final = (RecordClass.CRITICAL, RecordClass.HIGH, RecordClass.NORMAL, RecordClass.LOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomParts:
    """The parts of the agent that the console shows."""

    settings: AgentSettings
    cameras: Mapping[str, CameraWorker]
    analysis: Analysis
    alerts: AlertPath
    outbox: Outbox
    media: MediaStore
    spool: RingSpool | None
    health: HealthWatch
    link_state: Callable[[], LinkState]
    media_state: Callable[[], MediaLinkState]
    stalled: Callable[[], tuple[str, ...]]
    """Parts that do not move, as of the watchdog's last look."""
    clock: Clock
    agent_version: str
    started_us: int
    drawings: Callable[[], int] = lambda: 0
    """How often what is drawn on a picture has changed since the start."""


class RoomView:
    """See ``console.room.Room``; reads, and hands a flag's picture on."""

    def __init__(self, parts: RoomParts) -> None:
        self._parts = parts

    def state(self) -> StateShape:
        """Return everything the room knows about itself now."""
        parts = self._parts
        depth, now_us = parts.outbox.depth(), parts.clock.now_us()
        settings = parts.settings
        return StateShape(
            room=RoomShape(
                name=settings.room.name,
                tier=settings.room.tier.value,
                place=settings.room.place,
                time_zone=settings.room.time_zone,
                agent_version=parts.agent_version,
                started_at=utc(parts.started_us),
                now=utc(now_us),
                clock_offset_s=parts.link_state().clock_offset_s,
            ),
            cameras=[self._camera(camera) for camera in parts.cameras.values()],
            detector=self._detector(),
            outbox=OutboxShape(
                pending={stream.value: count for stream, count in depth.pending.items()},
                oldest_age_s={stream.value: max(0.0, (now_us - at) / 1e6) for stream, at in depth.oldest_at.items()},
                body_bytes=depth.body_bytes,
                fault=depth.fault,
            ),
            link=self._link(),
            media=self._media(depth),
            disk=self._disk(now_us),
            readiness=self.readiness(),
            past=self._past(),
            health=self._health_of(None),
            counters=self._counters(depth),
            drawings=parts.drawings(),
            alerts=[alert_shape(row) for row in parts.outbox.newest_alerts(_SHOWN_ALERTS, flags=_SHOWN_FLAGS)],
        )

    def health(self) -> Health:
        """Return whether every part that must move has moved lately."""
        reasons = [f"{part} has not moved for a while" for part in self._parts.stalled()]
        return Health(ok=not reasons, reasons=reasons)

    def readiness(self) -> Health:
        """Return whether the room does its whole work."""
        reasons = self.health().reasons
        fault = self._parts.outbox.depth().fault
        if fault:
            reasons.append(f"the outbox cannot be written: {fault}")
        if not any(one.thread.figures.state is CameraState.STREAMING for one in self._parts.cameras.values()):
            reasons.append("no camera is streaming")
        return Health(ok=not reasons, reasons=reasons)

    def has_camera(self, name: str) -> bool:
        """Tell whether the room has this camera."""
        return name in self._parts.cameras

    def flag_stored(self, alert_id: str, camera: str, look_back_s: int) -> None:
        """Begin to secure picture and clip of a flag that is already durable."""
        self._parts.alerts.flag_pressed(alert_id, self._parts.cameras[camera], look_back_s)

    def snapshot(self, alert_id: str) -> Path | None:
        """Return the file of an alert's JPEG, None while there is none."""
        row = self._parts.outbox.find_alert(alert_id)
        return None if row is None else self._kept(row.snapshot)

    def voice(self, alert_id: str) -> Path | None:
        """Return the file of a flag's voice note, None while there is none."""
        row = self._parts.outbox.find_alert(alert_id)
        return None if row is None else self._kept(row.voice)

    def _kept(self, sha256: str | None) -> Path | None:
        found = None if sha256 is None else self._parts.media.find(sha256)
        return found.path if found is not None and found.path.is_file() else None

    def _detector(self) -> DetectorShape:
        settings, analysis = self._parts.settings.detector, self._parts.analysis
        book, figures = analysis.book, analysis.figures
        return DetectorShape(
            kind=settings.kind,
            model=settings.model if settings.kind == "onnx" else "",
            picture_ms=round(analysis.picture_ms, 2),
            faults=sum(camera.faults for camera in self._parts.cameras.values()),
            state=book.state.value,
            reason=book.reason or figures.detector_fault,
            restarts=book.restarts,
            load=figures.load.value,
            load_reason=figures.load_reason,
            look_ms=figures.look_ms,
            looks=figures.looks,
            looks_shed=figures.shed,
            chosen=analysis.model_report,
            detectors=figures.detectors,
            detector_restarts=figures.detector_restarts,
        )

    def _health_of(self, camera: str | None) -> list[HealthAlertShape]:
        return [
            HealthAlertShape(
                alert_id=alert.alert_id,
                condition=alert.condition,
                severity=alert.severity,
                since=utc(alert.raised_at),
                reason=alert.reason,
            )
            for alert in self._parts.health.open_alerts
            if alert.camera == camera
        ]

    def _camera(self, camera: CameraWorker) -> CameraShape:
        figures = camera.thread.figures
        main = None if camera.main is camera.thread else camera.main.figures
        return CameraShape(
            name=camera.name,
            title=camera.settings.title,
            state=figures.state.value,
            reason=figures.reason,
            fps=round(figures.fps, 2),
            age_s=None if figures.age_s is None else round(figures.age_s, 3),
            width=figures.width,
            height=figures.height,
            analysed=camera.analysed,
            skipped=self._parts.analysis.slots.replaced(camera.name),
            reconnects=figures.reconnects,
            packets=figures.packets,
            corrupt=figures.corrupt,
            decodes=figures.mode,
            left_out=figures.left_out,
            main_state="" if main is None else main.state.value,
            main_reason="" if main is None else main.reason,
            health=self._health_of(camera.name),
            failure="" if figures.failure is None else figures.failure.kind.value,
        )

    def _link(self) -> LinkShape:
        state = self._parts.link_state()
        return LinkShape(
            state=state.phase,
            endpoint=state.endpoint,
            reason=state.reason,
            since=utc(state.since_us),
            sessions=state.sessions,
            round_trip_ms=state.round_trip_ms,
            alarms=list(state.alarms),
        )

    def _media(self, depth: OutboxDepth) -> MediaLaneShape:
        state, waiting = self._parts.media_state(), self._parts.outbox.media_depth()
        oldest_s = 0.0 if waiting.oldest_at is None else (self._parts.clock.now_us() - waiting.oldest_at) / 1e6
        return MediaLaneShape(
            state=state.phase,
            endpoint=state.endpoint,
            reason=state.reason,
            since=utc(state.since_us),
            held=state.held,
            waiting_snapshots=waiting.snapshots,
            waiting_clips=waiting.clips,
            waiting_bytes=waiting.waiting_bytes,
            oldest_age_s=max(0.0, oldest_s),
            sent_bytes=state.bytes_sent,
            settled={
                one.value: depth.tally.get(f"media_{one.value}", 0)
                for one in MediaState
                if one is not MediaState.WAITING
            },
        )

    def _disk(self, now_us: int) -> DiskShape | None:
        disk = self._parts.health.disk
        if disk is None:
            return None
        cameras = self._parts.cameras.values()
        spans = [camera.main.ring.span_s for camera in cameras]
        oldest_age_s = None if disk.oldest_at is None else max(0.0, now_us / 1e6 - disk.oldest_at)
        return DiskShape(
            free_bytes=disk.free_bytes,
            is_read_only=disk.is_read_only,
            reserve_bytes=disk.reserve_bytes,
            kept_bytes=disk.kept_bytes,
            limit_bytes=disk.limit_bytes,
            pinned_bytes=disk.pinned_bytes,
            oldest_age_s=oldest_age_s,
            kept_for_s=kept_for_s(
                kept_bytes=disk.kept_bytes,
                limit_bytes=disk.limit_bytes,
                spare_bytes=disk.limit_bytes if disk.free_bytes is None else disk.free_bytes - disk.reserve_bytes,
                oldest_age_s=oldest_age_s,
                max_age_s=self._parts.settings.evidence.max_age_days * 86_400.0,
            ),
            refusal=disk.refusal,
            ring_s=round(min((0.0 if span is None else span[1] - span[0] for span in spans), default=0.0), 1),
        )

    def _past(self) -> PastShape:
        spool = self._parts.spool
        figures = None if spool is None else spool.figures
        kept = [camera.ring_bytes for camera in self._parts.cameras.values()]
        return PastShape(
            memory_bytes=sum(one[0] for one in kept),
            disk_bytes=sum(one[1] for one in kept),
            reason="" if figures is None else figures.reason,
            kept_in_memory={} if figures is None else figures.kept,
        )

    def _counters(self, depth: OutboxDepth) -> CountersShape:
        tally = depth.tally
        refused = sum(tally.get(f"refused_{one.value}", 0) for one in _ALERT_CLASSES)
        stored = tally.get("stored", 0)
        return CountersShape(
            raised=stored + refused + self._parts.alerts.lost,
            stored=stored,
            acknowledged=tally.get("acknowledged", 0),
            refused=refused,
            dead_letters=tally.get("dead_letters", 0),
        )


def progress_shape(told: Progress) -> ProgressShape:
    """Return what became of an alert as the API shows it."""
    return ProgressShape(
        incident_id=told.incident_id,
        incident_state=told.incident_state,
        outcome=None if told.outcome is None else told.outcome.value,
        at=utc(told.at),
        units=[UnitStepShape(unit=one.unit, state=one.state, at=utc(one.at)) for one in told.units],
    )


def alert_shape(row: AlertRow) -> AlertShape:
    """Return a kept alert or flag as the API shows it."""
    body = decode_record(row.body)
    source: Literal["machine", "flag"] = "machine"
    rule, label, zone, camera = "", "", "", None
    raised_us, box, note, place = row.stored_at, None, row.note, None
    if isinstance(body, Alert):
        rule, label, zone, camera, raised_us = body.rule, body.label, body.zone, body.camera, body.raised_at
        box = body.box
    elif isinstance(body, Flag):
        source, camera, raised_us = "flag", body.camera, body.flagged_at
        note = row.note or body.note
    if isinstance(body, Alert | Flag) and body.place is not None:
        place = (body.place.lon, body.place.lat)
    return AlertShape(
        alert_id=row.alert_id,
        source=source,
        camera=camera,
        rule=rule,
        category=row.category,
        severity=row.severity,
        label=label,
        zone=zone,
        raised_at=utc(raised_us),
        ended_at=None if row.ended_at is None else utc(row.ended_at),
        standing=row.standing,
        operator=row.operator,
        reason=row.reason,
        acknowledged=row.acknowledged,
        rung=rung_of(acknowledged=row.acknowledged, progress=row.progress).value,
        progress=None if row.progress is None else progress_shape(row.progress),
        has_snapshot=row.snapshot is not None,
        has_clip=row.clip is not None,
        note=note,
        voice_ms=0 if row.voice is None else max(1, row.voice_ms),
        place=place,
        box=box,
    )
