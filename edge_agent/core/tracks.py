"""Tracks: the same thing over many pictures of one camera.

Association in stages as in ByteTrack (arXiv 2110.06864) with a constant-velocity prediction that takes irregular
intervals. A track lives for one camera and one session and is never an identity of a person. Owns Track and Tracker;
``followed`` is one thing's insides, ``sureness`` when it is believed. Pure, the time comes with every step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from edge_agent.core.association import Candidate, Edges, agreement, best_first, covers, grown, overlaps
from edge_agent.core.boxes import Box
from edge_agent.core.clutter import Clutter
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.followed import Followed
from edge_agent.core.track_settings import TrackSettings

_PART_OF: Final = 0.5
_CONTESTED: Final = 0.3
"""A detection may be of a hidden thing when it covers this share of where that is expected."""
_CONTESTS_FOR_S: Final = 1.0
"""Who is hidden for longer is too uncertain to contest a detection."""


class _Stage(IntEnum):
    """Who chooses before whom."""

    FRESH = 0
    """What was seen lately takes what a model is sure of."""
    LOST = 1
    WEAK = 2
    MOTION = 3


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


class Tracker:
    """Follows the things of one camera; one owner, one thread, steps in order of time."""

    def __init__(self, settings: TrackSettings | None = None) -> None:
        self._settings = settings or TrackSettings()
        self._followed: list[Followed] = []
        self._clutter = Clutter()
        self._stepped_to_s = float("-inf")
        self._next_id = 1

    def step(self, detections: Sequence[Detection], at_s: float) -> tuple[Track, ...]:
        """Take the detections of one picture and return every live track, tentative ones included.

        ``at_s`` is media time; it may advance irregularly. If it goes back (a stream began anew), all tracks end.
        """
        if at_s < self._stepped_to_s:
            self._followed.clear()
            self._clutter = Clutter()
        self._stepped_to_s = at_s
        for followed in self._followed:
            followed.predict(at_s)
        left = self._associate(detections, at_s)
        self._end(at_s)
        for detection in left:
            if self._begins(detection):
                doubt = self._clutter.needed(detection.box, at_s) if detection.label == MOVING_OBJECT else 0.0
                self._followed.append(Followed(self._next_id, detection, at_s, self._settings, doubt=doubt))
                self._next_id += 1
        return tuple(_value(followed, at_s) for followed in self._followed)

    def _end(self, at_s: float) -> None:
        """Give up what is over; what only motion saw and nobody ever believed tells something of its place."""
        live: list[Followed] = []
        for followed in self._followed:
            sure = followed.sure
            if not followed.over(at_s):
                live.append(followed)
            elif not sure.named and not sure.believed:
                self._clutter.came_to_nothing(
                    followed.box, seen=followed.moved, pictures=followed.pictures_seen, at_s=at_s
                )
        self._followed = live

    def _doubt(self, detection: Detection | None, followed: Followed, at_s: float) -> None:
        """Weigh that a thing was seen, or was not, against what its place has shown; before it is judged anew."""
        sure = followed.sure
        if sure.doubt > 0.0 and not sure.named:
            seen = detection is not None and detection.score > 0.0
            sure.weigh(self._clutter.proof(followed.box, at_s, seen=seen))

    def _begins(self, detection: Detection) -> bool:
        """Whether a detection nobody took is a new thing; motion inside a live track is a part of that."""
        if detection.label != MOVING_OBJECT:
            return detection.score >= self._settings.begin_score
        return detection.score > 0.0 and not any(
            detection.box.covered_by(followed.box) > _PART_OF for followed in self._followed
        )

    def _associate(self, detections: Sequence[Detection], at_s: float) -> list[Detection]:
        """Give detections to tracks; return those nobody took."""
        tracks = self._followed
        if not tracks or not detections:
            for followed in tracks:
                self._doubt(None, followed, at_s)
            return list(detections)
        boxes = [(box.left, box.top, box.right, box.bottom) for box in (detection.box for detection in detections)]
        pairs = best_first(self._candidates(detections, boxes, at_s))
        pairs.extend(self._grown_pairs(detections, boxes, pairs))
        self._take(detections, boxes, pairs, at_s)
        taken = {number for _, number in pairs}
        return [detection for number, detection in enumerate(detections) if number not in taken]

    def _candidates(self, detections: Sequence[Detection], boxes: Sequence[Edges], at_s: float) -> list[Candidate]:
        """Return the pairs that may be, each in its stage.

        A weak detection continues no fixture (``trusted`` says what is none), but it may name what only moved so far.
        """
        settings = self._settings
        found: list[Candidate] = []
        least = min(settings.match_overlap, settings.weak_overlap)
        for track, number, overlap in overlaps(
            [followed.expected for followed in self._followed], boxes, at_least=least
        ):
            followed, detection = self._followed[track], detections[number]
            similar = overlap * agreement(followed.sure.label, detection.label)
            unseen_s = at_s - followed.last_s
            if detection.label == MOVING_OBJECT:
                stage, needed = _Stage.MOTION, settings.match_overlap
            elif detection.score >= settings.begin_score:
                stage, needed = _Stage.LOST if unseen_s > settings.fresh_s else _Stage.FRESH, settings.match_overlap
            elif unseen_s <= settings.weak_within_s and (followed.sure.trusted or not followed.sure.named):
                stage, needed = _Stage.WEAK, settings.weak_overlap
            else:
                continue
            if similar >= needed:
                found.append((stage, -similar, track, number))
        return found

    def _grown_pairs(
        self, detections: Sequence[Detection], boxes: Sequence[Edges], pairs: Sequence[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """Return pairs of what is left, of widened boxes; no weak detections."""
        settings = self._settings
        used, taken = {track for track, _ in pairs}, {number for _, number in pairs}
        tracks = [track for track in range(len(self._followed)) if track not in used]
        numbers = [
            number
            for number, detection in enumerate(detections)
            if number not in taken and (detection.score >= settings.begin_score or detection.label == MOVING_OBJECT)
        ]
        if not tracks or not numbers:
            return []
        found: list[Candidate] = []
        for track, number, overlap in overlaps(
            [grown(self._followed[track].expected, settings.match_grown) for track in tracks],
            [grown(boxes[number], settings.match_grown) for number in numbers],
            at_least=settings.match_grown_overlap,
        ):
            label = self._followed[tracks[track]].sure.label
            similar = overlap * agreement(label, detections[numbers[number]].label)
            if similar >= settings.match_grown_overlap:
                found.append((0, -similar, tracks[track], numbers[number]))
        return best_first(found)

    def _take(
        self, detections: Sequence[Detection], boxes: Sequence[Edges], pairs: Sequence[tuple[int, int]], at_s: float
    ) -> None:
        """Let the tracks go on with their detections."""
        used = {track for track, _ in pairs}
        hidden = [
            followed.expected
            for track, followed in enumerate(self._followed)
            if track not in used and followed.sure.confirmed and at_s - followed.last_s <= _CONTESTS_FOR_S
        ]
        for track, number in pairs:
            contested = bool(hidden) and any(covers(boxes[number], expected) > _CONTESTED for expected in hidden)
            self._doubt(detections[number], self._followed[track], at_s)
            self._followed[track].take(detections[number], at_s, contested=contested)
        for track, followed in enumerate(self._followed):
            if track not in used:
                self._doubt(None, followed, at_s)


def _value(followed: Followed, at_s: float) -> Track:
    seen_now = followed.last_s == at_s
    sure = followed.sure
    return Track(
        track_id=followed.track_id,
        label=sure.label,
        score=sure.best_score,
        box=followed.box if seen_now else Box(*followed.expected).clip(),
        velocity=followed.velocity,
        first_s=followed.first_s,
        last_s=followed.last_s,
        first_box=followed.first_box,
        hits=sure.hits,
        confirmed=sure.confirmed,
        travelled=sure.travelled,
        seen_now=seen_now,
        detection_score=followed.detection_score,
    )
