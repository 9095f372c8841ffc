"""An actor: a figure that follows a path of legs; it walks, brakes, stands, and may be away in between. Pure."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from patrol_sim.scene.acts import Point
from patrol_sim.scene.figure import FigureBox, FigureKind, Pose, size_at
from patrol_sim.scene.script import stride_after

_FIDGET_PER_S: Final = 0.23
_FIDGET: Final = 0.2
"""Nobody stands like a post: feet and arms of who waits move by this share of a stride, slowly."""


class Pace(StrEnum):
    """How the way of a leg is spread over its time."""

    EVEN = "even"
    BRAKING = "braking"  # ends at rest
    STARTING = "starting"  # begins at rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """From one place of the feet to another; the same place twice: it stands."""

    begin_s: float
    end_s: float
    begin: Point
    end: Point
    pace: Pace = Pace.EVEN

    @property
    def stands(self) -> bool:
        """Whether it stays where it is."""
        return self.begin == self.end

    def place_at(self, time_s: float) -> Point:
        """Return where the feet are at a time within the leg."""
        done = (time_s - self.begin_s) / (self.end_s - self.begin_s) if self.end_s > self.begin_s else 1.0
        match self.pace:
            case Pace.EVEN:
                share = done
            case Pace.BRAKING:
                share = 1.0 - (1.0 - done) ** 2
            case Pace.STARTING:
                share = done**2
            case _ as never:
                assert_never(never)
        return (
            self.begin[0] + share * (self.end[0] - self.begin[0]),
            self.begin[1] + share * (self.end[1] - self.begin[1]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A figure of an act; ``legs`` lie in order of time, with gaps while it is out of the picture."""

    number: int
    kind: FigureKind
    tone: int
    legs: tuple[Leg, ...]

    def leg_at(self, time_s: float) -> Leg | None:
        """Return the leg under way."""
        for leg in self.legs:
            if leg.begin_s <= time_s < leg.end_s:
                return leg
        return None

    def box_at(self, time_s: float) -> FigureBox | None:
        """Return the unclipped box (left, top, right, bottom) in shares; None when it is not in the street."""
        leg = self.leg_at(time_s)
        if leg is None:
            return None
        middle, foot = leg.place_at(time_s)
        width, height = size_at(self.kind, foot)
        return (middle - width / 2, foot - height, middle + width / 2, foot)

    def pose_at(self, time_s: float) -> Pose | None:
        """Return how it looks; None when it is not in the street."""
        leg, box = self.leg_at(time_s), self.box_at(time_s)
        if leg is None or box is None:
            return None
        if leg.stands:
            stride = _FIDGET * math.sin(2 * math.pi * _FIDGET_PER_S * time_s + self.number)
        else:
            stride = stride_after(time_s - leg.begin_s)
        return Pose(
            kind=self.kind,
            box=box,
            stride=stride,
            rightward=leg.end[0] >= leg.begin[0],
            tone=self.tone,
            depth=box[3],
        )
