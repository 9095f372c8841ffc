"""What stands or moves in a scene: its kind, its size at a place, and how it looks at one moment. Pure.

Sizes and places are in shares of the picture, so a scene is the same at every size.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

FigureBox = tuple[float, float, float, float]
"""Left, top, right, bottom in shares of the picture; may reach beyond it."""


class FigureKind(StrEnum):
    """What it is; the words are the labels of COCO models."""

    PERSON = "person"
    BICYCLE = "bicycle"
    CAR = "car"
    SUITCASE = "suitcase"
    POTTED_PLANT = "potted plant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Height of the figure in shares of the picture's height at the near edge, and its width per height."""

    height: float
    width_per_height: float


SHAPES: Final = {
    FigureKind.PERSON: Shape(height=0.30, width_per_height=0.40),
    FigureKind.BICYCLE: Shape(height=0.28, width_per_height=0.85),
    FigureKind.CAR: Shape(height=0.24, width_per_height=2.1),
    FigureKind.SUITCASE: Shape(height=0.11, width_per_height=0.75),
    FigureKind.POTTED_PLANT: Shape(height=0.17, width_per_height=0.6),
}
HORIZON: Final = 0.38
ASPECT: Final = 11 / 9
"""Width per height the shapes are drawn for; other pictures stretch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """One figure at one moment."""

    kind: FigureKind
    box: FigureBox
    stride: float
    """-1 to 1: how far the legs are apart, and which is in front."""
    rightward: bool
    tone: int
    """Picks the colours."""
    depth: float
    """What has more is nearer and hides what has less: the height of the feet in the picture."""


class Figure(Protocol):
    """A mover or an actor."""

    @property
    def number(self) -> int:
        """The same figure has the same number in every picture."""
        ...

    @property
    def kind(self) -> FigureKind:
        """What it is."""
        ...

    def pose_at(self, time_s: float) -> Pose | None:
        """Return how it looks at a time of the loop; None when it is not under way."""
        ...


def size_at(kind: FigureKind, foot: float) -> tuple[float, float]:
    """Return width and height, in shares, of a figure whose feet are at this height of the picture."""
    shape = SHAPES[kind]
    height = shape.height * (0.35 + 0.65 * (foot - HORIZON) / (1.0 - HORIZON))
    return height * shape.width_per_height / ASPECT, height
