"""Tracks: the same thing over many pictures of one camera.

Two-stage association as in ByteTrack (arXiv 2110.06864) with a constant-velocity prediction that takes irregular
intervals. A track lives for one camera and one session and is never an identity of a person. Owns Track, TrackSettings
and Tracker; pure, the time comes with every step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_agent.core.association import pair_up
from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.kalman import AxisFilter

_PART_OF: Final = 0.5
_EDGE: Final = 0.01
_LEAST_TRAVEL: Final = 0.02
"""Share of the picture below which nothing counts as travelled, however small it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSettings:
    """How readily tracks begin, live on and end."""

    begin_score: float = 0.3
    """A detection below it continues a track but never begins one."""
    match_overlap: float = 0.2
    """Least overlap of prediction and detection in the first stage."""
    match_grown: float = 0.5
    """Second stage: both boxes are widened by this share of their size on each side."""
    match_grown_overlap: float = 0.2
    weak_overlap: float = 0.4
    """Least overlap with a weak detection: it is often half a thing."""
    fresh_s: float = 0.5
    """Tracks seen within so long choose before those that were lost: who reappears has no claim on who never left."""
    confirm_hits: int = 3
    """Pictures in which a thing must be seen before it is believed."""
    tentative_lost_after_s: float = 1.0
    lost_after_s: float = 2.0
    """A confirmed track unseen for so long is over."""
    still_score: float = 0.6
    """What never travelled is believed when the model gives it this score on average. Errors about a moving thing are
    independent, those about a still one are the same error in every picture: a sign taken for a person at 0.5 stays a
    sign however often it is seen."""
    motion_travel: float = 0.5
    """A thing only motion sees is believed after it came this share of its own size from where it began: leaves and
    reflections tremble, things travel."""
    motion_only_after_s: float = 0.0
    """With a model: a thing counts as ``moving_object`` only after the model had so long to name it."""
    acceleration: float = 1.5
    """Unforeseen acceleration in own sizes per s² (standard deviation). More lets a prediction fly off while its thing
    is hidden, less loses cars that come nearer fast; both were seen at 2 and at 1."""
    measurement: float = 0.1
    """Jitter of detected boxes in own sizes (standard deviation)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A thing followed, as of one step."""

    track_id: int
    label: str
    """Majority of the model's labels, each weighted by its squared score, so that ten weak guesses do not outvote a
    good look; ``moving_object`` while no model named it."""
    score: float
    """Best score a model gave it, 0 when only motion saw it."""
    box: Box
    """The last detected box, smoothed by nothing; while ``coasting`` the predicted one."""
    velocity: tuple[float, float]
    """Shares of the picture per second."""
    first_s: float
    last_s: float
    """When it was last seen."""
    first_box: Box
    hits: int
    confirmed: bool
    travelled: bool
    """Whether it came from elsewhere: at least ``motion_travel`` of its own size since it was first seen. Painted lines
    and parked cars never do."""
    seen_now: bool
    """Whether a detection of this very step belongs to it."""
    detection_score: float
    """Score of the last detection."""


def has_travelled(first: Box, now: Box, share: float) -> bool:
    """Whether a thing came along by this share of its first size: both sides of its box went the same way.

    A box that only grows or shrinks did not travel. A side at the picture's edge says nothing; the other one counts.
    """
    across = _shift(first.left, now.left, first.right, now.right)
    upright = _shift(first.top, now.top, first.bottom, now.bottom)
    return max(across, upright) >= max(_LEAST_TRAVEL, share * (first.width + first.height) / 2)


def _shift(low: float, low_now: float, high: float, high_now: float) -> float:
    """Return how far an interval went as a whole."""
    by_low, by_high = low_now - low, high_now - high
    if min(low, low_now) <= _EDGE:
        return abs(by_high)
    if max(high, high_now) >= 1.0 - _EDGE:
        return abs(by_low)
    return min(abs(by_low), abs(by_high)) if by_low * by_high > 0.0 else 0.0


class _Followed:
    """A track's changing insides; only the tracker touches it."""

    def __init__(self, track_id: int, detection: Detection, at_s: float, settings: TrackSettings) -> None:
        self.track_id = track_id
        self.settings = settings
        self.first_s = self.last_s = self._predicted_to_s = at_s
        self.first_box = self.box = detection.box
        self.hits = 1
        self.best_score = 0.0
        self._score_sum = 0.0
        self._looks = 0
        self.weights: dict[str, float] = {}
        self.detection_score = detection.score
        self.travelled = False
        self.confirmed = False
        size = self._size()
        x, y = detection.box.centre
        start = (settings.measurement * size) ** 2
        free = (2.0 * size) ** 2  # a new thing may move at two own sizes per second either way
        self.axes = [AxisFilter(value, 0.0, start, 0.0, free) for value in (x, y)]
        self.sides = [
            AxisFilter(value, 0.0, start, 0.0, free / 16) for value in (detection.box.width, detection.box.height)
        ]
        self._vote(detection)

    def _size(self) -> float:
        return max(1e-3, (self.box.width + self.box.height) / 2)

    def _vote(self, detection: Detection) -> None:
        self.detection_score = detection.score
        if detection.label != MOVING_OBJECT:
            self.weights[detection.label] = self.weights.get(detection.label, 0.0) + detection.score**2
            self.best_score = max(self.best_score, detection.score)
            self._score_sum += detection.score
            self._looks += 1

    @property
    def label(self) -> str:
        return max(self.weights, key=lambda name: self.weights[name]) if self.weights else MOVING_OBJECT

    @property
    def named(self) -> bool:
        """Whether a model ever named it."""
        return self._looks > 0

    @property
    def trusted(self) -> bool:
        """Whether it came from elsewhere or the model is sure of it on average: no sign that looks like a person."""
        return self.travelled or (self._looks > 0 and self._score_sum >= self.settings.still_score * self._looks)

    def predict(self, at_s: float) -> None:
        dt_s = at_s - self._predicted_to_s
        if dt_s <= 0.0:
            return
        push = self.settings.acceleration * self._size()
        for axis in self.axes:
            axis.predict(dt_s, push)
        kept = max(0.0, 1.0 - dt_s)  # growth does not go on for long unseen
        for side in self.sides:
            side.velocity *= kept
            side.predict(dt_s, push / 4)
        self._predicted_to_s = at_s

    def predicted(self) -> Box:
        return Box.around(
            (self.axes[0].position, self.axes[1].position),
            max(1e-3, self.sides[0].position),
            max(1e-3, self.sides[1].position),
        )

    def take(self, detection: Detection, at_s: float) -> None:
        named = detection.label != MOVING_OBJECT
        jitter = self.settings.measurement * self._size() * (1.0 if named else 2.0)
        for axis, value in zip(self.axes, detection.box.centre, strict=True):
            axis.correct(value, jitter)
        for side, value in zip(self.sides, (detection.box.width, detection.box.height), strict=True):
            side.correct(value, jitter)
        self.box = detection.box
        self.last_s = at_s
        self.hits += 1
        self._vote(detection)
        self._judge(at_s)

    def _judge(self, at_s: float) -> None:
        if not self.travelled and self.detection_score > 0.0:
            self.travelled = has_travelled(self.first_box, self.box, self.settings.motion_travel)
        if self.confirmed or self.hits < self.settings.confirm_hits:
            return
        if self._looks == 0:
            self.confirmed = self.travelled and at_s - self.first_s >= self.settings.motion_only_after_s
        else:
            self.confirmed = self.trusted

    def over(self, at_s: float) -> bool:
        unseen_s = at_s - self.last_s
        if unseen_s <= 0.0:
            return False
        known = self.confirmed or (self._looks > 0 and self.hits >= self.settings.confirm_hits)
        patience_s = self.settings.lost_after_s if known else self.settings.tentative_lost_after_s
        if unseen_s >= patience_s:
            return True
        predicted = self.predicted()
        return predicted.covered_by(Box(0.0, 0.0, 1.0, 1.0)) < 0.3  # it left the picture

    def value(self, at_s: float) -> Track:
        seen_now = self.last_s == at_s
        return Track(
            track_id=self.track_id,
            label=self.label,
            score=self.best_score,
            box=self.box if seen_now else self.predicted().clip(),
            velocity=(self.axes[0].velocity, self.axes[1].velocity),
            first_s=self.first_s,
            last_s=self.last_s,
            first_box=self.first_box,
            hits=self.hits,
            confirmed=self.confirmed,
            travelled=self.travelled,
            seen_now=seen_now,
            detection_score=self.detection_score,
        )


class Tracker:
    """Follows the things of one camera; one owner, one thread, steps in order of time."""

    def __init__(self, settings: TrackSettings | None = None) -> None:
        self._settings = settings or TrackSettings()
        self._followed: list[_Followed] = []
        self._next_id = 1

    def step(self, detections: Sequence[Detection], at_s: float) -> tuple[Track, ...]:
        """Take the detections of one picture and return every live track, tentative ones included.

        ``at_s`` is media time; it may advance irregularly. If it goes back (a stream began anew), all tracks end.
        """
        if any(at_s < followed.last_s for followed in self._followed):
            self._followed.clear()
        for followed in self._followed:
            followed.predict(at_s)
        left = self._associate(detections, at_s)
        self._followed = [followed for followed in self._followed if not followed.over(at_s)]
        for detection in left:
            if self._begins(detection):
                self._followed.append(_Followed(self._next_id, detection, at_s, self._settings))
                self._next_id += 1
        return tuple(followed.value(at_s) for followed in self._followed)

    def _begins(self, detection: Detection) -> bool:
        """Whether a detection nobody took is a new thing; motion inside a live track is a part of that."""
        if detection.label != MOVING_OBJECT:
            return detection.score >= self._settings.begin_score
        return detection.score > 0.0 and not any(
            detection.box.covered_by(followed.box) > _PART_OF for followed in self._followed
        )

    def _associate(self, detections: Sequence[Detection], at_s: float) -> list[Detection]:
        """Give detections to tracks in stages; return those nobody took.

        A weak detection continues no fixture (``trusted`` says what is none), but it may name what only moved so far.
        """
        settings = self._settings
        named = [d for d in detections if d.label != MOVING_OBJECT and d.score >= settings.begin_score]
        weak = [d for d in detections if d.label != MOVING_OBJECT and d.score < settings.begin_score]
        motion = [d for d in detections if d.label == MOVING_OBJECT]
        fresh = [track for track in self._followed if at_s - track.last_s <= settings.fresh_s]
        lost = [track for track in self._followed if at_s - track.last_s > settings.fresh_s]
        fresh, named = self._match(fresh, named, at_s, settings.match_overlap, 0.0)
        lost, named = self._match(lost, named, at_s, settings.match_overlap, 0.0)
        tracks = fresh + lost
        if weak:
            doubtful = [track for track in tracks if track.named and not track.trusted]
            others = [track for track in tracks if track.trusted or not track.named]
            tracks = self._match(others, weak, at_s, settings.weak_overlap, 0.0)[0] + doubtful
        tracks, motion = self._match(tracks, motion, at_s, settings.match_overlap, 0.0)
        rest = named + motion
        tracks, rest = self._match(tracks, rest, at_s, settings.match_grown_overlap, settings.match_grown)
        return rest

    @staticmethod
    def _match(
        tracks: list[_Followed], detections: list[Detection], at_s: float, at_least: float, grown: float
    ) -> tuple[list[_Followed], list[Detection]]:
        if not tracks or not detections:
            return tracks, detections
        pairs = pair_up(
            [(track.predicted(), track.label) for track in tracks],
            [(detection.box, detection.label) for detection in detections],
            at_least=at_least,
            grown=grown,
        )
        for track_number, number in pairs:
            tracks[track_number].take(detections[number], at_s)
        used_tracks = {pair[0] for pair in pairs}
        used = {pair[1] for pair in pairs}
        return (
            [track for number, track in enumerate(tracks) if number not in used_tracks],
            [detection for number, detection in enumerate(detections) if number not in used],
        )
