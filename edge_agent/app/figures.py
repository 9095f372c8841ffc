"""The gauges of the room: what is read from its parts when Prometheus asks."""

from collections.abc import Callable, Mapping
from typing import Final

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.clip_path import ClipPath
from edge_agent.app.health_watch import HealthWatch
from edge_agent.capture.ring_spool import KEPT_REASONS, RingSpool
from edge_agent.core.camera_health import HealthCondition
from edge_agent.core.media_items import MediaState
from edge_agent.evidence.store import MediaStore
from edge_agent.link.media_link import MediaLinkState
from edge_agent.link.relay_link import LinkState
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.store import Outbox

_FREE: Final = "Bytes free on the disk of the evidence; -1: it cannot be asked"


def watch_room(
    metrics: RoomMetrics,
    *,
    outbox: Outbox,
    media: MediaStore,
    clips: ClipPath,
    health: HealthWatch,
    cameras: Mapping[str, CameraWorker],
    spool: RingSpool | None,
    link_state: Callable[[], LinkState],
    media_state: Callable[[], MediaLinkState],
) -> None:
    """Register every gauge; called once, after the cameras exist."""
    metrics.watch(
        "patrol_room_outbox_pending",
        "Records the relay has not acknowledged",
        lambda: float(sum(outbox.depth().pending.values())),
    )
    metrics.watch("patrol_room_outbox_bytes", "Bytes of all records held", lambda: float(outbox.depth().body_bytes))
    metrics.watch(
        "patrol_room_link_open",
        "1 while the session with the relay is open",
        lambda: float(link_state().phase == "open"),
    )
    metrics.watch("patrol_room_disk_free_bytes", _FREE, lambda: _free_bytes(health))
    metrics.watch("patrol_room_evidence_bytes", "Bytes of evidence kept", lambda: float(media.kept_bytes))
    _watch_past(metrics, cameras, spool)
    metrics.watch(
        "patrol_room_media_waiting_bytes",
        "Bytes of evidence that the relay does not have",
        lambda: float(outbox.media_depth().waiting_bytes),
    )
    metrics.watch(
        "patrol_room_media_sent_bytes",
        "Bytes of evidence sent since the start",
        lambda: float(media_state().bytes_sent),
    )
    metrics.watch_labelled(
        "patrol_room_media_settled",
        "Snapshots and clips since the outbox was made, by what became of them",
        "state",
        {state.value: _settled_as(outbox, state) for state in MediaState if state is not MediaState.WAITING},
    )
    metrics.watch("patrol_room_clips_waiting", "Clips not cut yet", lambda: float(clips.waiting))
    metrics.watch_labelled(
        "patrol_room_camera_fps",
        "Pictures per second the camera sends",
        "camera",
        {name: _fps_of(camera) for name, camera in cameras.items()},
    )
    metrics.watch_labelled(
        "patrol_room_health_open",
        "Cameras (or the room) that have a health condition people have been told of",
        "condition",
        {condition.value: _open_of(health, condition) for condition in HealthCondition},
    )


def _watch_past(metrics: RoomMetrics, cameras: Mapping[str, CameraWorker], spool: RingSpool | None) -> None:
    metrics.watch(
        "patrol_room_ring_bytes",
        "Bytes of compressed video in memory, for the beginnings of clips",
        lambda: float(sum(camera.ring_bytes[0] for camera in cameras.values())),
    )
    metrics.watch(
        "patrol_room_ring_disk_bytes",
        "Bytes of compressed video on the disk, for the beginnings of clips",
        lambda: float(sum(camera.ring_bytes[1] for camera in cameras.values())),
    )
    metrics.watch_labelled(
        "patrol_room_ring_kept_in_memory",
        "Groups of pictures that stayed in memory because the disk did not take them, since the start",
        "reason",
        {reason: _kept_of(spool, reason) for reason in KEPT_REASONS},
    )


def _fps_of(camera: CameraWorker) -> Callable[[], float]:
    return lambda: camera.thread.figures.fps


def _kept_of(spool: RingSpool | None, reason: str) -> Callable[[], float]:
    return lambda: 0.0 if spool is None else float(spool.figures.kept.get(reason, 0))


def _settled_as(outbox: Outbox, state: MediaState) -> Callable[[], float]:
    return lambda: float(outbox.depth().tally.get(f"media_{state.value}", 0))


def _open_of(health: HealthWatch, condition: HealthCondition) -> Callable[[], float]:
    return lambda: float(health.open_count(condition))


def _free_bytes(health: HealthWatch) -> float:
    disk = health.disk
    return -1.0 if disk is None or disk.free_bytes is None else float(disk.free_bytes)
