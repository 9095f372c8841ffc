"""The looks of a room: cut out, queued by importance, shown to the detectors, answered in any case.

Owns LookDesk: joins the pure queue and load steps (``core/looks.py``, ``core/load.py``) with canvases and detectors,
and counts what took place and what was shed, with its reason.
"""

import selectors
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from edge_agent.core.load import ALLOWED, WINDOW_S, LoadBook, LoadStep, LoadTurn, LoadWindow, judge, turn
from edge_agent.core.looks import LookAllowance, LookQueue, LookWish, QueuedLook, ShedLook, ShedReason
from edge_agent.detect.canvas import CanvasForm, CanvasGeometry, canvas_of
from edge_agent.detect.detector_crew import CrewAnswer, DetectorCrew
from edge_agent.detect.looks import Look
from edge_agent.detect.messages import AnalysisFigures
from edge_agent.detect.picture import Picture, Plane
from edge_agent.ops.clock import Clock

log = structlog.get_logger(__name__)

_MOST_PER_DETECTOR: Final = 8
"""Looks that wait per detector; more would only grow old."""
LEAST_PATIENCE_S: Final = 0.05
"""A look waits so long for a detector, or as long as two looks take, before its picture is decided without it."""
OVERDUE_S: Final = 1.0
"""A look not answered for so long is given up, long before its detector is: the camera must go on."""
_SMOOTH: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAnswer:
    """What became of a wish."""

    look_id: int
    camera: int
    wish: LookWish
    look: Look | None
    """None: it was shed or lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    camera: int
    wish: LookWish
    canvas: Plane
    geometry: CanvasGeometry


class LookDesk:
    """One per analysis process; one thread."""

    def __init__(self, crew: DetectorCrew, form: CanvasForm, *, workers: int, clock: Clock) -> None:
        self._crew = crew
        self._form = form
        self._workers = workers
        self._clock = clock
        self._queue = LookQueue(most=_MOST_PER_DETECTOR * workers)
        self._cuts: dict[int, _Cut] = {}
        """Looks that wait or take place."""
        self._under_way: dict[int, tuple[QueuedLook, float]] = {}
        """Looks that a detector has, with the instants at which it got them."""
        self._shed_now: list[ShedLook] = []
        self._last_id = 0
        self._look_s = 0.0
        self._load = LoadBook(since_s=clock.instant())
        self._window = _Window(clock.instant())
        self._looks: Counter[str] = Counter()
        self._shed: Counter[str] = Counter()

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Have the detectors' channels in the selector."""
        self._crew.watch(selector)

    @property
    def allowance(self) -> LookAllowance:
        """What cameras may wish for at the present load."""
        return ALLOWED[self._load.step]

    def picture_came(self, age_s: float) -> None:
        """Note how old a picture was when the analysis took it up."""
        self._window.picture(age_s)

    def refused(self, wishes: Sequence[LookWish]) -> None:
        """Count wishes beyond a camera's rate."""
        self._shed.update(f"{wish.kind} {ShedReason.RATE}" for wish in wishes)

    def ask(self, camera: int, picture: Picture, wishes: Sequence[LookWish], asked_s: float) -> set[int]:
        """Cut the wishes out of a picture and have them looked at; returns the ids that will be answered."""
        asked: set[int] = set()
        for wish in wishes:
            canvas, geometry = canvas_of(picture, wish.region, self._form)
            self._last_id += 1
            self._cuts[self._last_id] = _Cut(camera=camera, wish=wish, canvas=canvas, geometry=geometry)
            asked.add(self._last_id)
            self._shed_now.extend(
                self._queue.put(QueuedLook(look_id=self._last_id, camera=camera, kind=wish.kind, asked_s=asked_s))
            )
        self._window.granted += len(asked)
        self._show()
        return asked

    def answers(self) -> list[LookAnswer]:
        """Return what became of looks since the last call; never blocks."""
        now_s = self._clock.instant()
        found = [self._taken(answer) for answer in self._crew.answers() if self._under_way.pop(answer.look_id, None)]
        self._show()
        patience_s = max(LEAST_PATIENCE_S, 2.0 * self._look_s)
        self._shed_now.extend(self._queue.shed_late(now_s, patience_s=patience_s))
        self._give_up_overdue(now_s)
        found.extend(self._dropped(shed) for shed in self._shed_now)
        self._shed_now.clear()
        self._judge(now_s)
        return found

    def next_look_s(self, within_s: float) -> float:
        """Return how long the loop may wait before ``answers`` has something to do, at most ``within_s``."""
        if self._shed_now:
            return 0.0
        return min(within_s, LEAST_PATIENCE_S / 2) if self._cuts else within_s

    def figures(self) -> AnalysisFigures:
        """Return how the looks are."""
        return AnalysisFigures(
            load=self._load.step,
            load_reason=self._load.reason,
            looks=dict(self._looks),
            shed=dict(self._shed),
            look_ms=round(self._look_s * 1000, 2),
            detectors=self._crew.running,
            detector_restarts=self._crew.restarts,
            detector_fault=self._crew.fault,
        )

    # --- inside -------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Give the detectors what is most important while they have room."""
        while len(self._queue) and self._crew.has_room:
            look = self._queue.next()
            assert look is not None  # noqa: S101 - the queue is not empty
            self._under_way[look.look_id] = (look, self._clock.instant())
            self._crew.ask(look.look_id, self._cuts[look.look_id].canvas)

    def _taken(self, answer: CrewAnswer) -> LookAnswer:
        cut = self._cuts.pop(answer.look_id)
        if answer.raw is None:
            self._shed[f"{cut.wish.kind} {ShedReason.LOST}"] += 1
            return LookAnswer(look_id=answer.look_id, camera=cut.camera, wish=cut.wish, look=None)
        self._looks[cut.wish.kind] += 1
        self._look_s += (answer.took_s - self._look_s) * (_SMOOTH if self._look_s else 1.0)
        self._window.busy_s += answer.took_s
        look = Look(geometry=cut.geometry, raw=answer.raw)
        return LookAnswer(look_id=answer.look_id, camera=cut.camera, wish=cut.wish, look=look)

    def _give_up_overdue(self, now_s: float) -> None:
        """Shed the looks that no detector has answered in time; an answer that still comes is forgotten."""
        patience_s = max(OVERDUE_S, 4.0 * self._look_s)
        overdue = [look for look, asked_s in self._under_way.values() if now_s - asked_s > patience_s]
        for look in overdue:
            del self._under_way[look.look_id]
            self._shed_now.append(ShedLook(look=look, reason=ShedReason.LATE))

    def _dropped(self, shed: ShedLook) -> LookAnswer:
        cut = self._cuts.pop(shed.look.look_id)
        self._shed[f"{cut.wish.kind} {shed.reason}"] += 1
        self._window.shed += 1
        return LookAnswer(look_id=shed.look.look_id, camera=cut.camera, wish=cut.wish, look=None)

    def _judge(self, now_s: float) -> None:
        before = self._load
        if self._crew.running == 0:
            self._load = turn(before, LoadTurn.DETECTOR_LOST, now_s, self._crew.fault)
            self._shed_now.extend(self._queue.clear(ShedReason.LOST))
        elif before.step is LoadStep.MOTION_ONLY:
            self._load = turn(before, LoadTurn.DETECTOR_BACK, now_s, "the detector came back")
        elif now_s - self._window.since_s >= WINDOW_S:
            self._load = judge(before, self._window.seen(now_s, self._workers), now_s)
            self._window = _Window(now_s)
        if self._load.step is not before.step:
            log.warning("load_step", step=self._load.step, before=before.step, reason=self._load.reason)


class _Window:
    """What happens in the present window."""

    def __init__(self, since_s: float) -> None:
        self.since_s = since_s
        self.granted = 0
        self.shed = 0
        self.busy_s = 0.0
        self._pictures = 0
        self._age_s = 0.0

    def picture(self, age_s: float) -> None:
        self._pictures += 1
        self._age_s += age_s

    def seen(self, now_s: float, workers: int) -> LoadWindow:
        return LoadWindow(
            granted=self.granted,
            shed=self.shed,
            busy_share=min(1.0, self.busy_s / (workers * max(1e-3, now_s - self.since_s))),
            picture_age_s=self._age_s / self._pictures if self._pictures else 0.0,
        )
