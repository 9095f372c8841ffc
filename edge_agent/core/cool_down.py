"""Which later sighting is the same thing again, so that it does not raise the same rule twice.

What counts as the same thing, precisely:

1. the same track, until ``cool_down_s`` after its condition ended;
2. a new track born where a thing that stood still was last seen (overlap at least STILL_OVERLAP), until
   ``cool_down_s`` after that: detectors lose and find again what does not move. Each sighting starts the time anew, so
   a parked car that flickers for an hour alerts once;
3. a new track born within IDENTITY_GAP_S where a moving thing would be by then: a track that broke;
4. a track that overlaps the thing within HALF_WITHIN_S, one above the other, and is its other half: a rider and the
   bicycle, a car and the motion around it, the cab and the bed of a pick-up;
5. a track that was seen to be one rider with the thing, whatever either is taken for later (``riders.py``).

Everything else is another thing and alerts at once, however soon: the second of two riders five seconds apart is born
where the first came from, not where it was last seen standing. Owns CoolDown, one per rule, and what it must know of a
thing (Sighted): a track has it, and so has a thing that was left behind and never had a track.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Protocol

from edge_agent.core.boxes import Box
from edge_agent.core.detections import may_be_one_object, may_be_parts

IDENTITY_GAP_S: Final = 2.0
STILL_OVERLAP: Final = 0.3
HALF_WITHIN_S: Final = 1.0
_HALF_ACROSS: Final = 0.5
_NEAR: Final = 0.25
"""A gap of so much of their sizes still joins two halves: a rider's shoulders and the wheels."""
_PART_COVER: Final = 0.7
_STILL_SPEED: Final = 0.25
"""Own sizes per second below which a thing stands still."""
_MOVING_GROWN: Final = 0.25
_MOVING_OVERLAP: Final = 0.2


class Sighted(Protocol):
    """What is to be known of a thing to recognise it."""

    @property
    def track_id(self) -> int:
        """Unique in one camera session; below 0 for a thing that is no track."""
        ...

    @property
    def label(self) -> str:
        """What it is taken for."""
        ...

    @property
    def box(self) -> Box:
        """Where it is."""
        ...

    @property
    def velocity(self) -> tuple[float, float]:
        """Shares of the picture per second."""
        ...

    @property
    def first_s(self) -> float:
        """When it was first seen."""
        ...

    @property
    def first_box(self) -> Box:
        """Where it was then."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeen:
    """Where and when a thing was last seen, and how it moved."""

    track_id: int
    label: str
    box: Box
    velocity: tuple[float, float]
    last_s: float

    @property
    def still(self) -> bool:
        """Whether it stood still."""
        return is_still(self.box, self.velocity)

    def continued_by(self, track: Sighted, *, cool_down_s: float) -> bool:
        """Whether a track born later is this thing again."""
        gap_s = track.first_s - self.last_s
        if track.track_id == self.track_id or gap_s < 0.0:
            return False
        if self.still:
            return gap_s <= cool_down_s and track.first_box.iou(self.box) >= STILL_OVERLAP
        if gap_s > IDENTITY_GAP_S:
            return False
        expected = self.box.moved(self.velocity[0] * gap_s, self.velocity[1] * gap_s)
        return track.first_box.grown(_MOVING_GROWN).iou(expected.grown(_MOVING_GROWN)) >= _MOVING_OVERLAP

    def half_of(self, track: Sighted, at_s: float) -> bool:
        """Whether the track is the other half of this thing."""
        if track.track_id == self.track_id or at_s - self.last_s > HALF_WITHIN_S:
            return False
        if may_be_parts(track.label, self.label):
            return max(track.box.covered_by(self.box), self.box.covered_by(track.box)) >= _PART_COVER
        return may_be_one_object(track.label, self.label) and in_line(track.box, self.box)


def is_still(box: Box, velocity: tuple[float, float]) -> bool:
    """Whether what moves so slowly, for its size, stands still."""
    size = max(1e-3, (box.width + box.height) / 2)
    return float((velocity[0] ** 2 + velocity[1] ** 2) ** 0.5) < _STILL_SPEED * size


def in_line(one: Box, other: Box) -> bool:
    """Whether two boxes touch, one above the other, as a rider and the bicycle do."""
    if one.grown(_NEAR).intersection(other.grown(_NEAR)) <= 0.0:
        return False
    across = min(one.right, other.right) - max(one.left, other.left)
    return across >= _HALF_ACROSS * min(one.width, other.width)


def last_seen(track: Sighted, *, box: Box, at_s: float) -> LastSeen:
    """Return what is to be remembered of a track that was at ``box`` at ``at_s``."""
    return LastSeen(track_id=track.track_id, label=track.label, box=box, velocity=track.velocity, last_s=at_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What was told of a thing that raised the rule: since when it is there, and its stage."""

    since_s: float
    stage: int


class CoolDown:
    """The things that raised one rule lately."""

    def __init__(self, cool_down_s: float) -> None:
        self._cool_down_s = cool_down_s
        self._ended: dict[int, LastSeen] = {}
        self._raised: dict[int, Raised] = {}
        self._same_as: dict[int, int] = {}

    def remember(self, seen: LastSeen, raised: Raised) -> None:
        """An alert of this thing ended."""
        self._ended[seen.track_id] = seen
        self._raised[seen.track_id] = raised

    def raised(self, track: Sighted) -> Raised | None:
        """Return what was told of a thing that ``suppresses`` knows."""
        return self._raised.get(track.track_id)

    def suppresses(self, track: Sighted, at_s: float, *, halves: Collection[int] = ()) -> bool:
        """Whether the track is a thing that raised the rule lately; call it while the track meets the condition.

        ``halves`` are the tracks that are one rider with it.
        """
        self._forget(at_s)
        known = self._ended.get(track.track_id)
        if known is None:
            known = self._recognise(track, at_s, halves)
        if known is None:
            return False
        if known.still and track.track_id in self._same_as:
            # Rule 2: a sighting of what stands still starts the time anew.
            self._ended[track.track_id] = last_seen(track, box=track.box, at_s=at_s)
        return True

    def _recognise(self, track: Sighted, at_s: float, halves: Collection[int]) -> LastSeen | None:
        for seen in self._ended.values():
            again = seen.continued_by(track, cool_down_s=self._cool_down_s) or seen.half_of(track, at_s)
            if again or seen.track_id in halves:
                self._same_as[track.track_id] = seen.track_id
                self.remember(last_seen(track, box=track.box, at_s=seen.last_s), self._raised[seen.track_id])
                return seen
        return None

    def _forget(self, at_s: float) -> None:
        old = [number for number, seen in self._ended.items() if at_s - seen.last_s > self._cool_down_s]
        for number in old:
            del self._ended[number], self._raised[number]
            self._same_as.pop(number, None)
