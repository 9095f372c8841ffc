"""The detector processes of the analysis: started, asked, watched, ended when they hang, started again.

Owns DetectorCrew. A look that its detector never answers is answered by the crew, as lost; nobody waits for ever.
"""

import selectors
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
import structlog

from edge_agent.core.child_life import ChildBook, ChildState, ChildTurn, step
from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.raw import RawDetections
from edge_agent.detect.messages import DetectorSetup, LookAsked, LookTaken, ModelReady, Refused, encode, read_by_desk
from edge_agent.detect.picture import Plane
from edge_agent.detect.shared_canvases import SLOTS, SharedCanvases
from edge_agent.ops.channel import ChannelClosedError
from edge_agent.ops.child_process import ChildProcess
from edge_agent.ops.clock import Clock
from edge_agent.ops.priority import niceness
from edge_agent.settings.model import DetectorSettings

log = structlog.get_logger(__name__)

_MODULE: Final = "edge_agent.detect.detector_process"
"""By name: importing it would load onnxruntime here."""
START_WITHIN_S: Final = 60.0
"""A large model on a slow disk, TensorRT aside, which builds its engine once."""
HANGS_AFTER_S: Final = 5.0
"""No model that is of use takes so long for one look."""
NICE: Final = 5
"""Detectors yield to the threads that read cameras: a look may wait, a packet must not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewAnswer:
    """What became of one look."""

    look_id: int
    raw: RawDetections | None
    """None: the detector fell, or the model raised."""
    took_s: float


@dataclass(slots=True, kw_only=True)
class _Detector:
    number: int
    canvases: SharedCanvases
    book: ChildBook
    process: ChildProcess | None = None
    asked: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Slot → the look in it and the instant it was asked, oldest first."""

    @property
    def free_slot(self) -> int | None:
        if self.process is None or self.book.state is not ChildState.RUNNING:
            return None
        return next((slot for slot in range(SLOTS) if slot not in self.asked), None)


class DetectorCrew:
    """All detectors of one model; one thread."""

    def __init__(self, settings: DetectorSettings, *, min_score: float, clock: Clock) -> None:
        """Start the first detector; raises OSError. The others follow when it has decided what was left open."""
        self._settings = settings
        self._min_score = min_score
        self._clock = clock
        self._usual_niceness = niceness()
        """Of this process while it starts; the detectors' is counted from here, also when it goes first later."""
        self._selector: selectors.BaseSelector | None = None
        self._lost: list[CrewAnswer] = []
        self.fault = ""
        """Why a detector is down; empty while all run."""
        self._detectors: list[_Detector] = []
        self._add()

    def await_ready(self) -> ModelReady:
        """Block until every detector is ready; returns what the first one decided.

        Raises ModelError when one refuses or does not come, OSError when the machine has no room for it.
        """
        first = self._await(self._detectors[0])
        self._settings = self._settings.model_copy(update={"precision": first.precision.value})
        while len(self._detectors) < self._settings.workers:
            self._add()
        for detector in self._detectors[1:]:
            self._await(detector)
        return first

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Have every detector's channel in the selector, over restarts."""
        self._selector = selector
        for detector in self._detectors:
            if detector.process is not None:
                selector.register(detector.process.channel, selectors.EVENT_READ)

    @property
    def running(self) -> int:
        """Detectors that can be asked."""
        return sum(detector.book.state is ChildState.RUNNING for detector in self._detectors)

    @property
    def restarts(self) -> int:
        """Starts after the first ones."""
        return sum(detector.book.restarts for detector in self._detectors)

    @property
    def has_room(self) -> bool:
        """Whether a look can be asked now."""
        return any(detector.free_slot is not None for detector in self._detectors)

    def ask(self, look_id: int, canvas: Plane) -> None:
        """Show a canvas to the detector with the least work; ``has_room`` was true."""
        free = [detector for detector in self._detectors if detector.free_slot is not None]
        detector = min(free, key=lambda one: len(one.asked))
        slot = detector.free_slot
        assert slot is not None  # noqa: S101 - has_room said so
        assert detector.process is not None  # noqa: S101 - a running detector has a process
        detector.canvases.put(slot, canvas)
        detector.asked[slot] = (look_id, self._clock.instant())
        try:
            detector.process.channel.send(encode(LookAsked(look_id=look_id, slot=slot)))
        except ChannelClosedError:
            self._fell(detector, "ended")

    def answers(self) -> list[CrewAnswer]:
        """Return every answer that is there, and look after the detectors; never blocks."""
        found: list[CrewAnswer] = []
        for detector in self._detectors:
            found.extend(self._read(detector))
        for detector in self._detectors:
            self._tend(detector)
        found.extend(self._lost)
        self._lost.clear()
        return found

    def end(self) -> None:
        """End every detector."""
        for detector in self._detectors:
            if detector.process is not None:
                detector.process.end()

    # --- inside -------------------------------------------------------------------------------------------------

    def _add(self) -> None:
        detector = _Detector(
            number=len(self._detectors),
            canvases=SharedCanvases.make(),
            book=ChildBook(since_s=self._clock.instant()),
        )
        self._detectors.append(detector)
        self._start(detector)

    def _await(self, detector: _Detector) -> ModelReady:
        assert detector.process is not None  # noqa: S101 - it was started
        try:
            message = detector.process.channel.receive(within_s=START_WITHIN_S)
        except ChannelClosedError as error:
            code = detector.process.end()
            raise ModelError(f"the detector process ended at its start (exit code {code}); see its log") from error
        said = None if message is None else read_by_desk(message)
        if isinstance(said, Refused):
            raise ModelError(said.sentence)
        if not isinstance(said, ModelReady):
            raise ModelError(f"the model was not open within {START_WITHIN_S:.0f} s; take a smaller one")
        detector.book = step(detector.book, ChildTurn.READY, self._clock.instant())
        return said

    def _start(self, detector: _Detector) -> None:
        setup = DetectorSetup(settings=self._settings.model_dump_json(), min_score=self._min_score)
        detector.process = ChildProcess(
            _MODULE,
            setup=msgspec.json.encode(setup),
            shared=(detector.canvases.descriptor,),
            nice=NICE + self._usual_niceness - niceness(),
        )
        if self._selector is not None:
            self._selector.register(detector.process.channel, selectors.EVENT_READ)

    def _read(self, detector: _Detector) -> list[CrewAnswer]:
        found: list[CrewAnswer] = []
        while detector.process is not None:
            try:
                message = detector.process.channel.receive(within_s=0.0)
            except ChannelClosedError:
                self._fell(detector, "ended")
                break
            if message is None:
                break
            match read_by_desk(message):
                case LookTaken() as taken:
                    detector.asked.pop(taken.slot, None)
                    found.append(_answer(taken))
                    if taken.fault:
                        self._note_fault(taken.fault)
                case ModelReady():
                    detector.book = step(detector.book, ChildTurn.READY, self._clock.instant())
                    self.fault = ""
                    log.info("detector_running", detector=detector.number, restarts=detector.book.restarts)
                case Refused() as refused:
                    self._fell(detector, refused.sentence)
        return found

    def _tend(self, detector: _Detector) -> None:
        now_s = self._clock.instant()
        match detector.book.state:
            case ChildState.BACKING_OFF:
                if detector.book.next_start_s is not None and now_s >= detector.book.next_start_s:
                    detector.book = step(detector.book, ChildTurn.STARTED, now_s)
                    try:
                        self._start(detector)
                    except OSError as error:
                        self._fell(detector, f"cannot be started ({error.strerror})")
            case ChildState.STARTING:
                if now_s - detector.book.since_s > START_WITHIN_S:
                    self._fell(detector, f"was not ready within {START_WITHIN_S:.0f} s")
            case ChildState.RUNNING:
                oldest_s = min((asked_s for _, asked_s in detector.asked.values()), default=now_s)
                if now_s - oldest_s > HANGS_AFTER_S:
                    self._fell(detector, f"hung for {HANGS_AFTER_S:.0f} s and was ended")

    def _fell(self, detector: _Detector, reason: str) -> None:
        """Take leave of a detector: its looks are lost, it is started again after its pause."""
        code: int | None = None
        if detector.process is not None:
            if self._selector is not None:
                self._selector.unregister(detector.process.channel)
            code = detector.process.kill()
            detector.process = None
        self._lost.extend(CrewAnswer(look_id=look_id, raw=None, took_s=0.0) for look_id, _ in detector.asked.values())
        detector.asked.clear()
        detector.book = step(detector.book, ChildTurn.FELL, self._clock.instant(), reason)
        self.fault = f"detector {detector.number} {reason}"
        if detector.book.falls_in_row == 1:  # once at the start of an outage; repeats are counted
            log.error("detector_fell", detector=detector.number, reason=reason, exit_code=code)

    def _note_fault(self, fault: str) -> None:
        if self.fault != fault:
            log.error("look_failed", reason=fault)
        self.fault = fault


def _answer(taken: LookTaken) -> CrewAnswer:
    if taken.fault:
        return CrewAnswer(look_id=taken.look_id, raw=None, took_s=taken.took_s)
    return CrewAnswer(
        look_id=taken.look_id,
        raw=RawDetections(
            boxes=np.frombuffer(taken.boxes, dtype=np.float32).reshape(-1, 4),
            scores=np.frombuffer(taken.scores, dtype=np.float32),
            classes=np.frombuffer(taken.classes, dtype=np.int64),
        ),
        took_s=taken.took_s,
    )
