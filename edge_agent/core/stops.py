"""Standing where one must not stop: what came and stays in its place, unless it queues. Owns StopWatch.

A stop belongs to a place, not to a track: a detector loses and finds again what does not move, and motion takes it for
background after a while. It goes on with a new track that is born there, and with a still place that looks unlike the
empty road. What stood there in the first picture never came, so it never stops.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from edge_agent.core.boxes import Box
from edge_agent.core.claims import Claim, TrackWatch
from edge_agent.core.cool_down import STILL_OVERLAP
from edge_agent.core.observation import Observation
from edge_agent.core.rules import StoppedVehicle
from edge_agent.core.still_places import StillPlace
from edge_agent.core.tracks import Track

_SAME_PLACE: Final = 0.6
"""Overlap (IoU) with where it stopped above which a thing has not moved; boxes tremble."""
_STANDS_S: Final = 2.0
"""Who stays for so long stands: a neighbour in a queue, and a stop that a passing lorry may hide."""
_INSIDE: Final = 0.6
_GOOD_PART: Final = 0.3
_QUEUE_REACH: Final = 2.0
"""Own widths or heights between two that stand in one queue, at most."""


@dataclass(slots=True)
class _Stand:
    """One thing in one place."""

    track: Track
    """As last seen; whichever track it has now."""
    subject: int
    """The first track it had."""
    box: Box
    """Where it stopped."""
    shown: Box
    """Where it was last seen to stand."""
    since_s: float
    held_s: float
    place: str | None
    """The zone it stands in."""
    frames: int = 1
    seen: bool = True
    came: bool = False
    queued_s: float = float("-inf")
    """When it last stood in a queue: that time does not count, the last of a queue is about to drive on."""
    elsewhere: tuple[Box, float] | None = None
    """Where its track is instead, and since when: a moment's wrong box, or it drove on."""
    astray_s: float | None = None
    """Since when its track is not in its place."""

    @classmethod
    def of(cls, track: Track, at_s: float) -> Self:
        box = track.box
        return cls(track=track, subject=track.track_id, box=box, shown=box, since_s=at_s, held_s=at_s, place=None)

    @property
    def stands(self) -> bool:
        return self.held_s - self.since_s >= _STANDS_S

    def inherit(self, other: Self) -> None:
        """Go on as a stand in the same place whose track ended."""
        if other.since_s <= self.since_s:
            self.since_s, self.subject = other.since_s, other.subject
        self.came = self.came or other.came
        self.frames += other.frames
        self.queued_s = max(self.queued_s, other.queued_s)

    def begin_anew(self, box: Box, since_s: float, at_s: float) -> None:
        self.box = self.shown = box
        self.since_s, self.held_s = since_s, at_s
        self.frames, self.elsewhere, self.astray_s, self.queued_s = 1, None, None, float("-inf")
        self.subject = self.track.track_id


class StopWatch(TrackWatch):
    """Judges a stopped vehicle."""

    def __init__(self, rule: StoppedVehicle) -> None:
        self._rule = rule
        self._stands: dict[int, _Stand] = {}
        """By the id of the track that it has now."""

    def observe(self, seen: Observation) -> list[Claim]:
        """Follow what stands, in the zones and beside them."""
        alive = {track.track_id for track in seen.tracks}
        orphans = [stand for number, stand in self._stands.items() if number not in alive and stand.stands]
        stands = {
            track.track_id: self._follow(track, seen.at_s) for track in seen.tracks if track.label in self._rule.labels
        }
        for orphan in orphans:
            heir = next((stand for stand in stands.values() if stand.box.iou(orphan.box) >= STILL_OVERLAP), None)
            if heir is not None:
                heir.inherit(orphan)
                continue
            orphan.seen = False
            stands[orphan.track.track_id] = orphan
        self._stands = {number: stand for number, stand in stands.items() if self._goes_on(stand, seen, alive)}
        claims: list[Claim] = []
        for stand in self._stands.values():
            if stand.place is None or not stand.stands:
                continue
            if self._queues(stand, seen.at_s):
                stand.queued_s = seen.at_s
            if stand.came:
                claims.append(self._claim(stand, stand.place))
        return claims

    def _follow(self, track: Track, at_s: float) -> _Stand:
        stand = self._stands.get(track.track_id)
        if stand is None:
            return self._located(_Stand.of(track, at_s))
        stand.seen = track.seen_now
        if not track.seen_now:
            return stand
        stand.track = track
        if track.box.iou(stand.box) >= _SAME_PLACE:
            stand.came = stand.came or _came_to(track, stand.box)
            stand.held_s, stand.shown = at_s, track.box
            stand.frames += 1
            stand.elsewhere = stand.astray_s = None
            return stand
        return self._located(self._stray(stand, track.box, at_s))

    def _stray(self, stand: _Stand, box: Box, at_s: float) -> _Stand:
        """Take a box that is not in the stand's place: it moves, or something passes in front of it."""
        if stand.elsewhere is None or box.iou(stand.elsewhere[0]) < _SAME_PLACE:
            stand.elsewhere = box, at_s
        if stand.astray_s is None:
            stand.astray_s = at_s
        stood = stand.astray_s - stand.since_s >= _STANDS_S
        if not stood or at_s - stand.astray_s > self._rule.grace_s:
            stand.begin_anew(*stand.elsewhere, at_s)
        return stand

    def _located(self, stand: _Stand) -> _Stand:
        point = self._rule.anchor.of(stand.box)
        stand.place = self._rule.zone_at(point)
        return stand

    def _goes_on(self, stand: _Stand, seen: Observation, alive: set[int]) -> bool:
        """Whether a stand is to be kept; what no track sees is still there while its place looks so."""
        if not stand.seen and stand.stands and _is_there(stand.box, seen.still):
            stand.seen, stand.held_s = True, seen.at_s
            stand.frames += 1
        return stand.track.track_id in alive or seen.at_s - stand.held_s <= self._rule.grace_s

    def _claim(self, stand: _Stand, place: str) -> Claim:
        track = stand.track
        stopped_s = stand.held_s - max(stand.since_s, stand.queued_s)
        return Claim(
            subject=stand.subject,
            thing=track,
            seen=stand.seen,
            label=track.label,
            box=stand.shown,
            score=track.score,
            look=track.detection_score,
            place=place,
            since_s=stand.since_s,
            held_s=stand.held_s,
            ready=stand.seen and stopped_s >= self._rule.stop_s and stand.frames >= self._rule.min_frames,
        )

    def _queues(self, stand: _Stand, at_s: float) -> bool:
        """Whether so many others stand near it that it waits for them: those in the zones, and those that came too."""
        if self._rule.queue == 0:
            return False
        reach = stand.box.grown(_QUEUE_REACH)
        others = self._others(stand, at_s)
        return sum(reach.intersection(other.box) > 0.0 for other in others) >= self._rule.queue

    def _others(self, stand: _Stand, at_s: float) -> Iterable[_Stand]:
        return (
            other
            for other in self._stands.values()
            if other is not stand
            and other.stands
            and at_s - other.held_s <= _STANDS_S
            and other.track.hits >= self._rule.min_frames
            and (other.came or other.place is not None)
        )


def _came_to(track: Track, place: Box) -> bool:
    """Whether it came to the place it stands in; what stood there all along travels when it drives off."""
    return track.travelled and track.confirmed and track.first_box.iou(place) < _SAME_PLACE


def _is_there(box: Box, still: Sequence[StillPlace]) -> bool:
    """Whether a still place is the thing, or lies inside it and is a good part of it: a dark car on dark asphalt."""
    return any(
        place.box.iou(box) >= STILL_OVERLAP
        or (place.box.covered_by(box) >= _INSIDE and box.covered_by(place.box) >= _GOOD_PART)
        for place in still
    )
