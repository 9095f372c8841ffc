"""Detections and films of boxes for tests of the edge's decisions."""

from collections.abc import Callable, Iterable

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.core.zones import Line, Zone

EVERYWHERE = Zone(name="all", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
RIGHT_HALF = Zone(name="right", polygon=((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
LEFT_HALF = Zone(name="left-half", polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
MIDDLE = Line(name="middle", points=((0.5, 0.0), (0.5, 1.0)))


def box_at(x: float, y: float = 0.5, width: float = 0.06, height: float = 0.12) -> Box:
    """Return a person-sized box around a point."""
    return Box.around((x, y), width, height)


def seen(label: str, x: float, y: float = 0.5, score: float = 0.8) -> Detection:
    """Return a detection around a point."""
    return Detection(label, score, box_at(x, y))


def walk(
    label: str, *, from_s: float, to_s: float, start: float, speed: float, y: float = 0.5
) -> Callable[[float], list[Detection]]:
    """Return a function of time: a thing that goes across at ``speed`` shares a second and is there for a while."""

    def at(at_s: float) -> list[Detection]:
        return [seen(label, start + speed * (at_s - from_s), y)] if from_s <= at_s <= to_s else []

    return at


def times(*, until_s: float, fps: float = 5.0) -> Iterable[float]:
    """Return the media times of a film at a steady rate."""
    return (number / fps for number in range(int(until_s * fps) + 1))
