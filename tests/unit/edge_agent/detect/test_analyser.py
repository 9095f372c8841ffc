"""The order of looks and what is told, with a detector that says what the test wrote down."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.detect.analyser import Analyser, AnalysisResult
from edge_agent.detect.picture import Picture
from tests.support.seen import seen

STREET = Picture(
    luma=np.full((360, 480), 100, dtype=np.uint8),
    u=np.full((180, 240), 128, dtype=np.uint8),
    v=np.full((180, 240), 128, dtype=np.uint8),
    full_range=True,
)


@dataclass(slots=True)
class Scripted:
    """Sees what it is told to see, wherever it looks."""

    labels: tuple[str, ...] = ("person",)
    usual_labels: frozenset[str] = frozenset({"person"})
    input_size: tuple[int, int] = (416, 416)
    sees: list[Detection] = field(default_factory=list)

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        return list(self.sees)


def walked(analyser: Analyser, detector: Scripted, *, speed: float, score: float, pictures: int) -> AnalysisResult:
    for number in range(pictures):
        detector.sees = [seen("person", 0.2 + speed * number, score=score)]
        result = analyser.analyse(STREET, number * 0.2)
    return result


def test_a_weak_look_at_a_walker_is_told_and_one_at_nobody_is_not() -> None:
    """Who is half behind a post is still there; what is only ever half seen was never anybody."""
    detector = Scripted()
    analyser = Analyser([], detector)
    walked(analyser, detector, speed=0.02, score=0.8, pictures=10)
    detector.sees = [seen("person", 0.4, score=0.15), seen("person", 0.8, score=0.15)]
    (told,) = analyser.analyse(STREET, 2.0).detections
    assert (told.score, told.box.centre[0]) == (0.15, 0.4)


def test_a_doubtful_still_thing_costs_looks_for_two_seconds_and_then_waits_for_the_beat() -> None:
    detector = Scripted()
    analyser = Analyser([], detector)
    looks = []
    for number in range(60):
        detector.sees = [seen("person", 0.8, score=0.5)]
        looks.append(analyser.analyse(STREET, number * 0.2).looked_at)
    assert all(looks[:10])
    assert sum(looks[20:]) <= 40 / 5 + 1  # five pictures a second, a beat of one second


def test_a_walker_is_looked_at_in_every_picture() -> None:
    detector = Scripted()
    analyser = Analyser([], detector)
    for number in range(30):
        detector.sees = [seen("person", 0.1 + 0.025 * number)]
        assert analyser.analyse(STREET, number * 0.2).looked_at >= 1
