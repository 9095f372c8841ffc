"""One camera inside the analysis process: its analysis, its attention, its looks, the picture in hand.

Owns CameraDesk. A defect in the analysis of one picture costs that picture and the camera's tracks; the analysis begins
anew, the other cameras never notice. Logged once until a picture goes through again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from edge_agent.core.attention import Attention
from edge_agent.core.looks import LookAllowance, LookRate, LookWish, by_rank
from edge_agent.core.rules import AnyRule
from edge_agent.detect.analyser import AnalysisResult, BegunPicture, CameraAnalysis
from edge_agent.detect.looks import Look, detections_of
from edge_agent.detect.picture import Picture

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class PictureInHand:
    """A picture between its two halves."""

    number: int
    begun: BegunPicture
    captured_at: int = 0
    """UTC microseconds."""
    took_s: float = 0.0
    waits_for: set[int] = field(default_factory=set)
    """Looks that are not answered yet."""
    wishes: list[LookWish] = field(default_factory=list)
    """Those that were granted and took place, and the looks they gave."""
    looks: list[Look] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one picture of the camera means."""

    result: AnalysisResult
    attend: bool


class CameraDesk:
    """The desk of one camera; one thread, pictures in order of media time, one at a time."""

    def __init__(
        self, name: str, new_analysis: Callable[[], CameraAnalysis], *, labels: Sequence[str], looks_per_s: float
    ) -> None:
        """``labels`` are the model's, in the order of its classes; ``looks_per_s`` 0 sets no limit."""
        self.name = name
        self._labels = labels
        self._new_analysis = new_analysis
        self._analysis = new_analysis()
        self._attention = Attention()
        self._rate: Final = LookRate(looks_per_s)
        self._next_rules: Sequence[AnyRule] | None = None
        self._faulty = False
        self.faults = 0
        """How often the analysis began anew; tracks of before have nothing to do with those of after."""
        self.in_hand: PictureInHand | None = None

    def change(self, rules: Sequence[AnyRule], new_analysis: Callable[[], CameraAnalysis]) -> None:
        """Judge by other rules from the next picture on; the one in hand is decided by those it began with."""
        self._next_rules, self._new_analysis = rules, new_analysis

    @property
    def labels(self) -> tuple[str, ...]:
        """What is looked for, apart from motion."""
        return self._analysis.labels

    def begin(
        self,
        picture: Picture,
        at_s: float,
        allowance: LookAllowance,
        *,
        number: int,
        local: datetime | None = None,
        captured_at: int = 0,
    ) -> PictureInHand | None:
        """Take a picture in hand; ``local`` is the room's clock at it. None when a defect of ours cost it."""
        try:
            if self._next_rules is not None:
                rules, self._next_rules = self._next_rules, None
                self._analysis.change(rules)
            begun = self._analysis.begin(picture, at_s, allowance, local=local)
        except Exception:  # supervisor of one camera's analysis: its fault stays its own
            if not self._faulty:
                log.exception("analysis_failed", camera=self.name)
            self._begin_anew()
            return None
        self.in_hand = PictureInHand(number=number, begun=begun, captured_at=captured_at)
        return self.in_hand

    def granted(self, wishes: Sequence[LookWish], at_s: float) -> tuple[list[LookWish], list[LookWish]]:
        """Return those of the wishes that the camera's rate of looks allows, the most important ones, and the rest."""
        ranked = by_rank(wishes, whole_overdue=self._analysis.whole_overdue(at_s))
        allowed = self._rate.take(len(ranked), at_s)
        return ranked[:allowed], ranked[allowed:]

    def finish(self) -> Verdict | None:
        """Decide the picture in hand; None when a defect of ours cost it."""
        picture = self.in_hand
        assert picture is not None  # noqa: S101 - the caller finishes what it began
        self.in_hand = None
        try:
            seen = detections_of(picture.looks, self._labels)
            result = self._analysis.finish(picture.begun, picture.wishes, seen)
            attend = self._attention.wanted(result.tracks, picture.begun.at_s)
        except Exception:  # supervisor of one camera's analysis: its fault stays its own
            if not self._faulty:
                log.exception("analysis_failed", camera=self.name)
            self._begin_anew()
            return None
        if self._faulty:
            self._faulty = False
            log.info("analysis_recovered", camera=self.name, faults=self.faults)
        return Verdict(result=result, attend=attend)

    def _begin_anew(self) -> None:
        self.faults += 1
        self._faulty = True
        self.in_hand = None
        self._analysis = self._new_analysis()
        self._attention = Attention()
