"""Two tracks that are one rider, and those that only pass each other."""

import pytest

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.core.riders import Riders
from edge_agent.core.tracks import Tracker

PICTURES = 36
FPS = 5.0


def halves(wheels: tuple[float, float], walker: tuple[float, float], *, label: str = "bicycle") -> set[int]:
    """Return which tracks are half a rider after seven seconds; (start, speed) to the right of each of the two."""
    tracker, riders = Tracker(), Riders()
    for number in range(PICTURES):
        at_s = number / FPS
        seen = [
            Detection(label, 0.8, Box.around((wheels[0] + wheels[1] * at_s, 0.48), 0.06, 0.08)),
            Detection("person", 0.8, Box.around((walker[0] + walker[1] * at_s, 0.40), 0.04, 0.10)),
        ]
        tracks = tracker.step(seen, at_s)
        riders.observe(tracks, at_s)
    return {half for track in tracks for half in riders.halves_of(track.track_id)}


@pytest.mark.parametrize("label", ["bicycle", "motorcycle"])
def test_who_sits_on_something_for_a_second_is_its_rider(label: str) -> None:
    assert halves((0.1, 0.1), (0.1, 0.1), label=label) == {1, 2}


@pytest.mark.parametrize(
    ("wheels", "walker", "label"),
    [
        ((0.05, 0.12), (0.3, 0.03), "bicycle"),  # overtakes a walker, who is beside it for half a second
        ((0.85, -0.1), (0.15, 0.1), "bicycle"),  # comes towards a walker
        ((0.5, 0.0), (0.2, 0.1), "bicycle"),  # is parked, and somebody walks past
        ((0.1, 0.1), (0.1, 0.1), "car"),  # is nothing that is ridden
    ],
)
def test_who_only_passes_is_no_rider(wheels: tuple[float, float], walker: tuple[float, float], label: str) -> None:
    assert halves(wheels, walker, label=label) == set()


def test_a_rider_who_has_left_is_forgotten() -> None:
    tracker, riders = Tracker(), Riders()
    for number in range(PICTURES):
        x = 0.1 + 0.02 * number
        seen = [
            Detection("bicycle", 0.8, Box.around((x, 0.48), 0.06, 0.08)),
            Detection("person", 0.8, Box.around((x, 0.40), 0.04, 0.10)),
        ]
        riders.observe(tracker.step(seen, number / FPS), number / FPS)
    assert riders.halves_of(1) == {2}
    riders.observe([], PICTURES / FPS)
    assert riders.halves_of(1) == set()
