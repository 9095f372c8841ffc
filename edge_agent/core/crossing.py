"""Going over a line: where the way between two pictures cuts it, in which direction, for good. Owns CrossingWatch."""

from dataclasses import dataclass
from typing import assert_never

from edge_agent.core.boxes import Point
from edge_agent.core.claims import Claim, TrackWatch, came, claim_of, is_placed
from edge_agent.core.observation import Observation
from edge_agent.core.rules import LineCrossing
from edge_agent.core.tracks import Track
from edge_agent.core.zones import Direction


@dataclass(slots=True)
class _Passage:
    """Where a track stands with regard to a line."""

    track: Track
    """As it was last seen."""
    point: Point
    at_s: float
    crossed_s: float | None = None
    """When it went over the line, while that is not told yet."""
    rightwards: bool = False
    frames_beyond: int = 0
    undone_s: float = float("-inf")
    """When it last went the other way: coming back from there is no crossing either."""


class CrossingWatch(TrackWatch):
    """Judges a line crossing."""

    def __init__(self, rule: LineCrossing) -> None:
        self._rule = rule
        self._passages: dict[int, _Passage] = {}

    def observe(self, seen: Observation) -> list[Claim]:
        """Follow every track to its side of the line; a crossing is claimed once."""
        passages: dict[int, _Passage] = {}
        claims: list[Claim] = []
        for track in seen.tracks:
            passage = self._passages.pop(track.track_id, None)
            if track.seen_now and is_placed(track):
                passage = self._go_on(passage, track, seen.at_s)
            if passage is None:
                continue
            passages[track.track_id] = passage
            if self._is_over(passage) and seen.at_s - self._crossed_s(passage) >= self._rule.debounce_s:
                claims.append(self._claim(passage))
        # Who left the picture within the debounce has not come back.
        claims.extend(self._claim(left) for left in self._passages.values() if self._is_over(left))
        self._passages = passages
        return claims

    @staticmethod
    def _crossed_s(passage: _Passage) -> float:
        return passage.crossed_s if passage.crossed_s is not None else float("inf")

    def _claim(self, passage: _Passage) -> Claim:
        moment = self._crossed_s(passage)
        passage.crossed_s = None
        return claim_of(
            passage.track, place=self._rule.line.name, since_s=moment, held_s=moment, ready=True, momentary=True
        )

    def _go_on(self, passage: _Passage | None, track: Track, at_s: float) -> _Passage:
        """Follow the anchor over the line; going back before it was told takes the crossing back."""
        point = self._rule.anchor.of(track.box)
        if passage is None:
            return _Passage(track, point, at_s)
        share = self._rule.line.crossed(passage.point, point)
        if share is not None:
            self._cross(passage, rightwards=self._rule.line.side(point) >= 0.0, share=share, at_s=at_s)
        if passage.crossed_s is not None:
            passage.frames_beyond += 1
        passage.track, passage.point, passage.at_s = track, point, at_s
        return passage

    def _cross(self, passage: _Passage, *, rightwards: bool, share: float, at_s: float) -> None:
        moment = passage.at_s + share * (at_s - passage.at_s)
        if passage.crossed_s is not None and rightwards != passage.rightwards:
            passage.crossed_s = None
            return
        returns = moment - passage.undone_s <= self._rule.debounce_s and self._rule.debounce_s > 0.0
        if not self._wanted(rightwards):
            passage.undone_s = moment
        elif returns:
            passage.undone_s = float("-inf")
        else:
            passage.crossed_s, passage.rightwards, passage.frames_beyond = moment, rightwards, 0

    def _wanted(self, rightwards: bool) -> bool:
        match self._rule.direction:
            case Direction.BOTH:
                return True
            case Direction.LEFT_TO_RIGHT:
                return rightwards
            case Direction.RIGHT_TO_LEFT:
                return not rightwards
            case _:
                assert_never(self._rule.direction)

    def _is_over(self, passage: _Passage) -> bool:
        """Whether the crossing is to be believed: beyond the margin or seen beyond twice, on a believed track."""
        if passage.crossed_s is None:
            return False
        beyond = abs(self._rule.line.side(passage.point)) >= self._rule.beyond or passage.frames_beyond >= 2
        return beyond and passage.track.hits >= self._rule.min_frames and came(self._rule, passage.track)
