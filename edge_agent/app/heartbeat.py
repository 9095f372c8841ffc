"""What the room tells about itself without being asked: camera and room health, test alerts, the daily attestation.

One thread; also drives the watch over health (``health_watch``) and lets go of evidence that the relay has. Nothing
here may disturb alerts: a report that cannot be stored is counted and forgotten.
"""

import queue
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.health_watch import HealthWatch
from edge_agent.capture.camera_thread import LinkChange
from edge_agent.core.camera_link import LinkState
from edge_agent.core.retention import forget_before
from edge_agent.evidence.store import MediaStore
from edge_agent.ops.clock import Clock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.errors import OutboxError
from edge_agent.outbox.store import Outbox
from patrol_wire.codec import decode_record
from patrol_wire.ids import Stream
from patrol_wire.records import CameraHealth, MediaManifest, RecordBody, RoomHealth, TestAlert
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7

log = structlog.get_logger(__name__)

_LOOK_S: Final = 1.0
_HEALTH_EVERY_S: Final = 60.0
_ATTEST_AGAIN_S: Final = 60.0
"""A full outbox refused the attestation: the day stays open, and it is tried again."""
_RELEASE_EVERY_S: Final = 60.0
"""Reads every manifest the relay has not acknowledged, which may be many after a long outage."""
_QUEUE_LENGTH: Final = 1_024
_PIN_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatPlan:
    """What to tell, and how often."""

    test_alert_every_s: float
    """0 sends none."""
    time_zone: ZoneInfo
    agent_version: str
    free_bytes: Callable[[], int]
    clock_offset_s: Callable[[], float | None]
    """This room's clock less the relay's; None when that is not known."""
    evidence_max_age_s: float
    """0 keeps evidence for as long as there is room."""
    holds_evidence: bool
    """Evidence is kept until the relay has it; false in a room without a relay."""
    relay_takes_media: Callable[[], bool | None]
    """Whether the relay takes media; None before it has said so."""


class Heartbeat:
    """The heartbeat thread of the room."""

    def __init__(
        self,
        plan: HeartbeatPlan,
        *,
        cameras: Mapping[str, CameraWorker],
        outbox: Outbox,
        media: MediaStore,
        health: HealthWatch,
        clock: Clock,
        metrics: RoomMetrics,
    ) -> None:
        self._plan = plan
        self._cameras = cameras
        self._outbox = outbox
        self._media = media
        self._health = health
        self._clock = clock
        self._metrics = metrics
        self._changes: queue.Queue[LinkChange] = queue.Queue(_QUEUE_LENGTH)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._due_s: dict[str, float] = {}
        self._day = ""
        """The day the outbox was told; the first look opens one, or attests the one an earlier agent left open."""
        self._camera_seconds = 0.0
        self._looked_s = clock.instant()
        self.rounds = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; within a second."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=1.0)

    def camera_changed(self, change: LinkChange) -> None:
        """Take a camera's change of state; called in the camera's thread, returns at once (policy: drop, counted)."""
        try:
            self._changes.put_nowait(change)
        except queue.Full:
            self._metrics.lost.labels("camera_health", "queue_full").inc()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            self.rounds += 1
            try:
                self._look()
            except Exception:  # supervisor: a report that cannot be made must not end all reports
                self._metrics.faults.labels("heartbeat").inc()
                log.exception("heartbeat_failed")

    def _look(self) -> None:
        self._tell_camera_changes()
        streaming = sum(one.thread.figures.state is LinkState.STREAMING for one in self._cameras.values())
        now_s = self._clock.instant()
        self._camera_seconds += streaming * (now_s - self._looked_s)
        self._looked_s = now_s
        today = day_of(self._clock.now_us(), self._plan.time_zone)
        if today != self._day and self._is_due("attest", _ATTEST_AGAIN_S):
            self._attest(today)
        if self._is_due("health", _HEALTH_EVERY_S):
            self._tell(self._room_health(streaming))
        if self._plan.test_alert_every_s > 0 and self._is_due("test_alert", self._plan.test_alert_every_s):
            now_us = self._clock.now_us()
            self._tell(TestAlert(alert_id=uuid7(now_us, secrets.token_bytes(RANDOM_BYTES)), raised_at=now_us))
        if self._is_due("release", _RELEASE_EVERY_S):
            self._release()
        self._health.look()

    def _is_due(self, what: str, every_s: float) -> bool:
        now_s = self._clock.instant()
        if now_s < self._due_s.get(what, float("-inf")):
            return False
        self._due_s[what] = now_s + every_s
        return True

    def _tell_camera_changes(self) -> None:
        while True:
            try:
                change = self._changes.get_nowait()
            except queue.Empty:
                return
            reason = change.reason[:500]
            self._tell(CameraHealth(camera=change.camera, state=change.state.value, since=change.at_us, reason=reason))

    def _room_health(self, streaming: int) -> RoomHealth:
        depth, now_us = self._outbox.depth(), self._clock.now_us()
        oldest_at = min(depth.oldest_at.values(), default=now_us)
        return RoomHealth(
            at=now_us,
            cameras_streaming=streaming,
            cameras_total=len(self._cameras),
            outbox_pending=sum(depth.pending.values()),
            oldest_pending_s=max(0, (now_us - oldest_at) // 1_000_000),
            disk_free_bytes=self._plan.free_bytes(),
            clock_offset_ms=round((self._plan.clock_offset_s() or 0.0) * 1_000),
            agent_version=self._plan.agent_version,
        )

    def _attest(self, today: str) -> None:
        try:
            self._outbox.turn_day(today, camera_seconds=round(self._camera_seconds))
        except OutboxError as error:
            self._metrics.lost.labels("attestation", type(error).__name__).inc()
            log.warning("attestation_waits", day=self._day, reason=str(error))
            return
        self._day, self._camera_seconds = today, 0.0

    def _tell(self, body: RecordBody) -> None:
        try:
            self._outbox.put(body)
        except OutboxError as error:
            self._metrics.lost.labels("report", type(error).__name__).inc()
            log.warning("report_lost", kind=type(body).__name__, reason=str(error))

    def _release(self) -> None:
        """Say which evidence is still needed: what the relay does not have yet, or at least not its manifest."""
        pins: dict[str, set[str]] = {}
        if self._plan.holds_evidence:
            pins = needed_evidence(self._outbox, relay_takes_media=self._plan.relay_takes_media())
        self._media.restore_pins(pins)
        needed = {holder for holders in pins.values() for holder in holders}
        now_us = self._clock.now_us()
        for row in self._outbox.newest_alerts(_PIN_PAGE):
            # A clip comes up to minutes after its alert; its manifest pins it anew.
            if row.alert_id not in needed and now_us - row.stored_at > 300 * 1_000_000:
                self._media.release(row.alert_id)
        self._forget_old(now_us)

    def _forget_old(self, now_us: int) -> None:
        moment_us = forget_before(
            now_us=now_us,
            max_age_s=self._plan.evidence_max_age_s,
            clock_offset_s=self._plan.clock_offset_s(),
            stepped_s_ago=self._health.clock_stepped_s_ago,
        )
        forgotten = 0 if moment_us is None else self._media.forget_before(moment_us)
        if forgotten:
            self._metrics.forgotten.inc(forgotten)
            log.info("evidence_forgotten", files=forgotten, reason="older than max_age_days")


def needed_evidence(outbox: Outbox, *, relay_takes_media: bool | None) -> dict[str, set[str]]:
    """Return holders by hash for what may not be deleted.

    A relay that takes no media has all it will get once it has the manifest; as long as nobody knows whether it does,
    everything is kept.
    """
    pins = unacknowledged_evidence(outbox)
    if relay_takes_media is not False:
        for sha256, holders in outbox.media_holders().items():
            pins.setdefault(sha256, set()).update(holders)
    return pins


def unacknowledged_evidence(outbox: Outbox) -> dict[str, set[str]]:
    """Return holders by hash for all manifests that the relay has not acknowledged."""
    (lane,) = (one for one in outbox.lanes() if one.stream is Stream.MEDIA)
    pins: dict[str, set[str]] = {}
    after = lane.stored
    while records := outbox.unsettled(Stream.MEDIA, after, _PIN_PAGE):
        for record in records:
            body = decode_record(record.body)
            if isinstance(body, MediaManifest):
                pins.setdefault(body.sha256, set()).add(body.alert_id)
        after = records[-1].seq
    return pins


def day_of(at_us: int, time_zone: ZoneInfo) -> str:
    """Return the ISO date of a moment in the city's time zone."""
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC).astimezone(time_zone).date().isoformat()
