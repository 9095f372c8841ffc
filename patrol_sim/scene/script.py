"""Who walks, rides or drives through the street at random, when, and along which path. Pure; a seed gives it again."""

import math
import random
from dataclasses import dataclass
from typing import Final

from patrol_sim.scene.figure import FigureBox, FigureKind, Pose, size_at
from patrol_sim.scene.settings import SceneSettings

CROSSING_S: Final = {
    FigureKind.PERSON: (9.0, 18.0),
    FigureKind.BICYCLE: (5.0, 9.0),
    FigureKind.CAR: (3.0, 5.0),
}
"""Who may be cast, and the fastest and slowest time from edge to edge."""
_LANES: Final = {
    FigureKind.PERSON: (0.56, 0.93),
    FigureKind.BICYCLE: (0.66, 0.84),
    FigureKind.CAR: (0.70, 0.80),
}
"""Where the feet go: shares of the picture's height, far pavement to near pavement."""
_STRIDES_PER_S: Final = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """One figure and its way: from ``start_s`` its middle goes from one side beyond the picture to the other."""

    number: int
    kind: FigureKind
    start_s: float
    crossing_s: float
    foot: float
    """Height of the feet in the picture, 0 top to 1 bottom."""
    rightward: bool
    sway: float
    """How far the way bends up and down."""
    tone: int
    """Picks the colours."""

    @property
    def end_s(self) -> float:
        """When it has left."""
        return self.start_s + self.crossing_s

    def box_at(self, time_s: float) -> FigureBox | None:
        """Return the unclipped box (left, top, right, bottom) in shares; None when it is not under way."""
        done = (time_s - self.start_s) / self.crossing_s
        if not 0.0 <= done <= 1.0:
            return None
        foot = self.foot + self.sway * math.sin(done * math.pi)
        width, height = size_at(self.kind, foot)
        along = done if self.rightward else 1.0 - done
        middle = -width / 2 + along * (1.0 + width)
        return (middle - width / 2, foot - height, middle + width / 2, foot)

    def pose_at(self, time_s: float) -> Pose | None:
        """Return how it looks; None when it is not under way."""
        box = self.box_at(time_s)
        if box is None:
            return None
        return Pose(
            kind=self.kind,
            box=box,
            stride=stride_after(time_s - self.start_s),
            rightward=self.rightward,
            tone=self.tone,
            depth=self.foot,
        )


def stride_after(walked_s: float) -> float:
    """Return how far the legs are apart after walking for so long."""
    return math.sin(2 * math.pi * _STRIDES_PER_S * walked_s)


def write_script(settings: SceneSettings) -> tuple[Mover, ...]:
    """Return the movers of a scene, in order of their start.

    Busy stretches of at most the slowest crossing lie evenly over the loop; the first mover of each lasts through it,
    so the share of busy time is what was asked for as long as there are enough movers. The loop's seam is quiet
    unless the scene is busy all the time.
    """
    dice = random.Random(settings.seed)  # noqa: S311 - a scene must repeat with its seed
    busy_s = settings.busy_share * settings.duration_s
    longest_s = CROSSING_S[FigureKind.PERSON][1] * 0.75
    stretches = math.ceil(busy_s / longest_s)
    if settings.movers is not None:
        stretches = min(max(stretches, math.ceil(settings.movers / 3)), settings.movers)
    if stretches == 0 or busy_s == 0:
        return ()
    stretch_s = min(busy_s / stretches, longest_s)
    quiet_s = (settings.duration_s - stretch_s * stretches) / (stretches + 1)
    count = settings.movers if settings.movers is not None else stretches * 2
    movers = []
    for number in range(count):
        stretch = number % stretches
        begin_s = quiet_s + stretch * (stretch_s + quiet_s)
        movers.append(_cast(dice, number, begin_s=begin_s, stretch_s=stretch_s, leads=number < stretches))
    return tuple(sorted(movers, key=lambda mover: mover.start_s))


def _cast(dice: random.Random, number: int, *, begin_s: float, stretch_s: float, leads: bool) -> Mover:
    """Choose one mover that stays within its stretch; the one who leads lasts from its beginning to its end."""
    fitting = [kind for kind in CROSSING_S if CROSSING_S[kind][0] <= stretch_s] or [FigureKind.CAR]
    if leads:
        kind = max(fitting, key=lambda k: CROSSING_S[k][1] >= stretch_s and dice.random())
        crossing_s, start_s = stretch_s, begin_s
    else:
        kind = dice.choice(fitting)
        fastest_s, slowest_s = CROSSING_S[kind]
        crossing_s = min(dice.uniform(fastest_s, slowest_s), stretch_s)
        start_s = begin_s + dice.uniform(0.0, stretch_s - crossing_s)
    return Mover(
        number=number,
        kind=kind,
        start_s=start_s,
        crossing_s=crossing_s,
        foot=dice.choice(_LANES[kind]) + dice.uniform(-0.015, 0.015),
        rightward=dice.random() < 0.5,
        sway=dice.uniform(-0.03, 0.03) if kind is FigureKind.PERSON else 0.0,
        tone=dice.randrange(1 << 16),
    )
