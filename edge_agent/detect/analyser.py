"""One camera's analysis: picture in → motion → regions → model → tracks → rules → alerts out.

Owns the order of these steps and the beat of the whole picture. ``patrol detect`` and the agent both drive it; nothing
of the pipeline exists twice. One thread at a time, pictures in order of media time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from edge_agent.core.alerts import AlertBook, AlertChange, AlertEnded
from edge_agent.core.boxes import Box
from edge_agent.core.detections import MOVING_OBJECT, Detection
from edge_agent.core.rules import AnyRule
from edge_agent.core.tracks import Track, Tracker, TrackSettings
from edge_agent.detect.detector import WHOLE_PICTURE, Detector
from edge_agent.detect.motion import Motion, MotionFinder, MotionSettings
from edge_agent.detect.picture import Picture
from edge_agent.detect.regions import regions_for

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


class Analyser:
    """The analysis of one camera."""

    def __init__(self, rules: Sequence[AnyRule], detector: Detector, settings: AnalyserSettings | None = None) -> None:
        settings = settings or AnalyserSettings()
        self._settings = settings
        self._detector = detector
        self._has_model = detector.input_size != (0, 0)
        patience_s = max(settings.tracks.lost_after_s, 2.2 * settings.full_frame_every_s if self._has_model else 0.0)
        self._tracker = Tracker(
            replace(
                settings.tracks,
                begin_score=settings.min_score,
                lost_after_s=patience_s,
                motion_only_after_s=_TIME_TO_NAME_S if self._has_model else 0.0,
            )
        )
        self._wanted = detector.usual_labels.union(*(rule.labels for rule in rules))
        self._motion = MotionFinder(settings.motion)
        self._book = AlertBook(rules)
        self._tracks: tuple[Track, ...] = ()
        self._whole_due_s = float("-inf")

    def analyse(self, picture: Picture, at_s: float) -> AnalysisResult:
        """Take one picture at its media time and return what it means."""
        motion = self._motion.find(picture, at_s)
        regions = self._regions(picture, motion, at_s) if self._has_model else []
        seen = self._detector.detect(picture, regions) if regions else []
        named = [detection for detection in seen if detection.label in self._wanted]
        unnamed = _unnamed(motion, named)
        self._tracks = self._tracker.step((*named, *unnamed), at_s)
        believed = {track.box for track in self._tracks if track.confirmed and track.seen_now}
        return AnalysisResult(
            at_s=at_s,
            detections=(
                *(d for d in named if d.score >= self._settings.min_score or d.box in believed),
                *unnamed,
            ),
            tracks=self._tracks,
            alert_changes=self._book.step(self._tracks, at_s),
            looked_at=len(regions),
            motion=motion,
        )

    def close(self) -> tuple[AlertEnded, ...]:
        """End the session: every open alert ends where it was last seen to hold."""
        return self._book.close()

    def _regions(self, picture: Picture, motion: Motion, at_s: float) -> list[Box]:
        places = [found.box for found in motion.boxes if found.moving]
        places.extend(track.box for track in self._tracks if _wants_a_look(track, at_s))
        regions = regions_for(
            places,
            picture_size=(picture.width, picture.height),
            input_size=self._detector.input_size,
            at_most=self._settings.max_regions,
        )
        if at_s >= self._whole_due_s or at_s < self._whole_due_s - self._settings.full_frame_every_s:
            self._whole_due_s = at_s + self._settings.full_frame_every_s
            regions = [WHOLE_PICTURE, *(region for region in regions if region != WHOLE_PICTURE)]
        return regions


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
