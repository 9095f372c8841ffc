"""From a decision to a durable record: snapshot, alert, manifest; then the clip is asked for.

Some lanes, each with a thread, so that encoding and fsync never hold up the analysis; all of a camera goes over one of
them, in order. A disk takes several syncs at once nearly as fast as one, and while one lane waited for a slow one, the
queue filled and the analysis of every camera stood (53 instead of 280 pictures a second). So nobody waits for a lane:
where many changes wait they wait without their pictures, which are counted as lost; where a thousand do, what comes
then is dropped, counted and logged.
"""

import queue
import secrets
import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

import structlog
from av.video.frame import VideoFrame

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.clip_path import ClipJob, ClipPath
from edge_agent.capture.camera_thread import CameraThread
from edge_agent.capture.frames import Frame
from edge_agent.capture.picture_copies import PictureCopies
from edge_agent.capture.still import picture_at
from edge_agent.core.alerts import AlertChange, AlertEnded, AlertRaised, AlertUpdated
from edge_agent.core.boxes import Box
from edge_agent.evidence.errors import EvidenceError
from edge_agent.evidence.snapshot import MEDIA_TYPE, encode_snapshot
from edge_agent.evidence.store import MediaStore, StoredMedia, StoreRefused
from edge_agent.ops.clock import Clock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.errors import OutboxError, OutboxFullError
from edge_agent.outbox.store import Outbox, PutAnswer
from patrol_wire.records import Alert, MediaManifest, Place
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7

log = structlog.get_logger(__name__)

_LANES: Final = 4
_QUEUE_LENGTH: Final = 1_024
"""Of each lane (policy: what comes then is dropped, counted)."""
_PICTURES: Final = 64
"""Of those that wait so many hold their picture, 0.6 MB at 704×576."""
_LATELY_S: Final = 30.0
"""How long it is remembered that the disk was slow."""
_LOOK_S: Final = 0.5
_LATE_S: Final = 0.5
"""The main stream may be so far behind the analysed one: its newest picture is sharper than that of the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The picture that changes were decided on (see ``capture.frames.Frame``)."""

    picture: VideoFrame | None
    """None where too many wait, or nothing of it is to be shown."""
    is_copy: bool
    """The picture is ours alone, to be written over afterwards."""
    media_s: float
    captured_at: int
    time_error_ms: int
    clock_suspect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    camera: CameraWorker
    seen: _Seen
    changes: tuple[AlertChange, ...]
    decided_at: int
    """UTC microseconds of the decision: an alert that waits for the disk is not raised later for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _FlagPicture:
    alert_id: str
    camera: CameraWorker
    stream: CameraThread
    at_s: float
    """Media time on the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A picture for a snapshot."""

    picture: VideoFrame
    captured_at: int
    """UTC microseconds."""


class _Lane:
    """The alerts of some cameras, one after the other."""

    def __init__(self, number: int, one: Callable[[_Changes | _FlagPicture], None], clock: Clock) -> None:
        self._clock = clock
        self._began_s: float | None = None
        self._slowest = (0.0, float("-inf"))
        """Seconds that the slowest work of late took, and when it ended."""
        self.work: queue.Queue[_Changes | _FlagPicture] = queue.Queue(_QUEUE_LENGTH)
        self.rounds = 0
        self._one = one
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"alerts-{number}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let it end after what is queued."""
        self._stopping.set()

    def join(self, within_s: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(timeout=within_s)

    @property
    def waits_s(self) -> float:
        """Seconds that one alert takes now or took of late; any thread."""
        now_s, began_s, (slowest_s, ended_s) = self._clock.instant(), self._began_s, self._slowest
        under_way_s = 0.0 if began_s is None else now_s - began_s
        return max(under_way_s, slowest_s if now_s - ended_s <= _LATELY_S else 0.0)

    def _run(self) -> None:
        while not (self._stopping.is_set() and self.work.empty()):
            self.rounds += 1
            try:
                work = self.work.get(timeout=0.0 if self._stopping.is_set() else _LOOK_S)
            except queue.Empty:
                continue
            self._began_s = began_s = self._clock.instant()
            self._one(work)
            self._began_s, now_s = None, self._clock.instant()
            if now_s - began_s >= self._slowest[0] or now_s - self._slowest[1] > _LATELY_S:
                self._slowest = (now_s - began_s, now_s)
            del work  # it holds a picture, and a decoder whose pictures are held makes itself more of them


class AlertPath:
    """The alert threads of the room."""

    def __init__(
        self, *, media: MediaStore, outbox: Outbox, clips: ClipPath, clock: Clock, metrics: RoomMetrics
    ) -> None:
        self._media = media
        self._outbox = outbox
        self._clips = clips
        self._clock = clock
        self._metrics = metrics
        self._lanes = [_Lane(number, self._do, clock) for number in range(_LANES)]
        self._open: dict[tuple[str, int], str] = {}
        """Of each camera only its own lane writes."""
        self._copies = PictureCopies()
        self._counting = threading.Lock()
        self._lost = 0

    @property
    def rounds(self) -> int:
        """Rounds of the lane that has made the fewest: stands still when any lane does."""
        return min(lane.rounds for lane in self._lanes)

    @property
    def waits_s(self) -> float:
        """Seconds that the slowest alert of the last half minute took to become durable, or takes so far."""
        return max(lane.waits_s for lane in self._lanes)

    @property
    def lost(self) -> int:
        """Machine alerts raised and not stored since the start, those aside that the outbox counted as refused."""
        return self._lost

    def start(self) -> None:
        """Begin."""
        for lane in self._lanes:
            lane.start()

    def stop(self) -> None:
        """End after what is queued; within a second for all lanes together."""
        deadline_s = self._clock.instant() + 1.0
        for lane in self._lanes:
            lane.stop()
        for lane in self._lanes:
            lane.join(max(0.0, deadline_s - self._clock.instant()))

    def _lane_of(self, camera: CameraWorker) -> _Lane:
        return self._lanes[zlib.crc32(camera.name.encode()) % _LANES]

    def take(self, camera: CameraWorker, frame: Frame, changes: tuple[AlertChange, ...]) -> None:
        """Take what one picture meant; called by the thread that hears the analysis, returns at once."""
        lane, shows = self._lane_of(camera), not all(isinstance(change, AlertEnded) for change in changes)
        if shows and lane.work.qsize() >= _PICTURES:
            shows = False
            self._lose("snapshot", "queue_full", camera.name)
        try:
            seen, decided_at = self._seen(frame, shows=shows), self._clock.now_us()
            lane.work.put_nowait(_Changes(camera=camera, seen=seen, changes=changes, decided_at=decided_at))
        except queue.Full:
            raised = sum(isinstance(change, AlertRaised) for change in changes)
            self._count_lost(raised)
            self._lose("alert", "queue_full", camera.name, count=raised)

    def _seen(self, frame: Frame, *, shows: bool) -> _Seen:
        """Return what is wanted of a frame later; its picture as a copy, because a decoder makes itself a new one for
        each that is held. One of a replay is a copy already, and perhaps not ours alone.
        """
        copies = shows and not frame.replayed
        picture = self._copies.of(frame.video_frame) if copies else frame.video_frame if shows else None
        return _Seen(
            picture=picture,
            is_copy=copies,
            media_s=frame.media_s,
            captured_at=frame.captured_at,
            time_error_ms=frame.time_error_ms,
            clock_suspect=frame.clock_suspect,
        )

    def flag_pressed(self, alert_id: str, camera: CameraWorker, look_back_s: int) -> None:
        """Secure picture and clip of a flag that is already durable; returns at once."""
        self._metrics.flags.inc()
        camera.thread.attend()  # a person looks: a resting camera wakes with every picture since its last keyframe
        stream = camera.evidence_stream()
        kept = stream.ring.span_s
        if kept is None:
            self._lose("snapshot", "no_picture", camera.name)
            return
        now_s = kept[1]
        try:
            picture = _FlagPicture(alert_id=alert_id, camera=camera, stream=stream, at_s=now_s)
            self._lane_of(camera).work.put_nowait(picture)
        except queue.Full:
            self._lose("snapshot", "queue_full", camera.name)
        start_s = max(0.0, now_s - look_back_s)
        self._clips.begin(
            ClipJob(
                alert_id=alert_id,
                camera=camera,
                stream=stream,
                start_s=start_s,
                started_at=stream.wall_us(start_s),
                end_s=now_s,
                is_flag=True,
            )
        )

    # --- the alert threads --------------------------------------------------------------------------------------

    def _do(self, work: _Changes | _FlagPicture) -> None:
        try:
            self._one(work)
        except Exception:  # supervisor: one alert that cannot be told must not silence the room
            self._metrics.faults.labels("alerts").inc()
            self._count_lost(1)
            log.exception("alert_failed", camera=work.camera.name)
        if isinstance(work, _Changes) and work.seen.is_copy and work.seen.picture is not None:
            self._copies.give_back(work.seen.picture)

    def _count_lost(self, alerts: int) -> None:
        with self._counting:
            self._lost += alerts

    def _one(self, work: _Changes | _FlagPicture) -> None:
        if isinstance(work, _FlagPicture):
            self._keep_flag_picture(work)
            return
        for change in work.changes:
            match change:
                case AlertRaised():
                    self._raise(work, change)
                case AlertUpdated():
                    alert_id = self._open.get((work.camera.name, change.key))
                    if alert_id is not None:
                        shown = self._shown(work.camera, work.camera.evidence_stream(), work.seen)
                        self._keep_picture(alert_id, work.camera, shown, box=change.box, announce=True)
                case AlertEnded():
                    alert_id = self._open.pop((work.camera.name, change.key), None)
                    if alert_id is not None:
                        self._clips.end(alert_id, end_s=change.end_s, label=change.label)
                case _:
                    assert_never(change)

    def _raise(self, work: _Changes, raised: AlertRaised) -> None:
        camera, seen = work.camera, work.seen
        self._metrics.alerts.labels(camera.name, raised.rule).inc()
        alert_id = uuid7(work.decided_at, secrets.token_bytes(RANDOM_BYTES))
        stream = camera.evidence_stream()
        shown = self._shown(camera, stream, seen)
        picture = self._keep_picture(alert_id, camera, shown, box=raised.box, announce=False)
        place = camera.settings.place
        box = raised.box.clip()
        alert = Alert(
            alert_id=alert_id,
            camera=camera.name,
            rule=raised.rule,
            category=raised.category,
            severity=raised.severity,
            forward=raised.forward,
            label=raised.label,
            zone=raised.zone,
            score=min(1.0, max(0.0, raised.score)),
            box=(box.left, box.top, box.right, box.bottom),
            started_at=max(0, seen.captured_at - round((seen.media_s - raised.start_s) * 1e6)),
            raised_at=work.decided_at,
            time_error_ms=seen.time_error_ms,
            clock_suspect=seen.clock_suspect,
            place=Place(lon=place[0], lat=place[1]) if place is not None else None,
            snapshot=picture.sha256 if picture is not None else None,
        )
        manifests = () if picture is None or shown is None else (_manifest(alert_id, camera, shown, picture),)
        ((stored, *announced),) = self._outbox.put_together([(alert, *manifests)])
        if isinstance(stored, OutboxError):
            self._count_lost(not isinstance(stored, OutboxFullError))
            self._lose("alert", "outbox", camera.name, text=str(stored))
            return
        log.info(
            "alert_stored", camera=camera.name, rule=raised.rule, label=raised.label, alert_id=alert_id, seq=stored.seq
        )
        self._open[camera.name, raised.key] = alert_id
        self._count_unannounced(camera, announced)
        start_s = camera.on_stream(stream, raised.clip_from_s)
        self._clips.begin(
            ClipJob(
                alert_id=alert_id,
                camera=camera,
                stream=stream,
                start_s=start_s,
                started_at=alert.started_at,
                end_s=None,
                is_flag=False,
            )
        )

    def _shown(self, camera: CameraWorker, stream: CameraThread, seen: _Seen) -> _Shown | None:
        """Return the picture of an alert: the main stream's of that moment, else the analysed one; None without."""
        if stream is not camera.thread:
            at_s = camera.on_stream(stream, seen.media_s)
            kept = stream.ring.span_s
            if kept is not None and at_s - _LATE_S <= kept[1] < at_s:
                at_s = kept[1]
            found = picture_at(stream.ring.cut(at_s, at_s), at_s)
            if found is not None:
                return _Shown(picture=found[0], captured_at=stream.wall_us(found[1]))
        return None if seen.picture is None else _Shown(picture=seen.picture, captured_at=seen.captured_at)

    def _keep_flag_picture(self, work: _FlagPicture) -> None:
        found = picture_at(work.stream.ring.cut(work.at_s, work.at_s), work.at_s)
        if found is None:
            self._lose("snapshot", "no_picture", work.camera.name)
            return
        shown = _Shown(picture=found[0], captured_at=work.stream.wall_us(found[1]))
        self._keep_picture(work.alert_id, work.camera, shown, box=None, announce=True)

    def _keep_picture(
        self, alert_id: str, camera: CameraWorker, shown: _Shown | None, *, box: Box | None, announce: bool
    ) -> StoredMedia | None:
        """Encode and store the picture; an alert without one is better than none, so None is no error."""
        if shown is None:
            return None
        try:
            jpeg = encode_snapshot(shown.picture, burner=camera.snapshot_burner, box=box)
            kept = self._media.put(jpeg, media_type=MEDIA_TYPE, holder=alert_id)
        except EvidenceError as error:
            self._lose("snapshot", "unencodable", camera.name, text=str(error))
            return None
        if isinstance(kept, StoreRefused):
            self._lose("snapshot", kept.reason, camera.name, text=kept.sentence)
            return None
        if announce:
            (answers,) = self._outbox.put_together([(_manifest(alert_id, camera, shown, kept),)])
            self._count_unannounced(camera, answers)
        return kept

    def _count_unannounced(self, camera: CameraWorker, answers: Sequence[PutAnswer]) -> None:
        """Count the manifests that were not stored."""
        for answer in answers:
            if isinstance(answer, OutboxError):
                self._lose("manifest", "outbox", camera.name, text=str(answer))

    def _lose(self, kind: str, reason: str, camera: str, *, text: str = "", count: int = 1) -> None:
        self._metrics.lost.labels(kind, reason).inc(count)
        log.error("evidence_lost", kind=kind, reason=reason, camera=camera, text=text, count=count)


def _manifest(alert_id: str, camera: CameraWorker, shown: _Shown, kept: StoredMedia) -> MediaManifest:
    """Return what announces a snapshot to the relay."""
    return MediaManifest(
        alert_id=alert_id,
        sha256=kept.sha256,
        media_type=kept.media_type,
        size_bytes=kept.size_bytes,
        started_at=max(0, shown.captured_at),
        duration_ms=0,
        masked=bool(camera.snapshot_burner),
    )
