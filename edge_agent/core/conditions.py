"""Whether a rule's condition holds for a track now, since when, and in how many pictures.

One watch per kind of rule; each keeps only what it needs about live tracks. What becomes an alert is decided in
``alerts.py``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from edge_agent.core.boxes import Box, Point
from edge_agent.core.rules import AnyRule, Crowd, Intrusion, LineCrossing, Loitering
from edge_agent.core.tracks import Track
from edge_agent.core.zones import Direction

_CROWD_GRACE_S = 2.0
"""A crowd that is short of its number for so long is still the same crowd: people hide behind each other."""
_BEYOND = 0.005
"""A thing has crossed when it is this far beyond the line (share of the picture): boxes tremble."""
GROUP = 0
"""Subject of a claim about several tracks; track ids begin at 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A rule's condition holds now for a subject."""

    subject: int
    """Track id, or GROUP."""
    track: Track | None
    label: str
    box: Box
    score: float
    since_s: float
    """When the condition began to hold."""
    held_s: float
    """When it was last seen to hold."""
    ready: bool
    """Whether it holds long enough, on a believed track of the right label, to raise an alert."""
    momentary: bool = False
    """A deed, not a state: over as soon as it is told."""


class Watch(Protocol):
    """Judges one rule over time."""

    def observe(self, tracks: Sequence[Track], at_s: float) -> list[Claim]:
        """Take the live tracks of one step; return what holds now."""
        ...


def watch_for(rule: AnyRule) -> Watch:
    """Return a fresh watch for the rule."""
    match rule:
        case Intrusion():
            return _IntrusionWatch(rule)
        case LineCrossing():
            return _CrossingWatch(rule)
        case Loitering():
            return _LoiteringWatch(rule)
        case Crowd():
            return _CrowdWatch(rule)
        case _:
            assert_never(rule)


def _claim(track: Track, *, since_s: float, held_s: float, ready: bool, momentary: bool = False) -> Claim:
    return Claim(
        subject=track.track_id,
        track=track,
        label=track.label,
        box=track.box,
        score=track.score,
        since_s=since_s,
        held_s=held_s,
        ready=ready,
        momentary=momentary,
    )


def _believed(rule: AnyRule, track: Track) -> bool:
    return track.confirmed and track.label in rule.labels


def _came(rule: AnyRule, track: Track) -> bool:
    """Whether it is believed and came from elsewhere: what stood there all along has not come in."""
    return _believed(rule, track) and track.travelled


@dataclass(slots=True)
class _Stay:
    since_s: float
    held_s: float
    frames: int = 1


class _IntrusionWatch:
    def __init__(self, rule: Intrusion) -> None:
        self._rule = rule
        self._stays: dict[int, _Stay] = {}

    def observe(self, tracks: Sequence[Track], at_s: float) -> list[Claim]:
        stays: dict[int, _Stay] = {}
        claims: list[Claim] = []
        for track in tracks:
            stay = self._stay(track, at_s)
            if stay is None:
                continue
            stays[track.track_id] = stay
            ready = track.seen_now and stay.frames >= self._rule.min_frames and _came(self._rule, track)
            claims.append(_claim(track, since_s=stay.since_s, held_s=stay.held_s, ready=ready))
        self._stays = stays
        return claims

    def _stay(self, track: Track, at_s: float) -> _Stay | None:
        stay = self._stays.get(track.track_id)
        if not track.seen_now:
            return stay
        point = self._rule.anchor.of(track.box)
        if stay is None:
            return _Stay(at_s, at_s) if self._rule.zone.contains(point) else None
        if not self._rule.zone.still_contains(point):
            return None
        stay.frames += 1
        stay.held_s = at_s
        return stay


class _LoiteringWatch:
    def __init__(self, rule: Loitering) -> None:
        self._rule = rule
        self._stays: dict[int, _Stay] = {}

    def observe(self, tracks: Sequence[Track], at_s: float) -> list[Claim]:
        stays: dict[int, _Stay] = {}
        claims: list[Claim] = []
        for track in tracks:
            stay = self._stay(track, at_s)
            if stay is None:
                continue
            stays[track.track_id] = stay
            long_enough = stay.held_s - stay.since_s >= self._rule.dwell_s and stay.frames >= self._rule.min_frames
            ready = track.seen_now and long_enough and _believed(self._rule, track)
            claims.append(_claim(track, since_s=stay.since_s, held_s=stay.held_s, ready=ready))
        self._stays = stays
        return claims

    def _stay(self, track: Track, at_s: float) -> _Stay | None:
        stay = self._stays.get(track.track_id)
        if not track.seen_now:
            # An unseen thing keeps its stay as long as its track lives: the tracker decides when it is gone.
            return stay
        point = self._rule.anchor.of(track.box)
        inside = self._rule.zone.contains(point) if stay is None else self._rule.zone.still_contains(point)
        if not inside:
            return stay if stay is not None and at_s - stay.held_s <= self._rule.grace_s else None
        if stay is None:
            return _Stay(at_s, at_s)
        stay.frames += 1
        stay.held_s = at_s
        return stay


@dataclass(slots=True)
class _Passage:
    """Where a track stands with regard to a line."""

    point: Point
    at_s: float
    crossed_s: float | None = None
    """When it went over the line, while that is not told yet."""
    rightwards: bool = False
    told: bool = False
    frames_beyond: int = 0


class _CrossingWatch:
    def __init__(self, rule: LineCrossing) -> None:
        self._rule = rule
        self._passages: dict[int, _Passage] = {}

    def observe(self, tracks: Sequence[Track], at_s: float) -> list[Claim]:
        passages: dict[int, _Passage] = {}
        claims: list[Claim] = []
        for track in tracks:
            passage = self._passages.get(track.track_id)
            if track.seen_now:
                passage = self._go_on(passage, track, at_s)
            if passage is None:
                continue
            passages[track.track_id] = passage
            if passage.crossed_s is not None and self._is_over(passage, track):
                claims.append(
                    _claim(track, since_s=passage.crossed_s, held_s=passage.crossed_s, ready=True, momentary=True)
                )
                passage.crossed_s = None
        self._passages = passages
        return claims

    def _go_on(self, passage: _Passage | None, track: Track, at_s: float) -> _Passage:
        """Follow the anchor over the line; going back before it was told takes the crossing back."""
        point = self._rule.anchor.of(track.box)
        if passage is None:
            return _Passage(point, at_s)
        share = self._rule.line.crossed(passage.point, point)
        if share is not None:
            rightwards = self._rule.line.side(point) >= 0.0
            if passage.crossed_s is not None and rightwards != passage.rightwards:
                passage.crossed_s = None
            elif self._wanted(rightwards):
                passage.crossed_s = passage.at_s + share * (at_s - passage.at_s)
                passage.rightwards = rightwards
                passage.frames_beyond = 0
        if passage.crossed_s is not None:
            passage.frames_beyond += 1
        passage.point, passage.at_s = point, at_s
        return passage

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

    def _is_over(self, passage: _Passage, track: Track) -> bool:
        """Whether the crossing is to be believed: beyond the margin or seen beyond twice, on a believed track."""
        beyond = abs(self._rule.line.side(passage.point)) >= _BEYOND or passage.frames_beyond >= 2
        return beyond and track.hits >= self._rule.min_frames and _came(self._rule, track)


class _CrowdWatch:
    def __init__(self, rule: Crowd) -> None:
        self._rule = rule
        self._inside: dict[int, bool] = {}
        self._since_s: float | None = None
        self._held_s = 0.0
        self._frames = 0
        self._last: Claim | None = None

    def observe(self, tracks: Sequence[Track], at_s: float) -> list[Claim]:
        members = self._members(tracks)
        enough = len(members) >= self._rule.count
        if enough:
            if self._since_s is None:
                self._since_s, self._frames = at_s, 0
            self._held_s = at_s
            self._frames += 1
            self._last = self._told(members, self._since_s, at_s)
        elif self._since_s is not None and at_s - self._held_s > _CROWD_GRACE_S:
            self._since_s = self._last = None
        return [self._last] if self._last is not None else []

    def _members(self, tracks: Sequence[Track]) -> list[Track]:
        inside: dict[int, bool] = {}
        for track in tracks:
            was = self._inside.get(track.track_id, False)
            if track.seen_now:
                point = self._rule.anchor.of(track.box)
                was = self._rule.zone.still_contains(point) if was else self._rule.zone.contains(point)
            inside[track.track_id] = was
        self._inside = inside
        return [track for track in tracks if inside[track.track_id] and _believed(self._rule, track)]

    def _told(self, members: Sequence[Track], since_s: float, at_s: float) -> Claim:
        box = members[0].box
        for member in members[1:]:
            box = box.union(member.box)
        label, _ = Counter(member.label for member in members).most_common(1)[0]
        ready = at_s - since_s >= self._rule.hold_s and self._frames >= self._rule.min_frames
        return Claim(
            subject=GROUP,
            track=None,
            label=label,
            box=box,
            score=max(member.score for member in members),
            since_s=since_s,
            held_s=at_s,
            ready=ready,
        )
