"""Zones and lines of a picture: what is inside, what crossed, and in which direction.

Owns Zone, Line, Direction and the geometry. Points are shares of the picture with y downwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from edge_agent.core.boxes import Point

LEAVE_MARGIN = 0.01
"""Something inside a zone has left it when it is this far outside (share of the picture): boxes tremble."""


class Direction(StrEnum):
    """Which way across a line counts, as a person sees it on the screen.

    The order in which the line's ends were drawn does not matter. Of a line that lies flat (wider than high) the upper
    side is its left.
    """

    LEFT_TO_RIGHT = "left_to_right"
    RIGHT_TO_LEFT = "right_to_left"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A simple polygon; its last corner is joined to its first."""

    name: str
    polygon: tuple[Point, ...]
    _edges: tuple[tuple[Point, Point], ...] = field(init=False, repr=False, compare=False)
    _bounds: tuple[float, float, float, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keep the edges and the box around them: a point is judged for every track, rule and picture."""
        corners = self.polygon
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        object.__setattr__(self, "_edges", tuple(zip(corners, (*corners[1:], corners[0]), strict=True)))
        object.__setattr__(self, "_bounds", (min(xs), min(ys), max(xs), max(ys)))

    @property
    def area(self) -> float:
        """Share of the picture's area."""
        return abs(_area(self.polygon))

    def contains(self, point: Point) -> bool:
        """Whether the point is inside (even-odd rule)."""
        x, y = point
        left, top, right, bottom = self._bounds
        if x < left or x > right or y < top or y > bottom:
            return False
        inside = False
        for (x1, y1), (x2, y2) in self._edges:
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
        return inside

    def still_contains(self, point: Point, margin: float = LEAVE_MARGIN) -> bool:
        """Whether something that was inside still counts as inside: it has not gone further out than the margin."""
        if self.contains(point):
            return True
        x, y = point
        left, top, right, bottom = self._bounds
        if x < left - margin or x > right + margin or y < top - margin or y > bottom + margin:
            return False
        return self.distance(point) <= margin

    def distance(self, point: Point) -> float:
        """Return the distance to the nearest edge."""
        return min(_to_segment(point, a, b) for a, b in self._edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A straight piece between two points; only what passes between its ends crosses it."""

    name: str
    points: tuple[Point, Point]

    def side(self, point: Point) -> float:
        """Return the signed distance from the endless line: negative left of it, positive right (see Direction)."""
        (x1, y1), (x2, y2) = self._oriented()
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        return ((point[0] - x1) * (y2 - y1) - (point[1] - y1) * (x2 - x1)) / length if length > 0.0 else 0.0

    def _oriented(self) -> tuple[Point, Point]:
        """Return the ends so that walking from the first to the second has the screen's left on the negative side."""
        (x1, y1), (x2, y2) = self.points
        flat = abs(x2 - x1) > abs(y2 - y1)
        swap = x2 > x1 if flat else y2 < y1
        return ((x2, y2), (x1, y1)) if swap else ((x1, y1), (x2, y2))

    def crossed(self, before: Point, after: Point) -> float | None:
        """Return where on the way from ``before`` to ``after`` the line was crossed (0-1), or None."""
        from_side, to_side = self.side(before), self.side(after)
        if (from_side < 0.0) == (to_side < 0.0):
            return None
        share = from_side / (from_side - to_side)
        x = before[0] + share * (after[0] - before[0])
        y = before[1] + share * (after[1] - before[1])
        (x1, y1), (x2, y2) = self.points
        along = (x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)
        return share if 0.0 <= along <= (x2 - x1) ** 2 + (y2 - y1) ** 2 else None


def polygon_problem(polygon: Sequence[Point]) -> str | None:
    """Return why the corners enclose no usable area, as the end of a sentence, or None when they do."""
    corners = list(polygon[:-1]) if len(polygon) > 1 and polygon[0] == polygon[-1] else list(polygon)
    if len(corners) < 3:
        return "has fewer than three corners; draw an area"
    if any(not 0.0 <= value <= 1.0 for corner in corners for value in corner):
        return "has a corner outside the picture; write shares between 0 and 1"
    if len(set(corners)) != len(corners):
        return "visits a corner twice; write each corner once, in order round the area"
    if _crosses_itself(corners):
        return "crosses itself; write the corners in order round the area"
    if abs(_area(corners)) < 1e-9:
        return "encloses nothing; its corners lie on one line"
    return None


def _area(corners: Sequence[Point]) -> float:
    closed = [*corners, corners[0]]
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(closed)) / 2


def _crosses_itself(corners: Sequence[Point]) -> bool:
    edges = list(pairwise([*corners, corners[0]]))
    for first in range(len(edges)):
        for second in range(first + 2, len(edges)):
            neighbours = first == 0 and second == len(edges) - 1
            if not neighbours and _properly_cross(edges[first], edges[second]):
                return True
    return False


def _properly_cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    (a, b), (c, d) = one, other
    return _turn(a, b, c) * _turn(a, b, d) < 0.0 and _turn(c, d, a) * _turn(c, d, b) < 0.0


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _to_segment(point: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length2 = dx * dx + dy * dy
    share = 0.0
    if length2 > 0.0:
        share = min(1.0, max(0.0, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length2))
    x, y = a[0] + share * dx, a[1] + share * dy
    return float(((point[0] - x) ** 2 + (point[1] - y) ** 2) ** 0.5)
