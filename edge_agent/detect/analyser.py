"""One camera's analysis: picture in → motion → regions → model → tracks → rules → alerts out.

Owns the order of these steps and the beat of the whole picture. ``patrol detect`` and the agent both drive it; nothing
of the pipeline exists twice. One thread at a time, pictures in order of media time. It comes in two halves, because the
model belongs to somebody else: ``begin`` says what the model should be shown, ``finish`` takes what it saw there;
between the two no other picture of the camera may begin. ``Analyser`` is both at once, with a detector at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from edge_agent.core.alerts import AlertBook, AlertChange, AlertEnded
from edge_agent.core.boxes import Box
from edge_agent.core.camera_health import HealthCondition
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.looks import EVERYTHING, RANK, WHOLE_OVERDUE, LookAllowance, LookKind, LookWish
from edge_agent.core.rules import AnyRule
from edge_agent.core.still_places import StillPlace
from edge_agent.core.track_settings import TrackSettings
from edge_agent.core.tracks import Track, Tracker
from edge_agent.detect.detector import WHOLE_PICTURE, Detector
from edge_agent.detect.motion import Motion, MotionFinder, MotionSettings
from edge_agent.detect.picture import Picture
from edge_agent.detect.picture_watch import PictureWatch
from edge_agent.detect.regions import regions_for
from edge_agent.detect.still_finder import StillFinder, StillSettings

_EXPLAINED: Final = 0.4
"""Motion is named when the model's boxes cover so much of it."""
_MOVING_SPEED: Final = 0.25
"""Own sizes per second above which a track is looked at in every picture."""
_DOUBTFUL_S: Final = 2.0
"""What could not be verified within so long waits for the beat of the whole picture: a sign that looks like a person
would cost a look in every picture."""
_TIME_TO_NAME_S: Final = 1.0
"""With a model, motion counts as moving_object after the model had so long to name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyserSettings:
    """How one camera is analysed."""

    full_frame_every_s: float = 1.0
    """The whole picture is shown to the model at this beat, whether anything moves or not."""
    min_score: float = 0.3
    """Weaker detections only continue tracks, and are told when the track is believed."""
    max_regions: int = 4
    motion: MotionSettings = field(default_factory=MotionSettings)
    tracks: TrackSettings = field(default_factory=TrackSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunPicture:
    """The first half of a picture's analysis."""

    at_s: float
    motion: Motion
    wishes: tuple[LookWish, ...]
    """What the model should be shown of this picture; empty without a model."""
    picture_conditions: frozenset[HealthCondition] | None
    still: tuple[StillPlace, ...] | None = None
    """What has come to rest; None when no rule asks for it."""
    local: datetime | None = None
    """The room's clock at the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult:
    """What one picture gave."""

    at_s: float
    detections: tuple[Detection, ...]
    """Those of at least min_score, weaker ones that continue a believed track, and unnamed motion."""
    tracks: tuple[Track, ...]
    alert_changes: tuple[AlertChange, ...]
    looked_at: int
    """Regions the model was run on, the whole picture included."""
    motion: Motion
    picture_conditions: frozenset[HealthCondition] | None
    """What is wrong with the picture itself; None while that cannot be told."""
    still: tuple[StillPlace, ...] | None = None
    """What has come to rest; None when no rule asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What the analysis must know of the model, wherever it runs."""

    input_size: tuple[int, int]
    """Width and height in pixels that the model sees; (0, 0): there is none, motion alone."""
    usual_labels: frozenset[str]

    @classmethod
    def of(cls, detector: Detector) -> "ModelFacts":
        """Return the facts of a detector."""
        return cls(input_size=detector.input_size, usual_labels=detector.usual_labels)


class CameraAnalysis:
    """The analysis of one camera in its two halves."""

    def __init__(self, rules: Sequence[AnyRule], model: ModelFacts, settings: AnalyserSettings | None = None) -> None:
        settings = settings or AnalyserSettings()
        self._settings = settings
        self._input_size = model.input_size
        self._has_model = model.input_size != (0, 0)
        patience_s = max(settings.tracks.lost_after_s, 2.2 * settings.full_frame_every_s if self._has_model else 0.0)
        self._tracker = Tracker(
            replace(
                settings.tracks,
                begin_score=settings.min_score,
                lost_after_s=patience_s,
                motion_only_after_s=_TIME_TO_NAME_S if self._has_model else 0.0,
            )
        )
        self._usual_labels = model.usual_labels
        self._motion = MotionFinder(settings.motion)
        self._watch = PictureWatch()
        self._still: StillFinder | None = None
        self._book = AlertBook(())
        self._ended: tuple[AlertEnded, ...] = ()
        """Alerts that a change of rules ended; told with the next picture."""
        self.change(rules)
        self._tracks: tuple[Track, ...] = ()
        self._whole_seen_s = float("-inf")
        self._moving_seen_s = float("-inf")

    def change(self, rules: Sequence[AnyRule]) -> None:
        """Judge by these rules from the next picture on; not between the two halves of one.

        Motion, tracks and the rules that stay go on as they are.
        """
        wanted: frozenset[str] = self._usual_labels.union(*(rule.wanted_labels for rule in rules))
        self._wanted = wanted
        self.labels = tuple(sorted(wanted))
        """What is looked for."""
        if not any(rule.wants_still_places for rule in rules):
            self._still = None
        elif self._still is None:
            self._still = StillFinder(StillSettings(height=self._settings.motion.height))
        self._ended += self._book.change(rules)

    def begin(
        self,
        picture: Picture,
        at_s: float,
        allowance: LookAllowance = EVERYTHING,
        *,
        local: datetime | None = None,
    ) -> BegunPicture:
        """Take one picture at its media time and return what the model should be shown of it.

        The picture is not needed any more afterwards, but for cutting the wishes out of it. ``local`` is the room's
        clock at the picture; without it the schedules of rules are not read.
        """
        motion = self._motion.find(picture, at_s)
        wishes = self._wishes(picture, motion, at_s, allowance) if self._has_model else ()
        conditions = self._watch.look(picture, at_s)
        still = self._still.find(picture, at_s, small=self._motion.small) if self._still is not None else None
        return BegunPicture(
            at_s=at_s, motion=motion, wishes=wishes, picture_conditions=conditions, still=still, local=local
        )

    def finish(
        self, begun: BegunPicture, looked: Sequence[LookWish] = (), seen: Sequence[Detection] = ()
    ) -> AnalysisResult:
        """Take what the model saw in those of the wishes that it was shown; return what the picture means."""
        at_s = begun.at_s
        for wish in looked:
            if wish.kind is LookKind.WHOLE_PICTURE:
                self._whole_seen_s = at_s
            elif wish.kind is LookKind.MOVING:
                self._moving_seen_s = at_s
        named = [detection for detection in seen if detection.label in self._wanted]
        unnamed = _unnamed(begun.motion, named)
        self._tracks = self._tracker.step((*named, *unnamed), at_s)
        ended, self._ended = self._ended, ()
        changes = self._book.step(self._tracks, at_s, still=begun.still or (), local=begun.local)
        believed = {track.box for track in self._tracks if track.confirmed and track.seen_now}
        return AnalysisResult(
            at_s=at_s,
            detections=(
                *(d for d in named if d.score >= self._settings.min_score or d.box in believed),
                *unnamed,
            ),
            tracks=self._tracks,
            alert_changes=(*ended, *changes),
            looked_at=len(looked),
            motion=begun.motion,
            picture_conditions=begun.picture_conditions,
            still=begun.still,
        )

    def close(self) -> tuple[AlertEnded, ...]:
        """End the session: every open alert ends where it was last seen to hold."""
        ended, self._ended = self._ended, ()
        return (*ended, *self._book.close())

    def whole_overdue(self, at_s: float) -> bool:
        """Whether the whole picture has waited for its look for too long, whatever moves."""
        return at_s - self._whole_seen_s >= WHOLE_OVERDUE * self._settings.full_frame_every_s

    def _wishes(self, picture: Picture, motion: Motion, at_s: float, allowance: LookAllowance) -> tuple[LookWish, ...]:
        places = [place for place in self._places(motion, at_s) if self._allowed(place[0], at_s, allowance)]
        regions = regions_for(
            [box for _, box in places],
            picture_size=(picture.width, picture.height),
            input_size=self._input_size,
            at_most=self._settings.max_regions,
        )
        wishes = [LookWish(kind=_first_kind(region, places), region=region) for region in regions]
        if LookKind.WHOLE_PICTURE in allowance.kinds and self._beat(at_s, allowance.whole_every_factor):
            beat = LookWish(kind=LookKind.WHOLE_PICTURE, region=WHOLE_PICTURE)
            wishes = [beat, *(wish for wish in wishes if wish.region != WHOLE_PICTURE)]
        return tuple(wishes)

    def _places(self, motion: Motion, at_s: float) -> list[tuple[LookKind, Box]]:
        """Return what is worth a look, and why."""
        places: list[tuple[LookKind, Box]] = []
        for found in motion.boxes:
            if found.moving:
                track = next((t for t in self._tracks if found.box.intersection(t.box) > 0.0), None)
                kind = LookKind.NEW_MOTION if track is None else _kind_of(track)
                places.append((kind, found.box))
        places.extend((_kind_of(track), track.box) for track in self._tracks if _wants_a_look(track, at_s))
        return places

    def _allowed(self, kind: LookKind, at_s: float, allowance: LookAllowance) -> bool:
        if kind is LookKind.MOVING and 0.0 <= at_s - self._moving_seen_s < allowance.moving_every_s:
            return False
        return kind in allowance.kinds

    def _beat(self, at_s: float, factor: float) -> bool:
        """Whether the whole picture is due; media time may go back, then it is."""
        return not 0.0 <= at_s - self._whole_seen_s < factor * self._settings.full_frame_every_s


class Analyser(CameraAnalysis):
    """The analysis of one camera with a detector at hand: every wish is granted at once."""

    def __init__(self, rules: Sequence[AnyRule], detector: Detector, settings: AnalyserSettings | None = None) -> None:
        super().__init__(rules, ModelFacts.of(detector), settings)
        self._detector = detector

    def analyse(self, picture: Picture, at_s: float, *, local: datetime | None = None) -> AnalysisResult:
        """Take one picture at its media time and return what it means; ``local`` as for ``begin``."""
        begun = self.begin(picture, at_s, local=local)
        seen = self._detector.detect(picture, [wish.region for wish in begun.wishes]) if begun.wishes else []
        return self.finish(begun, begun.wishes, seen)


def _kind_of(track: Track) -> LookKind:
    return LookKind.MOVING if track.confirmed else LookKind.UNVERIFIED


def _first_kind(region: Box, places: Sequence[tuple[LookKind, Box]]) -> LookKind:
    """Return the most important kind among the places that the region was made for."""
    inside = [kind for kind, box in places if box.covered_by(region) > 0.5 or box.area == 0.0]
    return min(inside, key=lambda kind: RANK[kind], default=LookKind.MOVING)


def _wants_a_look(track: Track, at_s: float) -> bool:
    """Whether a track is looked at in the next picture: it moves, or is new and not believed yet."""
    if not track.confirmed and at_s - track.first_s < _DOUBTFUL_S:
        return True
    size = max(1e-3, (track.box.width + track.box.height) / 2)
    return max(abs(speed) for speed in track.velocity) > _MOVING_SPEED * size


def _unnamed(motion: Motion, named: Sequence[Detection]) -> list[Detection]:
    """Return the motion that the model did not name; score 0 where something differs but does not move now."""
    left: list[Detection] = []
    for found in motion.boxes:
        covered = sum(detection.box.intersection(found.box) for detection in named)
        if covered < _EXPLAINED * found.box.area:
            left.append(Detection(MOVING_OBJECT, found.filled if found.moving else 0.0, found.box))
    return left
