"""Who was where lately: the people (or unnamed movers) of whom one may have put something down.

Owns Passer, Passers and how near a person is to a thing. A passer is a track; it is forgotten some minutes after it.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from edge_agent.core.boxes import Box
from edge_agent.core.cool_down import LastSeen
from edge_agent.core.tracks import Track

_TRAIL_S: Final = 60.0
"""So long back it is known where somebody was."""
_FORGOTTEN_S: Final = 300.0
"""A believed track that ended so long ago is nobody any more; one that was never believed when its trail is over."""
_FORGET_EVERY_S: Final = 5.0
_BEAT_S: Final = 0.5
"""Between two remembered places of one passer."""
_LEAST_HITS: Final = 2
_COVERED: Final = 0.5
_AT_LEAST: Final = 0.5
_LAST_S: Final = 8.0
_STOOD_WITHIN: Final = 0.25
_THE_THING: Final = 0.3
_DEPARTS_S: Final = 5.0
"""What stood on a place has driven off it within so long."""
_WIDTH_OF_HEIGHT: Final = 0.42
"""An upright person is so wide for their height: distances across are counted in widths and told in heights, so the
shape of the picture need not be known."""
_BEFORE_S: Final = 8.0
"""A passer's usual size is that of so long before."""


@dataclass(slots=True)
class Passer:
    """One of them."""

    track_id: int
    label: str
    first_s: float
    first_box: Box
    box: Box
    velocity: tuple[float, float]
    last_s: float
    """When last seen."""
    alive: bool = True
    believed: bool = False
    """Whether it was ever sure to be somebody: a moment's motion is not."""
    trail: deque[tuple[float, Box]] = field(default_factory=deque)
    """Where they were, oldest first."""

    def last_place(self) -> Box:
        """Return what they covered in their last seconds where they were last, empty when they left the picture."""
        if self.box.touches_border():
            return Box(0.0, 0.0, 0.0, 0.0)
        place, here = self.box, self.box.grown(_STOOD_WITHIN)
        for moment, box in self.trail:
            if moment >= self.last_s - _LAST_S and box.covered_by(here) >= _COVERED:
                place = place.union(box)
        return place

    def began_as(self, thing: Box) -> bool:
        """Whether their track began as the thing itself, or a part of it, or never was anything else."""
        began = self.first_box.iou(thing) >= _THE_THING or self.first_box.covered_by(thing) >= _COVERED
        return began or (not self.believed and self.box.iou(thing) >= _THE_THING)

    def last_seen(self) -> LastSeen:
        """Return where they were last, and how they moved."""
        return LastSeen(
            track_id=self.track_id, label=self.label, box=self.box, velocity=self.velocity, last_s=self.last_s
        )

    def size_before(self, at_s: float) -> Box:
        """Return a box as wide and as high as theirs usually was before a moment (only its size means something)."""
        before = [box for moment, box in self.trail if at_s - _BEFORE_S <= moment < at_s] or [self.first_box]
        return Box(0.0, 0.0, median(box.width for box in before), median(box.height for box in before))

    def nearest_between(self, thing: Box, from_s: float, until_s: float) -> float:
        """Return how near they came to a place between two moments, infinite when they were nowhere."""
        return min(
            (own_sizes_apart(box, thing) for moment, box in self.trail if from_s <= moment <= until_s),
            default=math.inf,
        )

    def last_within(self, thing: Box, reach: float) -> float:
        """Return when they last were within reach of a place, minus infinity for never."""
        return max((moment for moment, box in self.trail if own_sizes_apart(box, thing) <= reach), default=-math.inf)


class Passers:
    """All passers of one camera; one owner, steps in order of time."""

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = frozenset(labels)
        self._by_track: dict[int, Passer] = {}
        self._alive: list[Passer] = []
        self._forgot_s = -math.inf

    def observe(self, tracks: Sequence[Track], at_s: float) -> None:
        """Take the live tracks of one picture."""
        for passer in self._alive:
            passer.alive = False
        self._alive = [
            self._see(track, at_s) for track in tracks if track.label in self._labels and track.hits >= _LEAST_HITS
        ]
        if at_s - self._forgot_s >= _FORGET_EVERY_S:
            self._forgot_s = at_s
            self._by_track = {n: passer for n, passer in self._by_track.items() if not _is_forgotten(passer, at_s)}

    def _see(self, track: Track, at_s: float) -> Passer:
        passer = self._by_track.get(track.track_id)
        if passer is None:
            passer = Passer(
                track_id=track.track_id,
                label=track.label,
                first_s=track.first_s,
                first_box=track.first_box,
                box=track.box,
                velocity=track.velocity,
                last_s=track.last_s,
                trail=deque([(track.first_s, track.first_box)]),
            )
            self._by_track[track.track_id] = passer
        passer.alive = True
        passer.believed = passer.believed or track.confirmed
        if not track.seen_now:
            return passer
        passer.box, passer.velocity, passer.last_s = track.box, track.velocity, at_s
        trail = passer.trail
        if at_s - trail[-1][0] >= _BEAT_S:
            trail.append((at_s, track.box))
            while at_s - trail[0][0] > _TRAIL_S:
                trail.popleft()
        return passer

    def alive(self) -> Sequence[Passer]:
        """Return those whose tracks live, where they were last seen."""
        return self._alive

    def gone(self, track_id: int) -> Passer | None:
        """Return the one whose track ended, None while it lives and after it is forgotten."""
        passer = self._by_track.get(track_id)
        return passer if passer is not None and not passer.alive else None

    def nearest(self, thing: Box, from_s: float, until_s: float, *, within: float) -> Passer | None:
        """Return who came nearest to a place between two moments, if within so many own sizes.

        What began in the very place came from nowhere: it is the thing itself, as motion sees it. What is much smaller
        than the thing did not put it there: it is a bird, or a part of somebody.
        """
        distance, number = min(
            (
                (passer.nearest_between(thing, from_s, until_s), passer.track_id)
                for passer in self._by_track.values()
                if not passer.began_as(thing) and passer.size_before(until_s).area >= _AT_LEAST * thing.area
            ),
            default=(math.inf, 0),
        )
        return self._by_track[number] if distance <= within else None

    def born_beside(self, thing: Box, since_s: float, *, within: float) -> list[Passer]:
        """Return the believed ones whose tracks began within so many own sizes of a place after a moment, in order."""
        return [
            passer
            for passer in self._by_track.values()
            if passer.believed
            and passer.first_s > since_s
            and own_sizes_apart(passer.first_box, thing) <= within
            and not passer.began_as(thing)
        ]

    def ended_on(self, thing: Box) -> bool:
        """Whether somebody's track ended on top of a place: they stand there, though nothing sees them any more."""
        return any(
            passer.believed and not passer.alive and thing.covered_by(passer.last_place()) >= _COVERED
            for passer in self._by_track.values()
        )

    def has_uncovered(self, thing: Box, since_s: float) -> bool:
        """Whether somebody began to move on top of a place just before: what is seen there now lay under them."""
        return any(
            0.0 <= since_s - passer.first_s <= _DEPARTS_S
            and thing.covered_by(passer.first_box) >= _COVERED > thing.covered_by(passer.box)
            for passer in self._by_track.values()
        )


def _is_forgotten(passer: Passer, at_s: float) -> bool:
    return at_s - passer.last_s > (_FORGOTTEN_S if passer.believed else _TRAIL_S)


def own_sizes_apart(person: Box, thing: Box) -> float:
    """Return the gap between a person and a thing in heights of the person, judged where both touch the ground."""
    gap = max(0.0, thing.left - person.right, person.left - thing.right)
    across = gap * _WIDTH_OF_HEIGHT / max(person.width, 1e-4)
    along = abs(thing.bottom - person.bottom) / max(person.height, 1e-4)
    return math.hypot(across, along)
