"""One camera of the room: keeps it connected, and can always say how it is.

Owns the camera link machine's instance, the reader of the current attempt, the packet ring and the figures. One thread
per camera reads, which lives in libav; the watch of all cameras asks now and then how it is, so that a reader stuck in
libav is noticed, replaced and reported. After ``stop`` neither the sink nor ``on_link`` is called again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import Empty, Full, Queue
from random import Random
from threading import Lock
from typing import Final

import structlog

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.camera_watch import CameraWatch
from edge_agent.capture.decode_policy import MotionGate
from edge_agent.capture.frames import FrameSink
from edge_agent.capture.packet_path import PacketPath
from edge_agent.capture.ring import GroupStore, PacketRing
from edge_agent.capture.stream_reader import StreamReader
from edge_agent.core.camera_link import (
    Announce,
    CloseConnection,
    Disable,
    Enable,
    Failed,
    LinkBook,
    LinkEvent,
    LinkSettings,
    LinkState,
    Looked,
    OpenConnection,
    RetryNow,
    WaitOver,
    step,
)
from edge_agent.core.link_failures import Failure, FailureClass, FailureKind
from edge_agent.core.media_clock import MediaClock
from edge_agent.ops.clock import Clock

log = structlog.get_logger(__name__)

_DICE: Final = Random()  # noqa: S311 - spreads attempts over time; nobody gains by guessing it

LOOK_S: Final = 0.5
"""Between two looks at the reader."""
STOP_S: Final = 1.5
"""stop() waits so long for the reader; what still hangs in libav then is abandoned."""
MAX_HANGING: Final = 3
"""Abandoned readers of one camera that may hang in libav; with more, no new attempt is made until one ends."""
REPORTS: Final = 64
"""A reader sends at most three reports; when the queue is full the newest is dropped and the next look notices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """A camera's link changed its state or the reason of it."""

    camera: str
    state: LinkState
    previous: LinkState
    reason: str
    """One sentence for people; empty while streaming."""
    at_us: int
    failure_kind: FailureKind | None = None
    failure_class: FailureClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFigures:
    """How one camera is, at one moment; made without locks, so two figures may be a packet apart."""

    state: LinkState
    reason: str
    packets: int
    frames: int
    """Frames handed to the sink."""
    decoded: int
    corrupt: int
    """Packets that could not be decoded, and pictures with concealed damage."""
    fps: float
    """Packets (pictures sent by the camera) per second, over the last seconds."""
    bits_per_s: float
    age_s: float | None
    """Seconds since the last packet; None before the first."""
    gop_s: float | None
    mode: str
    """What is decoded now (``decode_policy.DecodeMode``)."""
    left_out: int
    """Packets not decoded because the machine was too slow."""
    width: int
    height: int
    reconnects: int
    failures_in_row: int
    """Attempts that failed since pictures last flowed for a while."""
    next_try_s: float | None
    """Seconds until the next attempt while backing off."""
    hanging: int
    """Abandoned attempts that still hang in libav."""
    ring_s: float
    ring_bytes: int
    failure: Failure | None
    """Why the last connection ended; None once pictures flow again."""
    is_connected: bool
    state_s: float
    """Seconds in this state."""
    drift: float | None
    """Seconds the camera's clock loses per second; None when it keeps pace with ours."""
    jump_age_s: float | None
    """Seconds since the camera's timestamps jumped; None when they never did."""


class CameraThread:
    """Keeps one camera from ``start`` to ``stop``."""

    def __init__(
        self,
        camera: CameraSource,
        *,
        clock: Clock,
        sink: FrameSink,
        on_link: Callable[[LinkChange], None],
        watch: CameraWatch | None = None,
        gate: MotionGate | None = None,
        store: GroupStore | None = None,
        settings: LinkSettings | None = None,
        randomness: Callable[[], float] = _DICE.random,
    ) -> None:
        """Prepare the camera; nothing is opened yet. Without a ``watch``, which looks after many, it has its own.

        ``sink`` is called in the reader's thread, ``on_link`` in the watch's (and in ``start``); both must return at
        once. With a ``gate``, only keyframes are decoded while nothing moves (``CameraSource.blind_time_s``), and
        whoever follows a track must call ``attend`` at least every ``decode_policy.CALM_S`` seconds. With a ``store``,
        only the newest groups of pictures are kept in memory.
        """
        self._camera = camera
        self._clock = clock
        self._sink = sink
        self._on_link = on_link
        self._randomness = randomness
        patience = settings or LinkSettings()
        patience = replace(
            patience,
            stall_after_s=camera.stall_after_s,
            give_up_after_s=max(patience.give_up_after_s, 2.0 * camera.stall_after_s),
            frozen_after_s=0.0 if camera.is_file else camera.frozen_after_s,
        )
        self._book = LinkBook(settings=patience, since_s=clock.instant())
        self.ring = PacketRing(keep_s=camera.ring_s, keep_bytes=camera.ring_bytes, store=store)
        self._media_clock = MediaClock()
        self._path = PacketPath(camera, ring=self.ring, media_clock=self._media_clock, gate=gate, instant=clock.instant)
        self._path_lock = Lock()
        self._reader: StreamReader | None = None
        self._reader_began_s = 0.0
        self._attempts = 0
        self._abandoned: list[StreamReader] = []
        self._reports: Queue[tuple[StreamReader | None, LinkEvent]] = Queue(maxsize=REPORTS)
        self._own_watch = CameraWatch(clock=clock) if watch is None else None
        self._watch = watch or self._own_watch or CameraWatch(clock=clock)
        self._tending = Lock()
        self._look_due_s = 0.0
        self._stopped = False
        self._rates = (0.0, 0.0)
        self._rate_base = (clock.instant(), 0, 0)
        self._outage_since_s: float | None = None

    # --- called from outside ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to keep the camera: it is connecting when this returns. May be called once."""
        with self._tending:
            self._step(Enable(at_s=self._clock.instant()))
        self._watch.add(self)
        if self._own_watch is not None:
            self._own_watch.start()

    def stop(self) -> None:
        """End; returns within 2 s even when the network hangs, and may be called again."""
        deadline_s = self._clock.instant() + STOP_S
        self._stopped = True
        self._watch.remove(self)
        with self._tending:  # whoever tends it now is the last
            reader = self._reader
            if reader is not None:
                reader.stop()
        if self._own_watch is not None:
            self._own_watch.stop()
        if reader is not None and not reader.join(max(0.0, deadline_s - self._clock.instant())):
            log.warning("camera_reader_abandoned", camera=self._camera.name, reason="stop")

    def attend(self) -> None:
        """Ask for every picture during the next ``decode_policy.CALM_S`` seconds; any thread."""
        self._path.attend()

    def instant_of(self, media_s: float) -> float | None:
        """Return the instant (monotonic seconds) of a place on the camera's timeline; any thread."""
        return self._media_clock.instant_of(media_s)

    def media_at(self, instant_s: float) -> float | None:
        """Return the place on the camera's timeline of an instant; any thread."""
        return self._media_clock.media_at(instant_s)

    def wall_us(self, media_s: float) -> int:
        """Return the UTC microseconds of a place on the camera's timeline, 0 before the first packet; any thread."""
        return self._media_clock.wall_us(media_s) or 0

    def retry_now(self) -> None:
        """Try again at once instead of at the end of the back-off; any thread."""
        self._tell(None, RetryNow(at_s=self._clock.instant()))

    @property
    def camera(self) -> CameraSource:
        """The camera this thread watches."""
        return self._camera

    @property
    def age_s(self) -> float | None:
        """Seconds since the last packet, None before the first; any thread, a hundredth of what all figures cost."""
        last_s = self._path.counters.last_packet_s
        return None if last_s is None else max(0.0, self._clock.instant() - last_s)

    @property
    def state(self) -> LinkState:
        """The state of the camera's link now; any thread."""
        return self._book.state

    @property
    def figures(self) -> CameraFigures:
        """The camera's figures now; any thread, no lock."""
        book, counters, now_s = self._book, self._path.counters, self._clock.instant()
        span = self.ring.span_s
        jumped_at_s = self._media_clock.jumped_at_s
        return CameraFigures(
            state=book.state,
            reason=book.reason,
            packets=counters.packets,
            frames=counters.handed_on,
            decoded=counters.decoded,
            corrupt=counters.corrupt + counters.bad_reads,
            fps=self._rates[0],
            bits_per_s=self._rates[1],
            age_s=self.age_s,
            gop_s=counters.gop_s,
            mode=counters.mode,
            left_out=counters.left_out,
            width=counters.width,
            height=counters.height,
            reconnects=book.reconnects,
            failures_in_row=book.failures_in_row,
            next_try_s=None if book.next_try_s is None else max(0.0, book.next_try_s - now_s),
            hanging=sum(reader.is_alive for reader in self._abandoned),
            ring_s=span[1] - span[0] if span is not None else 0.0,
            ring_bytes=self.ring.kept_bytes,
            failure=book.failure,
            is_connected=book.opened_s is not None,
            state_s=max(0.0, now_s - book.since_s),
            drift=self._media_clock.drift,
            jump_age_s=None if jumped_at_s is None else max(0.0, now_s - jumped_at_s),
        )

    # --- the watch's thread ----------------------------------------------------------------------------------

    def tend(self, now_s: float) -> float:
        """Take the reader's reports and look after the connection; return when to be asked again (``Watched``)."""
        with self._tending:
            if self._stopped:
                return now_s + LOOK_S
            try:
                self._drain_reports()
                if self._book.next_try_s is not None and now_s >= self._book.next_try_s:
                    self._step(WaitOver(at_s=now_s))
                if now_s >= self._look_due_s:
                    self._look()
                    self._look_due_s = now_s + LOOK_S
            except Exception:  # supervisor: a defect stops this camera, loudly, and no other
                log.exception("camera_supervisor_fault", camera=self._camera.name)
                self._close()
                failure = Failure(
                    kind=FailureKind.FAULT, sentence="a fault of this program stopped the camera; see its log"
                )
                self._book = replace(self._book, state=LinkState.DISABLED, reason=failure.sentence, failure=failure)
            next_try_s = self._book.next_try_s
            return self._look_due_s if next_try_s is None else min(self._look_due_s, next_try_s)

    def _tell(self, reader: StreamReader | None, link_event: LinkEvent) -> None:
        try:
            self._reports.put_nowait((reader, link_event))
        except Full:
            log.error("camera_reports_full", camera=self._camera.name)
        self._watch.wake()

    def _drain_reports(self) -> None:
        while not self._stopped:
            try:
                reader, link_event = self._reports.get_nowait()
            except Empty:
                return
            if reader is not None and reader is not self._reader:
                continue  # an attempt that was given up reports too late
            if isinstance(link_event, Failed) and link_event.failure.kind is FailureKind.ENDED and self._camera.is_file:
                link_event = Disable(at_s=link_event.at_s, reason=link_event.failure.sentence)
            self._step(link_event)

    def _look(self) -> None:
        now_s = self._clock.instant()
        self._measure_rates(now_s)
        self._abandoned = [reader for reader in self._abandoned if reader.is_alive]
        match self._book.state:
            case LinkState.DISABLED | LinkState.BACKING_OFF:
                return
            case _:
                began_s, counters = self._reader_began_s, self._path.counters

                def since(last_s: float | None) -> float:
                    return now_s - max(began_s, last_s if last_s is not None else began_s)

                self._step(
                    Looked(
                        at_s=now_s,
                        silent_s=since(counters.last_packet_s),
                        no_picture_s=since(counters.last_picture_s),
                        same_s=since(counters.last_change_s),
                        randomness=self._randomness(),
                    )
                )

    def _measure_rates(self, now_s: float) -> None:
        counters, (base_s, packets, compressed) = self._path.counters, self._rate_base
        elapsed_s = now_s - base_s
        if elapsed_s < 2.0:
            return
        self._rates = (
            (counters.packets - packets) / elapsed_s,
            8.0 * (counters.compressed_bytes - compressed) / elapsed_s,
        )
        self._rate_base = (now_s, counters.packets, counters.compressed_bytes)

    def _step(self, link_event: LinkEvent) -> None:
        previous = self._book
        self._book, instructions = step(previous, link_event)
        for instruction in instructions:
            match instruction:
                case CloseConnection():
                    self._close()
                case OpenConnection():
                    self._open()
                case Announce():
                    self._announce(previous.state)

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.stop()
            self._abandoned.append(self._reader)
            self._reader = None

    def _open(self) -> None:
        hanging = sum(reader.is_alive for reader in self._abandoned)
        self._attempts += 1
        self._reader_began_s = self._clock.instant()
        if hanging > MAX_HANGING:
            failure = Failure(
                kind=FailureKind.TIMED_OUT, sentence=f"{hanging} earlier attempts still hang; waiting for them to end"
            )
            self._tell(None, Failed(at_s=self._reader_began_s, failure=failure, randomness=self._randomness()))
            return
        self._reader = StreamReader(
            self._camera,
            path=self._path,
            path_lock=self._path_lock,
            clock=self._clock,
            sink=self._sink,
            report=self._tell,
            timeout_s=self._book.settings.give_up_after_s,
            number=self._attempts,
            randomness=self._randomness,
        )
        self._reader.start()

    def _announce(self, previous: LinkState) -> None:
        book = self._book
        self._log_outage(previous)
        self._on_link(
            LinkChange(
                camera=self._camera.name,
                state=book.state,
                previous=previous,
                reason=book.reason,
                at_us=self._clock.now_us(),
                failure_kind=book.failure.kind if book.failure else None,
                failure_class=book.failure.failure_class if book.failure else None,
            )
        )

    def _log_outage(self, previous: LinkState) -> None:
        """Log once when pictures end and once when they are back, whatever happens between."""
        book, now_s = self._book, self._clock.instant()
        if book.state is LinkState.STREAMING:
            outage_s = None if self._outage_since_s is None else round(now_s - self._outage_since_s, 1)
            log.info("camera_streaming", camera=self._camera.name, outage_s=outage_s, reconnects=book.reconnects)
            self._outage_since_s = None
        elif self._outage_since_s is None and book.state is not LinkState.CONNECTING:
            self._outage_since_s = now_s
            log.warning(
                "camera_lost", camera=self._camera.name, state=book.state, previous=previous, reason=book.reason
            )
