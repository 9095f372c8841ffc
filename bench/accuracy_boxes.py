"""People found in single pictures: the whole picture shown to the model against the agent's own way.

The agent's way is ``detect.analyser.Analyser`` itself; what its detector said is noted on the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.accuracy_scores import Scored, average_precision, hits
from bench.footage import moved_into, pictures, placed, true_boxes
from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.detect.analyser import Analyser, AnalyserSettings
from edge_agent.detect.detector import WHOLE_PICTURE
from edge_agent.detect.onnx_detector import OnnxDetector
from edge_agent.detect.picture import Picture
from edge_agent.detect.room_analysis import WEAK_SHARE

LARGE: Final = (1920, 1080)
PERSON: Final = "person"
MIN_SCORE: Final = 0.3
_EVERYTHING: Final = 0.01
"""The least score for average precision, where a curve is wanted and not a decision."""


class Listening:
    """A detector that notes what another one says."""

    def __init__(self, detector: OnnxDetector) -> None:
        self._detector = detector
        self.labels = detector.labels
        self.usual_labels = detector.usual_labels
        self.input_size = detector.input_size
        self.said: list[Detection] = []

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        """Pass on."""
        self.said = self._detector.detect(picture, regions)
        return self.said


@dataclass(slots=True)
class _Way:
    """What one way of looking found, by picture."""

    told: dict[int, list[Scored]] = field(default_factory=dict)
    """What a user is told."""
    said: dict[int, list[Scored]] = field(default_factory=dict)
    """All the detector said."""
    looks: int = 0

    def figures(self, truth: dict[int, list[Box]]) -> dict[str, float]:
        return hits(self.told, truth).figures() | {
            "ap50": round(average_precision(self.said, truth), 4),
            "looks_per_picture": round(self.looks / max(1, len(truth)), 3),
        }


def detections(film: Path, *, models_dir: Path, model: str, large: tuple[int, int] | None = None) -> dict[str, Any]:
    """Return both ways' figures over every picture of a film, as it is or placed in a larger picture."""
    plain = OnnxDetector.from_catalogue(model, models_dir=models_dir, min_score=_EVERYTHING)
    listening = Listening(OnnxDetector.from_catalogue(model, models_dir=models_dir, min_score=MIN_SCORE * WEAK_SHARE))
    analyser = Analyser([], listening, AnalyserSettings(min_score=MIN_SCORE))
    whole, ours = _Way(), _Way()
    truth: dict[int, list[Box]] = {}
    for seen in pictures(film):
        if not truth:
            size = (seen.picture.width, seen.picture.height)
            truth = {number: [t.box for t in things] for number, things in true_boxes(film, size=size).items()}
        picture, place = (seen.picture, WHOLE_PICTURE) if large is None else placed(seen.picture, large)
        truth[seen.number] = [moved_into(box, place) for box in truth.get(seen.number, [])]
        found = _people(plain.detect(picture, [WHOLE_PICTURE]))
        whole.said[seen.number] = found
        whole.told[seen.number] = [one for one in found if one[0] >= MIN_SCORE]
        whole.looks += 1
        listening.said = []
        result = analyser.analyse(picture, seen.at_s)
        ours.told[seen.number] = _people(result.detections)
        ours.said[seen.number] = _people(listening.said)
        ours.looks += result.looked_at
    return {"whole_picture": whole.figures(truth), "ours": ours.figures(truth)}


def whole_picture_people(film: Path, *, models_dir: Path, model: str) -> tuple[list[list[Detection]], list[float]]:
    """Return per picture the people the model sees in the whole of it, weak ones too, and the times."""
    detector = OnnxDetector.from_catalogue(model, models_dir=models_dir, min_score=MIN_SCORE * WEAK_SHARE)
    found: list[list[Detection]] = []
    times: list[float] = []
    for seen in pictures(film):
        found.append([d for d in detector.detect(seen.picture, [WHOLE_PICTURE]) if d.label == PERSON])
        times.append(seen.at_s)
    return found, times


def _people(found: Sequence[Detection]) -> list[Scored]:
    return [(detection.score, detection.box) for detection in found if detection.label == PERSON]
