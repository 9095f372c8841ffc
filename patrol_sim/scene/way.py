"""The way of one actor, written leg by leg at the usual pace of its kind. Pure."""

import math
from typing import Final, Self

from patrol_sim.scene.actor import Leg, Pace
from patrol_sim.scene.acts import Point, Side
from patrol_sim.scene.figure import FigureKind, size_at

_SPEED: Final = {FigureKind.PERSON: 0.09, FigureKind.BICYCLE: 0.16, FigureKind.CAR: 0.28}
"""Shares of the picture per second."""
_EASING: Final = 1.6
"""Who brakes or starts takes so many times as long for the same way."""


def beyond(side: Side, kind: FigureKind, foot: float) -> Point:
    """Return the place beside the picture from which a figure cannot be seen any more."""
    half = size_at(kind, foot)[0] / 2
    return (-half, foot) if side is Side.LEFT else (1.0 + half, foot)


class Way:
    """Legs so far; every method goes on from the last one and returns the way itself."""

    def __init__(self, kind: FigureKind, at_s: float, place: Point) -> None:
        self._speed = _SPEED[kind]
        self.legs: list[Leg] = []
        self.now_s = at_s
        self.place = place

    def takes_s(self, to: Point) -> float:
        """Return how long it is to a place."""
        return math.dist(self.place, to) / self._speed

    def go(self, to: Point, pace: Pace = Pace.EVEN) -> Self:
        """Go to a place."""
        return self.go_within(to, self.takes_s(to) * (1.0 if pace is Pace.EVEN else _EASING), pace)

    def go_within(self, to: Point, for_s: float, pace: Pace = Pace.EVEN) -> Self:
        """Go to a place in so many seconds."""
        if for_s > 0.0:
            end_s = self.now_s + for_s
            self.legs.append(Leg(begin_s=self.now_s, end_s=end_s, begin=self.place, end=to, pace=pace))
            self.now_s, self.place = end_s, to
        return self

    def stand(self, for_s: float) -> Self:
        """Stay for so long."""
        return self.go_within(self.place, for_s)

    def away(self, for_s: float) -> Self:
        """Be nowhere for so long, and come back where it went."""
        self.now_s += for_s
        return self
