"""The composition root of a room: makes every part, starts them in order, stops them in the opposite one.

Threads: one outbox, one link, one media link, two of the analysis, four alerts, one clips, one heartbeat, one console,
one that watches the cameras, one that writes down what was seen, one that writes the cameras' past to the disk, and one
for each stream that is read. Nothing else starts a thread; the analysis, its detectors and a what-if are processes. A
camera that is broken, or a picture that is, never disturbs another camera.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from edge_agent.app.alert_path import AlertPath
from edge_agent.app.analysis import Analysis
from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.clip_path import ClipPath
from edge_agent.app.console_server import ConsoleServer, bind_console
from edge_agent.app.drawing_parts import make_drawings
from edge_agent.app.drawn_room import RoomDrawings
from edge_agent.app.figures import watch_room
from edge_agent.app.health_watch import HealthWatch
from edge_agent.app.heartbeat import Heartbeat, HeartbeatPlan
from edge_agent.app.live_cameras import make_live_room
from edge_agent.app.prepared import Prepared, free_bytes
from edge_agent.app.room_view import RoomParts, RoomView
from edge_agent.app.seen_log import seen_log_of
from edge_agent.app.wall import map_of
from edge_agent.app.watch_parts import make_watch
from edge_agent.app.watchdog import ProgressWatch
from edge_agent.capture.camera_watch import CameraWatch
from edge_agent.capture.ring_spool import RingSpool
from edge_agent.console.app import make_console
from edge_agent.console.desk import OperatorDesk
from edge_agent.core.outbox import OutboxLimits
from edge_agent.evidence.errors import EvidenceError
from edge_agent.evidence.store import MediaStore
from edge_agent.link.key_ring import FILE_NAME as KEY_FILE
from edge_agent.link.key_ring import KeyRing
from edge_agent.link.media_link import MediaLink, MediaLinkState
from edge_agent.link.relay_link import LinkState, RelayLink
from edge_agent.ops.clock import Clock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.store import Outbox
from edge_agent.settings.model import AgentSettings

log = structlog.get_logger(__name__)

MIB: Final = 1024 * 1024
PORT_FILE: Final = "console.port"
MEDIA_FOLDER: Final = "media"
_CAMERAS_STOP_WITHIN_S: Final = 1.8


@dataclass(slots=True)
class _Stalls:
    """What the watchdog found last; written by the main thread, read by the console."""

    names: tuple[str, ...] = ()


class Agent:
    """One room. ``start`` once, ``look`` from the main thread about every second, ``stop`` once."""

    def __init__(self, prepared: Prepared, *, clock: Clock, version: str) -> None:
        """Open outbox, evidence and the console's port; raises one of ``prepared.START_ERRORS``."""
        settings = prepared.settings
        self._settings = settings
        self._clock = clock
        self._stalls = _Stalls()
        self._metrics = RoomMetrics()
        zone = ZoneInfo(settings.room.time_zone)
        listening = bind_console(settings.console)
        with ExitStack() as undo:
            undo.callback(listening.close)
            self.outbox, self._media = _open_stores(prepared, clock=clock, zone=zone)
            undo.pop_all()
        (settings.paths.state_dir / PORT_FILE).unlink(missing_ok=True)  # left behind by an agent that was killed
        self._ring: KeyRing | None = None
        """The relay's keys; None when the room has no relay."""
        self._link = self._make_link(prepared, version)
        self._media_link = self._make_media_link(prepared)
        self._clips = ClipPath(media=self._media, outbox=self.outbox, clock=clock, metrics=self._metrics)
        self._alerts = AlertPath(
            media=self._media, outbox=self.outbox, clips=self._clips, clock=clock, metrics=self._metrics
        )
        self._seen = seen_log_of(settings, clock=clock, metrics=self._metrics)
        self._analysis = Analysis(
            prepared.analysis,
            settings,
            clock=clock,
            metrics=self._metrics,
            take_changes=self._alerts.take,
            keep_seen=self._seen.keep,
        )
        self._camera_watch = CameraWatch(clock=clock)
        self._spool = _make_spool(settings, clock)
        self.cameras: dict[str, CameraWorker] = {}
        self._health = self._make_health()
        self._heartbeat = self._make_heartbeat(zone, version)
        for camera in settings.cameras:
            self.cameras[camera.name] = CameraWorker(
                camera,
                clock=clock,
                watch=self._camera_watch,
                take=self._analysis.take,
                on_link=self._heartbeat.camera_changed,
                store=self._spool,
            )
        self._live = make_live_room(self.cameras, media=self._media, clock=clock, metrics=self._metrics)
        self._drawn = RoomDrawings(
            settings, of_file=prepared.of_file, cameras=self.cameras, analysis=self._analysis, live=self._live
        )
        self._drawings = make_drawings(settings, room=self._drawn, seen=self._seen, clock=clock)
        self._console = self._make_console(prepared, listening, version)
        self._show_figures()
        self._watch = ProgressWatch(self._counters(), now_s=clock.instant())

    @property
    def console_port(self) -> int:
        """The port the console answers on."""
        return self._console.port

    @property
    def model_report(self) -> dict[str, object]:
        """What the model is and why it runs so; empty: motion alone."""
        return self._analysis.model_report

    @property
    def is_answering(self) -> bool:
        """Whether the console takes requests."""
        return self._console.is_answering

    def start(self) -> None:
        """Start every part; returns at once. The port goes into ``state_dir/console.port``."""
        if self._link is not None:
            self._link.start()
        if self._media_link is not None:
            self._media_link.start()
        if self._spool is not None:
            self._spool.start()
        self._clips.start()
        self._alerts.start()
        self._seen.start()
        self._analysis.start(self.cameras)
        self._heartbeat.start()
        self._console.start()
        for camera in self.cameras.values():
            camera.start()
        self._camera_watch.start()
        port_file = self._settings.paths.state_dir / PORT_FILE
        port_file.write_text(f"{self._console.port}\n", encoding="ascii")
        self._watch = ProgressWatch(self._counters(), now_s=self._clock.instant())

    def look(self) -> tuple[str, ...]:
        """Return the parts that do not move; called by the main thread, shown by the console."""
        stalled = self._watch.stalled(self._clock.instant())
        if stalled and stalled != self._stalls.names:
            log.error("parts_stalled", parts=list(stalled))
        elif self._stalls.names and not stalled:
            log.info("parts_moving_again", parts=list(self._stalls.names))
        self._stalls.names = stalled
        return stalled

    def stop(self) -> None:
        """Stop within two seconds; what is stored stays stored, what waits in memory is stored or counted."""
        # Cameras may hang in the network for as long as they are given, so they all stop at once, beside the rest.
        closing = [
            threading.Thread(target=camera.stop, name=f"stop-{camera.name}", daemon=True)
            for camera in self.cameras.values()
        ]
        deadline_s = self._clock.instant() + _CAMERAS_STOP_WITHIN_S
        for thread in closing:
            thread.start()
        self._camera_watch.stop()
        self._analysis.stop()
        self._alerts.stop()
        self._clips.stop()
        if self._spool is not None:
            self._spool.stop()
        self._heartbeat.stop()
        self._console.stop()
        self._drawings.what_ifs.stop()
        self._seen.stop()
        if self._media_link is not None:
            self._media_link.stop()
        if self._link is not None:
            self._link.stop()
        self.outbox.close()
        for thread in closing:
            thread.join(timeout=max(0.0, deadline_s - self._clock.instant()))
        with suppress(OSError):  # a disk that became read-only; the next start removes it
            (self._settings.paths.state_dir / PORT_FILE).unlink(missing_ok=True)

    # --- making ---------------------------------------------------------------------------------------------------

    def _make_health(self) -> HealthWatch:
        return HealthWatch(
            self._settings,
            cameras=self.cameras,
            outbox=self.outbox,
            media=self._media,
            link_state=self._link_state,
            disk_waits_s=lambda: self._alerts.waits_s,
            clock=self._clock,
            metrics=self._metrics,
        )

    def _make_link(self, prepared: Prepared, version: str) -> RelayLink | None:
        relay = prepared.settings.relay
        if relay is None or prepared.keys is None:
            return None
        self._ring = KeyRing(relay.public_key, prepared.settings.paths.state_dir / KEY_FILE)
        return RelayLink(
            self.outbox,
            keys=prepared.keys,
            endpoints=relay.endpoints,
            clock=self._clock,
            agent_version=version,
            ring=self._ring,
        )

    def _make_media_link(self, prepared: Prepared) -> MediaLink | None:
        if self._link is None or prepared.keys is None:
            return None
        return MediaLink(
            self.outbox,
            self._media,
            keys=prepared.keys,
            link_state=self._link_state,
            clock=self._clock,
            ring=self._ring,
        )

    def _relay_takes_media(self) -> bool | None:
        port = self._link_state().media_port
        return None if port is None else port > 0

    def _make_heartbeat(self, zone: ZoneInfo, version: str) -> Heartbeat:
        settings = self._settings
        plan = HeartbeatPlan(
            test_alert_every_s=settings.relay.test_alert_every_s if settings.relay is not None else 0.0,
            time_zone=zone,
            agent_version=version,
            free_bytes=lambda: free_bytes(settings.paths.state_dir),
            clock_offset_s=lambda: self._link_state().clock_offset_s,
            evidence_max_age_s=settings.evidence.max_age_days * 86_400.0,
            holds_evidence=settings.relay is not None,
            relay_takes_media=self._relay_takes_media,
        )
        return Heartbeat(
            plan,
            cameras=self.cameras,
            outbox=self.outbox,
            media=self._media,
            health=self._health,
            clock=self._clock,
            metrics=self._metrics,
        )

    def _make_console(self, prepared: Prepared, listening: socket.socket, version: str) -> ConsoleServer:
        settings = prepared.settings
        view = RoomView(
            RoomParts(
                settings=settings,
                cameras=self.cameras,
                analysis=self._analysis,
                alerts=self._alerts,
                outbox=self.outbox,
                media=self._media,
                spool=self._spool,
                health=self._health,
                link_state=self._link_state,
                media_state=self._media_state,
                stalled=lambda: self._stalls.names,
                clock=self._clock,
                agent_version=version,
                started_us=self._clock.now_us(),
                drawings=lambda: self._drawn.changes,
            )
        )
        app = make_console(
            view,
            OperatorDesk(self.outbox, media=self._media, clock=self._clock, room_place=settings.room.place),
            self._live,
            make_watch(settings, room=view, outbox=self.outbox, clock=self._clock),
            self._drawings,
            camera_places={camera.name: camera.place for camera in settings.cameras},
            wall=lambda: self._drawn.wall,
            city_map=map_of(settings, prepared.areas),
            registry=self._metrics.registry,
            token=prepared.token,
            version=version,
        )
        return ConsoleServer(app, listening)

    def _show_figures(self) -> None:
        watch_room(
            self._metrics,
            outbox=self.outbox,
            media=self._media,
            clips=self._clips,
            health=self._health,
            cameras=self.cameras,
            spool=self._spool,
            link_state=self._link_state,
            media_state=self._media_state,
        )

    def _link_state(self) -> LinkState:
        if self._link is not None:
            return self._link.state
        return LinkState(phase="off", endpoint="", reason="the settings have no [relay]", since_us=0)

    def _media_state(self) -> MediaLinkState:
        if self._media_link is not None:
            return self._media_link.state
        return MediaLinkState(phase="off", endpoint="", reason="the settings have no [relay]", since_us=0)

    def _counters(self) -> dict[str, Callable[[], int]]:
        counters: dict[str, Callable[[], int]] = {
            "outbox": lambda: self.outbox.progress,
            "alerts": lambda: self._alerts.rounds,
            "clips": lambda: self._clips.rounds,
            "heartbeat": lambda: self._heartbeat.rounds,
            "camera-watch": lambda: self._camera_watch.rounds,
        }
        link = self._link
        if link is not None:
            counters["link"] = lambda: link.progress
        media_link = self._media_link
        if media_link is not None:
            counters["media-link"] = lambda: media_link.progress
        counters["pictures"] = lambda: self._analysis.rounds["pictures"]
        counters["decisions"] = lambda: self._analysis.rounds["decisions"]
        return counters


def _make_spool(settings: AgentSettings, clock: Clock) -> RingSpool | None:
    """Return what keeps the cameras' past on the evidence disk; None where the settings want it in memory."""
    if not settings.evidence.past_on_disk:
        return None
    folder = settings.paths.state_dir / MEDIA_FOLDER
    return RingSpool(folder, reserve_bytes=settings.evidence.reserve_mib * MIB, clock=clock)


def _open_stores(prepared: Prepared, *, clock: Clock, zone: ZoneInfo) -> tuple[Outbox, MediaStore]:
    """Open what survives a restart; raises OutboxUnusableError or EvidenceError and leaves nothing open then."""
    settings = prepared.settings
    outbox = Outbox(
        prepared.outbox_path,
        node=settings.room.name,
        clock=clock,
        limits=OutboxLimits(max_bytes=settings.outbox.max_mib * MIB, max_age_s=settings.outbox.max_age_days * 86_400),
    )
    try:
        media = MediaStore(
            settings.paths.state_dir / MEDIA_FOLDER,
            limit_bytes=settings.evidence.max_mib * MIB,
            reserve_bytes=settings.evidence.reserve_mib * MIB,
        )
    except EvidenceError:
        outbox.close()
        raise
    return outbox, media
