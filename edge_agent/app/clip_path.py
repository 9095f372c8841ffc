"""Clips: waits until a camera has delivered the seconds that an event needs, cuts, keeps and announces them.

One thread. A clip is cut when its post-roll is there, when the camera has fallen silent, or when the ring is about to
forget its beginning. The end of a machine alert is recorded together with its clip.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.capture.camera_thread import CameraThread
from edge_agent.capture.clip_writer import MEDIA_TYPE, Burn, ClipRefused, WrittenClip, write_clip
from edge_agent.capture.ring import RingPacket
from edge_agent.core.clips import LONGEST_S, ClipReadiness, ClipSpan, clip_span, readiness
from edge_agent.evidence.store import MediaStore, StoredMedia, StoreRefused
from edge_agent.ops.clock import Clock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.errors import OutboxError
from edge_agent.outbox.store import Outbox
from patrol_wire.records import AlertEnd, MediaManifest, RecordBody

log = structlog.get_logger(__name__)

_LOOK_S: Final = 0.5
_MAX_JOBS: Final = 512
"""Clips waiting at once; with more, the oldest is cut from what there is (policy: cut short)."""
_RING_SHARE: Final = 0.75
"""A clip is cut when it reaches so much of the ring, before its beginning is forgotten."""
_LONGEST_SLEEP_S: Final = 2.0
"""A clip that waits for its post-roll is looked at again when that should be there, or after so long: its camera may
fall silent."""
_TOGETHER: Final = 8
"""Clips told in one transaction at most: the first of them waits for the last, some 5 ms each."""
_STOP_WITHIN_S: Final = 0.7


@dataclass(slots=True, kw_only=True)
class ClipJob:
    """One clip to be cut."""

    alert_id: str
    camera: CameraWorker
    stream: CameraThread
    """Where it is cut from; its media time is meant below."""
    start_s: float
    started_at: int
    """UTC microseconds of ``start_s``, as they were told: what is told later of this event must agree with that, even
    if the wall clock was set meanwhile."""
    end_s: float | None
    """When the event ended; None while it goes on."""
    is_flag: bool
    label: str = ""
    clip: str | None = None
    is_cut: bool = False
    is_over: bool = False
    sleeps_until_s: float = float("-inf")
    """Instant before which nothing about it can have changed."""

    def wall_us(self, media_s: float) -> int:
        """Return the UTC microseconds of a moment of the stream."""
        return max(0, self.started_at + round((media_s - self.start_s) * 1_000_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """A clip that was written: of these packets, and what became of them."""

    stream: CameraThread
    packets: tuple[int, int, int]
    """Connection, and decoding time of the first and the last one."""
    written: WrittenClip
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What is to be stored of a job; empty while it waits."""

    job: ClipJob
    records: tuple[RecordBody, ...]


class ClipPath:
    """The clip thread of the room."""

    def __init__(self, *, media: MediaStore, outbox: Outbox, clock: Clock, metrics: RoomMetrics) -> None:
        self._media = media
        self._outbox = outbox
        self._clock = clock
        self._metrics = metrics
        self._jobs: dict[str, ClipJob] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clips", daemon=True)
        self.rounds = 0
        self._last_cut: _Cut | None = None
        """Of streams without a mask: who comes in company raises an alert each, of the same seconds."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Cut what waits from what there is, for at most a moment; alerts keep their records in any case."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=_STOP_WITHIN_S + 0.5)

    def begin(self, job: ClipJob) -> None:
        """Have a clip cut when it is ready; any thread."""
        with self._lock:
            self._jobs[job.alert_id] = job

    def end(self, alert_id: str, *, end_s: float, label: str) -> None:
        """Say when the event of an alert ended (on the analysed stream), and as what it is known; any thread."""
        with self._lock:
            job = self._jobs.get(alert_id)
            if job is not None:
                job.end_s = max(job.camera.on_stream(job.stream, end_s), job.start_s)
                job.label, job.is_over = label, True
                job.sleeps_until_s = float("-inf")

    @property
    def waiting(self) -> int:
        """Clips and ends that are not done yet."""
        with self._lock:
            return len(self._jobs)

    # --- the clip thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            self.rounds += 1
            self._look()
        deadline_s = self._clock.instant() + _STOP_WITHIN_S
        for job in self._snapshot():
            if self._clock.instant() >= deadline_s:
                log.warning("clips_given_up", clips=self.waiting, reason="the agent stops")
                return
            if job.end_s is None:
                kept = job.stream.ring.span_s
                job.end_s = max(job.start_s, kept[1] if kept is not None else job.start_s)
                job.is_over = True
            self._tell([self._do(job, hurry=True)])

    def _look(self) -> None:
        """Do every job that is ready; a handful at a time becomes durable in one transaction of the outbox."""
        jobs = self._snapshot()
        overdue = max(0, len(jobs) - _MAX_JOBS)
        done: list[_Done] = []
        for number, job in enumerate(jobs):
            done.append(self._do(job, hurry=number < overdue))
            if sum(bool(one.records) for one in done) >= _TOGETHER:
                self._tell(done)
                done = []
        self._tell(done)

    def _do(self, job: ClipJob, *, hurry: bool) -> _Done:
        """Cut the clip if it is ready; return what is to be told of the job now."""
        records: list[RecordBody] = []
        if not hurry and self._clock.instant() < job.sleeps_until_s:
            return _Done(job=job, records=())
        try:
            manifest = None
            if not job.is_cut:
                span = self._span(job)
                if span is None or not (hurry or self._is_ready(job, span)):
                    return _Done(job=job, records=())
                job.is_cut = True
                manifest = self._cut(job, span)
                job.clip = None if manifest is None else manifest.sha256
            if job.is_flag or job.is_over:
                self._forget(job)
                records.extend(_end_of(job))
            if manifest is not None:
                records.append(manifest)
        except Exception:  # supervisor: one clip that cannot be made must not cost all others
            self._metrics.faults.labels("clips").inc()
            log.exception("clip_failed", camera=job.camera.name, alert_id=job.alert_id)
            job.is_cut = True
            if job.is_flag or job.is_over:
                self._forget(job)
        return _Done(job=job, records=tuple(records))

    def _tell(self, done: Sequence[_Done]) -> None:
        """Make it durable."""
        told = [one for one in done if one.records]
        if not told:
            return
        for one, answers in zip(told, self._outbox.put_together([one.records for one in told]), strict=True):
            for record, answer in zip(one.records, answers, strict=True):
                if isinstance(answer, OutboxError):
                    kind = "manifest" if isinstance(record, MediaManifest) else "alert_end"
                    self._lose(kind, "outbox", str(answer), one.job)

    def _span(self, job: ClipJob) -> ClipSpan | None:
        """Return the seconds wanted; None while the event goes on and the ring still has room for more of it."""
        settings = job.camera.settings
        longest_s = min(LONGEST_S, job.camera.ring_s * _RING_SHARE)
        kept = job.stream.ring.span_s
        newest_s = kept[1] if kept is not None else job.start_s
        end_s = job.end_s
        if end_s is None:
            if newest_s - (job.start_s - settings.pre_roll_s) < longest_s:
                return None
            end_s = newest_s
        return clip_span(
            event_start_s=job.start_s,
            event_end_s=max(end_s, job.start_s),
            pre_roll_s=0.0 if job.is_flag else settings.pre_roll_s,
            post_roll_s=settings.post_roll_s,
            longest_s=longest_s,
        )

    def _is_ready(self, job: ClipJob, span: ClipSpan) -> bool:
        kept = job.stream.ring.span_s
        age_s = job.stream.age_s
        newest_s = kept[1] if kept is not None else span.start_s
        ready = readiness(span, newest_s=newest_s, silent_s=age_s if age_s is not None else float("inf"))
        if ready is not ClipReadiness.WAIT:
            return True
        job.sleeps_until_s = self._clock.instant() + min(span.end_s - newest_s, _LONGEST_SLEEP_S)
        return False

    def _cut(self, job: ClipJob, span: ClipSpan) -> MediaManifest | None:
        burner = job.camera.clip_burner
        packets = job.stream.ring.cut(span.start_s, span.end_s)
        if burner or not packets:
            return self._write(job, packets, burn=burner if burner else None)
        which = (packets[0].connection, packets[0].dts_ticks, packets[-1].dts_ticks)
        last = self._last_cut
        if last is not None and last.stream is job.stream and last.packets == which:
            kept = self._media.hold(last.sha256, holder=job.alert_id)
            if kept is not None:
                return _manifest(job, last.written, kept, masked=False)
        return self._write(job, packets, burn=None, which=which)

    def _write(
        self, job: ClipJob, packets: list[RingPacket], *, burn: Burn | None, which: tuple[int, int, int] | None = None
    ) -> MediaManifest | None:
        path = self._media.incoming_path(MEDIA_TYPE)
        written = write_clip(packets, path, burn=burn)
        if isinstance(written, ClipRefused):
            path.unlink(missing_ok=True)
            self._lose("clip", written.reason, written.sentence, job)
            return None
        kept = self._media.put_file(path, media_type=MEDIA_TYPE, holder=job.alert_id)
        if isinstance(kept, StoreRefused):
            self._lose("clip", kept.reason, kept.sentence, job)
            return None
        if which is not None:
            self._last_cut = _Cut(stream=job.stream, packets=which, written=written, sha256=kept.sha256)
        return _manifest(job, written, kept, masked=burn is not None)

    def _lose(self, kind: str, reason: str, sentence: str, job: ClipJob) -> None:
        self._metrics.lost.labels(kind, reason).inc()
        log.warning(
            "evidence_lost", kind=kind, reason=reason, text=sentence, camera=job.camera.name, alert_id=job.alert_id
        )

    def _snapshot(self) -> list[ClipJob]:
        with self._lock:
            return list(self._jobs.values())

    def _forget(self, job: ClipJob) -> None:
        with self._lock:
            self._jobs.pop(job.alert_id, None)


def _end_of(job: ClipJob) -> tuple[AlertEnd, ...]:
    """Return the end of a machine alert; a flag has none."""
    if job.is_flag or job.end_s is None:
        return ()
    return (AlertEnd(alert_id=job.alert_id, ended_at=job.wall_us(job.end_s), clip=job.clip, label=job.label),)


def _manifest(job: ClipJob, written: WrittenClip, kept: StoredMedia, *, masked: bool) -> MediaManifest:
    """Return what announces a clip to the relay."""
    return MediaManifest(
        alert_id=job.alert_id,
        sha256=kept.sha256,
        media_type=kept.media_type,
        size_bytes=kept.size_bytes,
        started_at=job.wall_us(written.start_s),
        duration_ms=written.duration_ms,
        masked=masked,
    )
