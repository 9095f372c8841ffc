"""Boxes of the picture: left, top, right, bottom in shares of its width and height, and the arithmetic on them.

Owns Box and nothing else; plain floats, because every track and rule does this arithmetic many times a second.
"""

from dataclasses import dataclass
from typing import Self

Point = tuple[float, float]
"""x and y in shares of the picture, from its top left corner."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle, ``left <= right`` and ``top <= bottom``; may reach beyond 0-1 until it is clipped."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, centre: Point, width: float, height: float) -> Self:
        """Return the box of this size around a point."""
        x, y = centre
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    @property
    def width(self) -> float:
        """Share of the picture's width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Share of the picture's height."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Share of the picture's area."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    @property
    def centre(self) -> Point:
        """The middle: what crosses a line."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def bottom_centre(self) -> Point:
        """The middle of the lower edge: where a thing touches the ground, hence what stands in a zone."""
        return (self.left + self.right) / 2, self.bottom

    def intersection(self, other: "Box") -> float:
        """Return the area that both cover."""
        # Comparisons instead of min and max: this is called more often than anything else, mostly for boxes far apart.
        if self.left >= other.right or other.left >= self.right or self.top >= other.bottom or other.top >= self.bottom:
            return 0.0
        left = self.left if self.left > other.left else other.left
        right = self.right if self.right < other.right else other.right
        top = self.top if self.top > other.top else other.top
        bottom = self.bottom if self.bottom < other.bottom else other.bottom
        return (right - left) * (bottom - top)

    def iou(self, other: "Box") -> float:
        """Return intersection over union, 0 when either has no area."""
        both = self.intersection(other)
        return both / (self.area + other.area - both) if both > 0.0 else 0.0

    def covered_by(self, other: "Box") -> float:
        """Return the share of this box that lies inside the other; 0 when this has no area."""
        return self.intersection(other) / self.area if self.area > 0.0 else 0.0

    def union(self, other: "Box") -> "Box":
        """Return the smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def clip(self) -> "Box":
        """Return the part inside the picture; a box wholly outside becomes an empty one at the border."""
        return Box(*(min(1.0, max(0.0, side)) for side in (self.left, self.top, self.right, self.bottom)))

    def grown(self, share: float) -> "Box":
        """Return the box widened on each side by a share of its own size."""
        by_x, by_y = self.width * share, self.height * share
        return Box(self.left - by_x, self.top - by_y, self.right + by_x, self.bottom + by_y)

    def moved(self, by_x: float, by_y: float) -> "Box":
        """Return the box shifted."""
        return Box(self.left + by_x, self.top + by_y, self.right + by_x, self.bottom + by_y)

    def touches_border(self, within: float = 0.01) -> bool:
        """Whether it reaches the edge of the picture, so that part of the thing may be outside."""
        return self.left < within or self.top < within or self.right > 1.0 - within or self.bottom > 1.0 - within
