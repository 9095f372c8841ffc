"""One attempt at one camera: open it, read it until it ends or somebody says stop.

Owns the container and its thread. The machine that decides about the next attempt is ``capture.camera_thread``'s.
A reader may hang in libav longer than anybody waits: it is told to stop and abandoned, and from then on it touches
nothing that it shares with the attempt after it.
"""

from collections.abc import Callable, Iterator
from threading import Event, Lock, Thread
from typing import Final

import av.error
import structlog
from av.packet import Packet
from av.video.stream import VideoStream

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.frames import Frame, FrameSink
from edge_agent.capture.packet_path import PacketPath
from edge_agent.capture.source import OpenSource, classify, open_source
from edge_agent.core.camera_link import Failed, FirstPicture, LinkEvent, Opened
from edge_agent.core.link_failures import Failure, FailureKind
from edge_agent.ops.clock import Clock

log = structlog.get_logger(__name__)

BAD_READS: Final = 100
"""Damaged reads in a row, without one packet between, after which a stream is given up."""

Report = Callable[["StreamReader", LinkEvent], None]


class FilePace:
    """Holds a film back to the speed of life, over any number of loops."""

    def __init__(self, clock: Clock, stop: Event) -> None:
        self._clock = clock
        self._stop = stop
        self._origin_s: float | None = None
        self._first_s = 0.0
        self._last_s = 0.0

    def begin_pass(self) -> None:
        """Tell that the film begins (again)."""
        self._origin_s = None

    def wait_for(self, packet: "Packet[VideoStream]") -> None:
        """Block until the packet's turn; returns early when told to stop."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None or packet.time_base is None:
            return
        stamp_s = float(stamp * packet.time_base)
        if self._origin_s is None:
            self._origin_s = self._clock.instant()
            self._first_s = stamp_s
        ahead_s = self._origin_s + (stamp_s - self._first_s) - self._clock.instant()
        if ahead_s > 0.0:
            self._clock.wait(self._stop, ahead_s)


class StreamReader:
    """A daemon thread that reads one connection; ``report`` is called from it with Opened, FirstPicture and Failed."""

    def __init__(
        self,
        camera: CameraSource,
        *,
        path: PacketPath,
        path_lock: Lock,
        clock: Clock,
        sink: FrameSink,
        report: Report,
        timeout_s: float,
        number: int,
        randomness: Callable[[], float],
    ) -> None:
        self._camera = camera
        self._path = path
        self._path_lock = path_lock
        self._clock = clock
        self._sink = sink
        self._report = report
        self._timeout_s = timeout_s
        self._randomness = randomness
        self._stop = Event()
        self._first_picture_told = False
        self._thread = Thread(target=self._run, name=f"camera-{camera.name}-{number}", daemon=True)

    def start(self) -> None:
        """Begin the attempt."""
        self._thread.start()

    def stop(self) -> None:
        """Tell the reader to end; returns at once. Nothing is reported or offered any more once the lock is free."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; return whether it ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_alive(self) -> bool:
        """Whether the thread still runs, perhaps stuck in libav."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            failure = self._attempt()
        except Exception:  # supervisor of one attempt: a defect here must not end the camera for ever
            log.exception("camera_reader_fault", camera=self._camera.name)
            failure = Failure(kind=FailureKind.FAULT, sentence="a fault of this program ended the reading; see its log")
        if failure is not None and not self._stop.is_set():
            at_s = self._clock.instant()
            self._report(self, Failed(at_s=at_s, failure=failure, randomness=self._randomness()))

    def _attempt(self) -> Failure | None:
        """Read until the end; return why it ended, None when told to stop."""
        pace = FilePace(self._clock, self._stop) if self._camera.is_file else None
        loop = False
        while not self._stop.is_set():
            source = open_source(self._camera, timeout_s=self._timeout_s, instant=self._clock.instant)
            if isinstance(source, Failure):
                return source
            try:
                if self._stop.is_set():
                    return None
                failure = self._read(source, pace, loop=loop)
            finally:
                source.close()
            if failure is None or failure.kind is not FailureKind.ENDED or not (self._camera.loop and pace):
                return failure
            if not self._first_picture_told:
                return Failure(kind=FailureKind.UNDECODABLE, sentence="the film ended without a single picture")
            loop = True
        return None

    def _read(self, source: OpenSource, pace: FilePace | None, *, loop: bool) -> Failure | None:
        with self._path_lock:
            if self._stop.is_set():
                return None
            self._path.begin(source, at_s=self._clock.instant(), loop=loop)
        if pace is not None:
            pace.begin_pass()
        if not loop:
            self._report(self, Opened(at_s=self._clock.instant()))
        began_s = self._clock.instant()
        try:
            for packet in self._packets(source):
                if pace is not None:
                    pace.wait_for(packet)
                if not self._take(packet):
                    return None
                began_s = self._clock.instant()
        except av.error.FFmpegError as error:
            waited_s = self._clock.instant() - began_s
            failure = classify(error, self._camera, waited_s=waited_s, timeout_s=self._timeout_s)
            return self._name_loss(failure, waited_s)
        return self._finish()

    def _packets(self, source: OpenSource) -> "Iterator[Packet[VideoStream]]":
        """Yield packets over damaged places: libav goes on behind them when it is asked again."""
        bad_reads = 0
        while True:
            try:
                for packet in source.packets():
                    bad_reads = 0
                    yield packet
            except av.error.InvalidDataError:
                bad_reads += 1
                self._path.counters.bad_reads += 1
                if bad_reads > BAD_READS or self._stop.is_set():
                    raise
            else:
                return

    def _take(self, packet: "Packet[VideoStream]") -> bool:
        """Pass one packet on; return False when told to stop."""
        with self._path_lock:
            if self._stop.is_set():
                return False
            frames = self._path.take(packet, arrived_s=self._clock.instant(), wall_us=self._clock.now_us())
            self._offer(frames)
        return True

    def _finish(self) -> Failure | None:
        with self._path_lock:
            if self._stop.is_set():
                return None
            self._offer(self._path.drain())
        what = "the film ended" if self._camera.is_file else "the camera ended the stream"
        return Failure(kind=FailureKind.ENDED, sentence=what)

    def _offer(self, frames: list[Frame]) -> None:
        if self._path.shows_pictures and not self._first_picture_told:
            self._first_picture_told = True
            self._report(self, FirstPicture(at_s=self._clock.instant()))
        for frame in frames:
            self._sink.offer(frame)

    @staticmethod
    def _name_loss(failure: Failure, waited_s: float) -> Failure:
        """Name what ended a stream that already ran: neither a wrong address nor a slow handshake."""
        if failure.kind is FailureKind.TIMED_OUT:
            return Failure(kind=FailureKind.SILENT, sentence=f"no packet for {waited_s:.0f} s")
        if failure.kind is FailureKind.NOT_A_VIDEO:
            return Failure(kind=FailureKind.LOST, sentence="the stream became unreadable")
        return failure
