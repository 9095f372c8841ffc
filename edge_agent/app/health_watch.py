"""The watch over the health of cameras and room: gathers the facts, tells people when something begins and ends.

Owns the open health alerts and the way of their records into the outbox. Called by one thread about once a second; what
is open may be read by any. An alert that cannot be stored now (the disk may be what is wrong) is kept and tried again,
in order; so each is told once, also over a restart.
"""

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from msgspec.structs import replace

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.core.camera_health import CAMERA_CONDITIONS, ROOM_CONDITIONS, HealthCondition, HealthPatience
from edge_agent.core.health_book import HealthBook, HealthCleared, HealthRaised, Sightings
from edge_agent.core.health_signs import CameraFacts, RoomFacts, camera_sightings, room_sightings
from edge_agent.evidence.store import MediaStore, StoreSpace
from edge_agent.link.relay_link import LinkState
from edge_agent.ops.clock import Clock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.errors import OutboxError
from edge_agent.outbox.store import Outbox
from edge_agent.settings.model import AgentSettings, CameraSettings
from patrol_wire.records import HealthAlert
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7

log = structlog.get_logger(__name__)

_DISK_EVERY_S: Final = 5.0
"""Adding up what is pinned takes 10 ms after a long outage."""
_STEP_S: Final = 0.5
"""The wall clock may gain or lose so much against the monotonic one between two looks before it was set."""
_LONGEST_REASON: Final = 500
"""Characters; patrol_wire.limits.Sentence."""
_WAITING: Final = 1_000
"""Records that wait for the disk; over that the oldest are lost and counted."""


@dataclass(slots=True)
class _RoomClock:
    """Notices when this machine's wall clock is set."""

    offset_us: int | None = None
    step_s: float | None = None
    stepped_at_s: float | None = None

    def look(self, now_us: int, at_s: float) -> None:
        offset_us = now_us - round(at_s * 1e6)
        if self.offset_us is not None and abs(offset_us - self.offset_us) > _STEP_S * 1e6:
            self.step_s, self.stepped_at_s = (offset_us - self.offset_us) / 1e6, at_s
        self.offset_us = offset_us


class HealthWatch:
    """The health of one room."""

    def __init__(
        self,
        settings: AgentSettings,
        *,
        cameras: Mapping[str, CameraWorker],
        outbox: Outbox,
        media: MediaStore,
        link_state: Callable[[], LinkState],
        disk_waits_s: Callable[[], float],
        clock: Clock,
        metrics: RoomMetrics,
    ) -> None:
        """Take up what was open before a restart; ``cameras`` may be filled until the first look."""
        self._health = settings.health
        self._rules = settings.health.rules
        self._cameras = cameras
        self._outbox = outbox
        self._media = media
        self._link_state = link_state
        self._disk_waits_s = disk_waits_s
        self._clock = clock
        self._metrics = metrics
        self._books: dict[str | None, HealthBook] = {
            camera.name: HealthBook(self._patience_of(camera)) for camera in settings.cameras
        }
        self._books[None] = HealthBook(self._patience(ROOM_CONDITIONS))
        self._open: dict[tuple[str | None, HealthCondition], HealthAlert] = {}
        self._waiting: deque[HealthAlert] = deque()
        self._is_refused = False
        self._room_clock = _RoomClock()
        self._disk: StoreSpace | None = None
        self._disk_due_s = float("-inf")
        self.open_alerts: tuple[HealthAlert, ...] = ()
        """What people have been told and what still holds, the oldest first; replaced as a whole."""
        self._take_up()

    def look(self) -> None:
        """Look at everything once and tell what changed."""
        at_s = self._clock.instant()
        for name, camera in self._cameras.items():
            self._look_at(name, camera_sightings(_camera_facts(camera)), at_s)
        self._look_at(None, room_sightings(self._room_facts(at_s)), at_s)
        self._store()

    @property
    def disk(self) -> StoreSpace | None:
        """What the disk of the evidence had at the last look; None before the first."""
        return self._disk

    @property
    def clock_stepped_s_ago(self) -> float | None:
        """How long ago this machine's wall clock was set; None when it was not since the start."""
        stepped_at_s = self._room_clock.stepped_at_s
        return None if stepped_at_s is None else self._clock.instant() - stepped_at_s

    def open_count(self, condition: HealthCondition) -> int:
        """Return how many cameras (or the room) have this condition now."""
        return sum(alert.condition == condition for alert in self.open_alerts)

    # --- what is watched ------------------------------------------------------------------------------------------

    def _patience_of(self, camera: CameraSettings) -> dict[HealthCondition, HealthPatience]:
        return self._patience(CAMERA_CONDITIONS - set(camera.health_off))

    def _patience(self, conditions: frozenset[HealthCondition]) -> dict[HealthCondition, HealthPatience]:
        return {
            condition: HealthPatience(after_s=rule.after_s, clear_after_s=rule.clear_after_s)
            for condition, rule in self._rules.items()
            if condition in conditions and rule.enabled
        }

    def _room_facts(self, at_s: float) -> RoomFacts:
        now_us = self._clock.now_us()
        self._room_clock.look(now_us, at_s)
        if self._disk is None or at_s >= self._disk_due_s:
            self._disk, self._disk_due_s = self._media.space(), at_s + _DISK_EVERY_S
        disk, stepped_at_s = self._disk, self._room_clock.stepped_at_s
        return RoomFacts(
            free_bytes=disk.free_bytes,
            least_free_bytes=self._health.evidence_disk_low.least_free_mib << 20,
            pinned_bytes=disk.pinned_bytes,
            limit_bytes=disk.limit_bytes,
            is_read_only=disk.is_read_only,
            refusal=disk.refusal,
            disk_waits_s=self._disk_waits_s(),
            clock_offset_s=self._link_state().clock_offset_s,
            most_offset_s=self._health.clock_drift.most_offset_s,
            step_s=self._room_clock.step_s,
            step_age_s=None if stepped_at_s is None else at_s - stepped_at_s,
        )

    # --- telling --------------------------------------------------------------------------------------------------

    def _take_up(self) -> None:
        """Go on with the alerts from before a restart; end those that nobody watches any more."""
        for alert in self._outbox.held_health_alerts():
            condition = next((one for one in HealthCondition if one == alert.condition), None)
            book = self._books.get(alert.camera)
            if book is None:
                self._end(alert, "the camera is no longer in the settings")
            elif condition is None or (alert.camera, condition) in self._open or not book.restore(condition):
                self._end(alert, "it is no longer watched")
            else:
                self._open[alert.camera, condition] = alert
        self._publish()

    def _look_at(self, camera: str | None, sightings: Sightings, at_s: float) -> None:
        changes = self._books[camera].look(sightings, at_s)
        for change in changes:
            match change:
                case HealthRaised():
                    self._open[camera, change.condition] = self._begin(camera, change)
                case HealthCleared():
                    self._end(self._open.pop((camera, change.condition)), change.reason)
        if changes:
            self._publish()

    def _begin(self, camera: str | None, raised: HealthRaised) -> HealthAlert:
        now_us, rule = self._clock.now_us(), self._rules[raised.condition]
        alert = HealthAlert(
            alert_id=uuid7(now_us, secrets.token_bytes(RANDOM_BYTES)),
            camera=camera,
            condition=raised.condition.value,
            severity=rule.severity,
            raised_at=now_us,
            reason=raised.reason[:_LONGEST_REASON],
        )
        log.warning(
            "health_alert_raised",
            camera=camera,
            condition=alert.condition,
            severity=rule.severity.value,
            reason=alert.reason,
        )
        self._metrics.health_alerts.labels(alert.condition).inc()
        self._wait(alert)
        return alert

    def _end(self, alert: HealthAlert, reason: str) -> None:
        now_us = self._clock.now_us()
        # A clock that was set back may be what the alert was about; cleared_at 0 would mean that it holds.
        self._wait(replace(alert, cleared_at=max(1, now_us), reason=reason[:_LONGEST_REASON]))
        log.info(
            "health_alert_cleared",
            camera=alert.camera,
            condition=alert.condition,
            held_s=round((now_us - alert.raised_at) / 1e6),
            reason=reason,
        )

    def _publish(self) -> None:
        self.open_alerts = tuple(sorted(self._open.values(), key=lambda alert: alert.raised_at))

    def _wait(self, alert: HealthAlert) -> None:
        self._waiting.append(alert)
        if len(self._waiting) > _WAITING:
            self._waiting.popleft()
            self._metrics.lost.labels("health_alert", "queue_full").inc()

    def _store(self) -> None:
        """Hand what waits to the outbox, in order; what it does not take now waits for the next look."""
        while self._waiting:
            try:
                self._outbox.put(self._waiting[0])
            except OutboxError as error:
                if not self._is_refused:
                    log.warning("health_alert_not_stored", waiting=len(self._waiting), reason=str(error))
                self._is_refused = True
                return
            self._waiting.popleft()
            self._is_refused = False


def _camera_facts(camera: CameraWorker) -> CameraFacts:
    figures, source = camera.thread.figures, camera.thread.camera
    return CameraFacts(
        state=figures.state,
        reason=figures.reason,
        failure=figures.failure,
        is_connected=figures.is_connected,
        state_s=figures.state_s,
        frozen_after_s=0.0 if source.is_file else source.frozen_after_s,
        picture=camera.picture_conditions,
        gop_s=figures.gop_s,
        blind_time_s=source.blind_time_s,
        drift=None if source.is_file else figures.drift,  # a film that is opened again loses time; it has no clock
        jump_age_s=figures.jump_age_s,
    )
