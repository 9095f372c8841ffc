"""The room's side of its analysis: hands pictures over, takes decisions back, starts a fallen process again.

Two threads: ``pictures`` copies the newest frame of whichever camera's turn it is into shared memory, ``decisions``
hears what it means. Cameras never wait for either. While there is no analysis, cameras, recording and flags go on; the
newest frame of each camera waits, the others are counted as skipped.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, assert_never

import structlog

from edge_agent.app.analysis_child import START_WITHIN_S, AnalysisChild, PictureUnderWay
from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.frame_slots import FrameSlots
from edge_agent.capture.frames import Frame
from edge_agent.core.alerts import AlertChange
from edge_agent.core.child_life import ChildBook, ChildState, ChildTurn, step
from edge_agent.core.load import LoadStep
from edge_agent.detect.errors import ModelError
from edge_agent.detect.messages import AnalysisFigures, Decided, Ready, Refused, SlotFreed, ToRoom, unpacked
from edge_agent.ops.channel import ChannelClosedError
from edge_agent.ops.clock import Clock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.settings.model import AgentSettings, CameraSettings

log = structlog.get_logger(__name__)

_LOOK_S: Final = 0.5
HANGS_AFTER_S: Final = 10.0
"""The analysis says once a second how it is; silent for so long, it hangs and is started again."""
_NOTHING: Final = AnalysisFigures(
    load=LoadStep.FULL,
    load_reason="",
    looks={},
    shed={},
    look_ms=0.0,
    detectors=0,
    detector_restarts=0,
    detector_fault="",
)


class AlertTaker(Protocol):
    """Takes what one picture meant; the caller is the thread that hears the analysis."""

    def __call__(self, camera: CameraWorker, frame: Frame, changes: tuple[AlertChange, ...]) -> None:
        """Take or count."""
        ...


class Analysis:
    """The analysis of all cameras; started once, stopped once."""

    def __init__(
        self,
        child: AnalysisChild,
        settings: AgentSettings,
        *,
        clock: Clock,
        metrics: RoomMetrics,
        take_changes: AlertTaker,
        keep_seen: Callable[[str, bytes], None],
    ) -> None:
        """``child`` is ready; from now on it is ours to end. ``keep_seen`` gets what each picture showed, packed."""
        self._keep_seen = keep_seen
        self.slots: FrameSlots[Frame] = FrameSlots()
        self._settings = settings
        self._index = {camera.name: number for number, camera in enumerate(settings.cameras)}
        self._cameras: Sequence[CameraWorker] = ()
        self._clock = clock
        self._metrics = metrics
        self._take_changes = take_changes
        self._child: AnalysisChild | None = child
        self._heard_s = clock.instant()
        self.book = step(ChildBook(since_s=self._heard_s), ChildTurn.READY, self._heard_s)
        self._stopping = threading.Event()
        self._back = threading.Event()
        """Set while there is a child to show pictures to."""
        self._back.set()
        self.model_report = child.report
        """What the model is and why it runs so; empty: motion alone."""
        self.figures = _NOTHING
        """What the analysis said last of its looks."""
        self.picture_ms = 0.0
        """Mean CPU time per picture, over the last fifty or so."""
        self.rounds = {"pictures": 0, "decisions": 0}
        """Rounds of each thread, also idle ones; the watchdog compares them."""
        self._threads = [
            threading.Thread(target=self._show_pictures, name="pictures", daemon=True),
            threading.Thread(target=self._hear_decisions, name="decisions", daemon=True),
        ]

    def take(self, camera: str, frame: Frame) -> None:
        """Take a frame of a camera; live ones that wait are replaced and counted, replayed ones wait in order.

        While the analysis keeps up, the camera's own thread hands the frame over and nothing waits.
        """
        child = self._child
        slot = None if child is None else child.free_slot(within_s=0.0)
        if child is not None and slot is not None:
            if self.slots.lease(camera):
                self._show(child, slot, camera, frame)
                return
            child.give_back(slot)
        dropped = self.slots.offer(camera, frame, replayed=frame.replayed)
        if dropped:
            self._metrics.skipped.labels(camera).inc(dropped)

    def change(self, camera: CameraSettings) -> None:
        """Have other rules hold for one camera from its next picture on; any thread.

        Its motion and tracks go on, and no other camera is touched.
        """
        index = self._index[camera.name]
        cameras = list(self._settings.cameras)
        cameras[index] = camera
        # First for the next start of the process, then for the one that runs: none is left without.
        self._settings = self._settings.model_copy(update={"cameras": tuple(cameras)})
        child = self._child
        if child is not None:
            child.change(index, camera)

    def start(self, cameras: Mapping[str, CameraWorker]) -> None:
        """Begin to analyse these cameras, those of the settings."""
        self._cameras = [cameras[camera.name] for camera in self._settings.cameras]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; within about a second. Pictures under way are not decided any more."""
        self._stopping.set()
        self._back.set()
        self.slots.wake()
        child = self._child
        if child is not None:
            child.end()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=1.0)

    @property
    def pid(self) -> int | None:
        """Process id of the analysis; None while there is none."""
        child = self._child
        return None if child is None else child.pid

    # --- the pictures' thread -----------------------------------------------------------------------------------

    def _show_pictures(self) -> None:
        while not self._stopping.is_set():
            self.rounds["pictures"] += 1
            child = self._child
            if child is None:
                self._clock.wait(self._back, _LOOK_S)
                continue
            slot = child.free_slot(within_s=_LOOK_S)
            if slot is None:
                continue
            taken = self.slots.take(within_s=_LOOK_S)
            if taken is None:
                child.give_back(slot)
                continue
            self._show(child, slot, *taken)
            del taken  # a picture held while waiting for the next one costs its camera's decoder another

    def _show(self, child: AnalysisChild, slot: int, name: str, frame: Frame) -> None:
        index = self._index[name]
        picture = PictureUnderWay(self._cameras[index], frame, index)
        try:
            if child.show(slot, picture):
                return
        except ChannelClosedError:
            self._lose([picture])
            self._clock.wait(self._stopping, 0.01)  # the other thread is about to notice
            return
        self._metrics.lost.labels("picture", "too_large").inc()
        self.slots.done(name)

    # --- the decisions' thread ----------------------------------------------------------------------------------

    def _hear_decisions(self) -> None:
        while not self._stopping.is_set():
            self.rounds["decisions"] += 1
            child = self._child
            if child is None:
                self._begin_again()
                continue
            try:
                said = child.listen(within_s=_LOOK_S)
            except ChannelClosedError:
                if not self._stopping.is_set():
                    self._fell(child, "ended")
                continue
            if said is not None:
                self._heard_s = self._clock.instant()
                self._hear(child, said)
            else:
                self._end_if_it_hangs(child)

    def _end_if_it_hangs(self, child: AnalysisChild) -> None:
        patience_s = START_WITHIN_S if self.book.state is ChildState.STARTING else HANGS_AFTER_S
        if self._clock.instant() - self._heard_s > patience_s:
            self._fell(child, f"was silent for {patience_s:.0f} s and was ended")

    def _hear(self, child: AnalysisChild, said: ToRoom) -> None:
        match said:
            case Decided():
                self._decide(child, said)
            case SlotFreed():
                child.give_back(said.slot)
            case AnalysisFigures():
                self._count(said)
            case Ready():
                log.info("analysis_running", restarts=self.book.restarts, **said.report)
                self.model_report = said.report
                self.book = step(self.book, ChildTurn.READY, self._clock.instant())
            case Refused():
                self._fell(child, said.sentence)
            case _:
                assert_never(said)

    def _decide(self, child: AnalysisChild, decided: Decided) -> None:
        if decided.slot >= 0:
            child.give_back(decided.slot)
        picture = child.under_way(decided.number) if decided.more else child.decided(decided.number)
        if picture is None:
            return
        camera, frame = picture.camera, picture.frame
        if decided.changes:
            self._take_changes(camera, frame, unpacked(decided.changes))
        if decided.more:
            return
        if decided.seen:
            self._keep_seen(camera.name, decided.seen)
        self.slots.done(camera.name)
        self._metrics.analysis.observe(decided.took_s)
        took_ms = decided.took_s * 1000
        self.picture_ms += (took_ms - self.picture_ms) * (0.02 if self.picture_ms else 1.0)
        self._metrics.pictures.labels(camera.name).inc()
        kind = "replayed" if frame.replayed else "live"
        self._metrics.lag.labels(kind).observe(self._clock.instant() - frame.arrived_s)
        if decided.failed:
            self._metrics.faults.labels("analysis").inc()
        camera.decided(
            attend=decided.attend,
            looked_at=decided.looked_at,
            failed=decided.failed,
            conditions=None if decided.conditions is None else frozenset(decided.conditions),
        )

    def _count(self, now: AnalysisFigures) -> None:
        """Carry what the process counted since it was heard last over to the room's own counters."""
        before, self.figures = self.figures, now
        for kind, count in now.looks.items():
            self._metrics.looks.labels(kind).inc(max(0, count - before.looks.get(kind, 0)))
        for words, count in now.shed.items():
            kind, reason = words.split(" ")
            self._metrics.looks_shed.labels(kind, reason).inc(max(0, count - before.shed.get(words, 0)))

    # --- falling and coming back --------------------------------------------------------------------------------

    def _fell(self, child: AnalysisChild, reason: str) -> None:
        code = child.exit_code
        self._back.clear()
        self._child = None
        self._lose(child.abandon())
        self.book = step(self.book, ChildTurn.FELL, self._clock.instant(), f"the analysis {reason}")
        self._metrics.faults.labels("analysis_process").inc()
        self.figures = _NOTHING
        if self.book.falls_in_row == 1:  # once at the start of an outage; repeats are counted
            log.error("analysis_fell", reason=reason, exit_code=code)

    def _lose(self, pictures: Sequence[PictureUnderWay]) -> None:
        for picture in pictures:
            self._metrics.lost.labels("picture", "analysis_fell").inc()
            self.slots.done(picture.camera.name)

    def _begin_again(self) -> None:
        now_s = self._clock.instant()
        next_start_s = self.book.next_start_s
        if self.book.state is ChildState.BACKING_OFF and next_start_s is not None and now_s < next_start_s:
            self._clock.wait(self._stopping, min(_LOOK_S, next_start_s - now_s))
            return
        self.book = step(self.book, ChildTurn.STARTED, now_s)
        self._heard_s = now_s
        try:
            self._child = AnalysisChild(self._settings)
        except ModelError as error:
            self.book = step(self.book, ChildTurn.FELL, now_s, str(error))
            return
        self._back.set()
