"""Cars that stand at the kerbs before the loop begins and never move: part of the street. Pure."""

import random
from typing import Final

from patrol_sim.scene.figure import FigureKind, Pose, size_at
from patrol_sim.scene.settings import SceneSettings

_PLACES: Final = ((0.17, 0.645), (0.50, 0.645), (0.83, 0.645), (0.30, 0.925), (0.74, 0.925))
"""Middle of the car and its wheels, in shares: three at the far kerb, two at the near one."""


def parked_cars(settings: SceneSettings) -> list[Pose]:
    """Return the parked cars, far ones first."""
    dice = random.Random(f"{settings.seed} parked")  # noqa: S311 - a scene must repeat with its seed
    places = dice.sample(_PLACES, settings.parked)
    return sorted((_car(place, dice) for place in places), key=lambda pose: pose.depth)


def _car(place: tuple[float, float], dice: random.Random) -> Pose:
    middle, foot = place[0] + dice.uniform(-0.02, 0.02), place[1]
    wide, high = size_at(FigureKind.CAR, foot)
    return Pose(
        kind=FigureKind.CAR,
        box=(middle - wide / 2, foot - high, middle + wide / 2, foot),
        stride=0.0,
        rightward=True,
        tone=dice.randrange(1 << 16),
        depth=foot,
    )
