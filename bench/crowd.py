"""A crowd that never was: walkers who hide each other, go behind a van and past a sign, and what a model would see.

Owns the walkers, who is hidden, and the errors of the model: whom it overlooks, whom it sees half, two boxes on one,
the sign it takes for a person. The same seed gives the same crowd. Nothing is drawn: trackers are judged on boxes.
"""

import math
from dataclasses import dataclass
from random import Random
from typing import Final

from bench.footage import TrueThing
from bench.sightings import Sightings
from edge_agent.core.boxes import Box, Point
from edge_agent.core.detections import Detection

PERSON: Final = "person"
_STEP_ACROSS: Final = 8
_STEP_UP: Final = 4
_SIZE: Final = (640, 480)
_HIDDEN: Final = 0.1
"""Who is seen less than this is no truth: nobody can be blamed for not telling of them."""
_FOUND: Final = ((0.75, 0.97), (0.5, 0.9), (0.25, 0.45), (0.0, 0.03))
"""How often a model finds whom it sees that much of, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walker:
    number: int
    begin_s: float
    speed: float
    """Shares of the picture a second."""
    way: tuple[Point, Point, Point]
    pause_s: float
    """How long they stand in the middle of their way."""
    tall: float

    def feet(self, at_s: float) -> Point | None:
        """Return where they stand at a moment; None before and after."""
        walked_s = at_s - self.begin_s
        if walked_s < 0.0:
            return None
        for start, end, stands_s in ((*self.way[:2], self.pause_s), (*self.way[1:], 0.0)):
            takes_s = math.dist(start, end) / self.speed
            if walked_s < takes_s:
                part = walked_s / takes_s
                return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
            walked_s -= takes_s
            if walked_s < stands_s:
                return end
            walked_s -= stands_s
        return None

    def box(self, at_s: float) -> Box | None:
        """Return their box: nearer is larger, legs swing."""
        feet = self.feet(at_s)
        if feet is None:
            return None
        height = 0.26 * (0.3 + feet[1]) * self.tall
        width = 0.29 * height * (1.0 + 0.15 * math.sin(6.0 * at_s + self.number))
        return Box(feet[0] - width / 2, feet[1] - height, feet[0] + width / 2, feet[1])


def generated_crowd(seed: int, *, people: int, seconds: float, a_second: float) -> Sightings:
    """Return a crowd of so many people who come one after the other, seen so often a second."""
    chance = Random(seed)  # noqa: S311 - a crowd, no secret
    walkers = [_walker(number, chance, within_s=0.6 * seconds) for number in range(1, people + 1)]
    middle, half = chance.uniform(0.4, 0.6), chance.uniform(0.02, 0.1)
    van = Box(middle - half, 0.3, middle + half, 0.75)
    sign = (chance.uniform(0.1, 0.9), chance.uniform(0.4, 0.8))
    times = [number / a_second for number in range(int(seconds * a_second))]
    truth: list[list[TrueThing]] = []
    told: list[list[Detection]] = []
    for at_s in times:
        here = [(box, walker.number) for walker in walkers if (box := walker.box(at_s)) is not None]
        here.sort(key=lambda one: one[0].bottom, reverse=True)  # the nearest first: they hide the others
        found: list[Detection] = []
        true: list[TrueThing] = []
        before: list[Box] = []
        for box, number in here:
            hiding = [*before, van] if box.bottom < van.bottom else before
            seen, part = _seen_part(box, hiding)
            if seen >= _HIDDEN:
                true.append(TrueThing(number=number, box=box))
            found.extend(_guesses(part, seen, chance))
            before.append(box)
        found.extend(_wrong(sign, chance))
        told.append(found)
        truth.append(true)
    return Sightings(detections=told, times=times, truth=truth, size=_SIZE)


def _walker(number: int, chance: Random, *, within_s: float) -> _Walker:
    ends = (-0.08, 1.08) if chance.random() < 0.5 else (1.08, -0.08)
    return _Walker(
        number=number,
        begin_s=chance.uniform(0.0, within_s),
        speed=chance.uniform(0.08, 0.2),
        way=(
            (ends[0], chance.uniform(0.35, 0.95)),
            (chance.uniform(0.25, 0.75), chance.uniform(0.35, 0.95)),
            (ends[1], chance.uniform(0.35, 0.95)),
        ),
        pause_s=chance.uniform(0.0, 4.0) if chance.random() < 0.3 else 0.0,
        tall=chance.uniform(0.9, 1.1),
    )


def _seen_part(box: Box, hiding: list[Box]) -> tuple[float, Box]:
    """Return which share of a box nobody hides, and the upright part of it that is seen."""
    columns = [0] * _STEP_ACROSS
    for across in range(_STEP_ACROSS):
        x = box.left + (across + 0.5) / _STEP_ACROSS * box.width
        for up in range(_STEP_UP):
            y = box.top + (up + 0.5) / _STEP_UP * box.height
            hidden = any(one.left < x < one.right and one.top < y < one.bottom for one in hiding)
            columns[across] += 0.0 <= x <= 1.0 and not hidden
    seen = sum(columns) / (_STEP_ACROSS * _STEP_UP)
    shown = [number for number, count in enumerate(columns) if count >= _STEP_UP / 2]
    if seen > 0.6 or not shown:
        return seen, box
    return seen, Box(
        box.left + shown[0] / _STEP_ACROSS * box.width,
        box.top,
        box.left + (shown[-1] + 1) / _STEP_ACROSS * box.width,
        box.bottom,
    )


def _guesses(part: Box, seen: float, chance: Random) -> list[Detection]:
    """Return what the model says of one person: nothing, a trembling box, or two."""
    if chance.random() >= next(often for least, often in _FOUND if seen >= least):
        return []
    score = min(0.95, max(0.1, chance.gauss(0.35 + 0.4 * seen, 0.12)))
    found = [Detection(PERSON, score, _trembling(part, chance))]
    if chance.random() < 0.02:
        upper = Box(part.left, part.top, part.right, part.top + 0.55 * part.height)
        found.append(Detection(PERSON, chance.uniform(0.1, 0.5), upper))
    return found


def _wrong(sign: Point, chance: Random) -> list[Detection]:
    """Return what the model takes for people: a sign, nearly always, and now and then something anywhere."""
    found: list[Detection] = []
    if chance.random() < 0.8:
        found.append(Detection(PERSON, max(0.1, chance.gauss(0.42, 0.08)), Box.around(sign, 0.04, 0.12)))
    if chance.random() < 0.1:
        place = (chance.random(), chance.uniform(0.3, 1.0))
        found.append(Detection(PERSON, chance.uniform(0.1, 0.45), Box.around(place, 0.04, 0.12)))
    return found


def _trembling(box: Box, chance: Random) -> Box:
    across, upright = 0.04 * box.width, 0.03 * box.height
    return Box(
        box.left + chance.gauss(0.0, across),
        box.top + chance.gauss(0.0, upright),
        box.right + chance.gauss(0.0, across),
        box.bottom + chance.gauss(0.0, upright),
    )
