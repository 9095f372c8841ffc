"""Acts turned into actors and into the exact truth about them. Pure; a seed gives the same again."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, assert_never

from patrol_sim.errors import SourceError
from patrol_sim.scene.actor import Actor, Leg, Pace
from patrol_sim.scene.acts import (
    LOWEST_FOOT,
    Act,
    Furnish,
    Gather,
    KeepBag,
    LeaveBag,
    Loiter,
    Pass,
    Point,
    Side,
    Stop,
    ToAndFro,
)
from patrol_sim.scene.figure import FigureBox, FigureKind, size_at
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.scene.true_act import Moment, TrueAct
from patrol_sim.scene.way import Way, beyond

_TAKE_UP_S: Final = 1.0
"""Nobody snatches a suitcase while walking by."""
_COMING_EVERY_S: Final = 0.7
_GOING_EVERY_S: Final = 0.5
_GOLDEN_ANGLE: Final = math.pi * (3.0 - math.sqrt(5.0))
_LAID_BACK: Final = 0.35
"""A circle on the ground is seen so many times as high as wide (in shares)."""
_HAND_HEIGHT: Final = 0.025


class Staged(NamedTuple):
    """The actors of all acts, and what is true of each act."""

    actors: tuple[Actor, ...]
    acts: tuple[TrueAct, ...]


@dataclass(slots=True)
class _Stage:
    """One act being staged: gives its actors numbers and colours."""

    next_number: int
    dice: random.Random
    ends_s: float
    """When the loop ends."""

    def actor(self, kind: FigureKind, legs: Sequence[Leg], tone: int | None = None) -> Actor:
        number, self.next_number = self.next_number, self.next_number + 1
        return Actor(
            number=number,
            kind=kind,
            tone=self.dice.randrange(1 << 16) if tone is None else tone,
            legs=tuple(legs),
        )


def stage_acts(settings: SceneSettings, *, first_number: int) -> Staged:
    """Return everybody who plays in the acts of a scene, numbered from ``first_number``.

    Raises SourceError for an act that the loop is too short for or that has no room in the picture.
    """
    actors: list[Actor] = []
    acts: list[TrueAct] = []
    for index, act in enumerate(settings.acts):
        stage = _Stage(
            next_number=first_number + len(actors),
            dice=random.Random(f"{settings.seed} {index}"),  # noqa: S311 - a scene must repeat with its seed
            ends_s=settings.duration_s,
        )
        staged = _play(act, stage)
        last_s = max(leg.end_s for actor in staged.actors for leg in actor.legs)
        if last_s > settings.duration_s + 1e-6:
            raise SourceError(
                f"scene act {index + 1} ({act.kind}): lasts until {last_s:.1f} s and the loop ends at "
                f"{settings.duration_s:g} s; begin it earlier or give a longer duration_s"
            )
        actors.extend(staged.actors)
        acts.extend(staged.acts)
    return Staged(tuple(actors), tuple(acts))


def _play(act: Act, stage: _Stage) -> Staged:
    match act:
        case Loiter():
            return _loiter(act, stage)
        case Gather():
            return _gather(act, stage)
        case Stop():
            return _stop(act, stage)
        case Pass():
            return _pass(act, stage)
        case LeaveBag():
            return _leave(act, stage, FigureKind.SUITCASE, back_after_s=act.back_after_s)
        case KeepBag():
            return _keep_bag(act, stage)
        case Furnish():
            return _leave(act, stage, FigureKind.POTTED_PLANT, back_after_s=None)
        case ToAndFro():
            return _to_and_fro(act, stage)
        case _ as never:
            assert_never(never)


def _loiter(act: Loiter, stage: _Stage) -> Staged:
    way = Way(FigureKind.PERSON, act.at_s, beyond(act.enters, FigureKind.PERSON, act.y)).go((act.x, act.y))
    begin_s, first = way.now_s, len(way.legs)
    end_s = begin_s + act.for_s
    while act.roam > 0.0:
        there = (
            min(0.98, max(0.02, act.x + stage.dice.uniform(-act.roam, act.roam))),
            min(1.0, max(LOWEST_FOOT, act.y + stage.dice.uniform(-act.roam, act.roam) * _LAID_BACK)),
        )
        waits_s = stage.dice.uniform(0.5, 3.0)
        if way.now_s + way.takes_s(there) + waits_s > end_s:
            break
        way.go(there).stand(waits_s)
    way.stand(end_s - way.now_s)
    stay = way.legs[first:]
    way.go(beyond(act.leaves, FigureKind.PERSON, way.place[1]))
    actor = stage.actor(FigureKind.PERSON, way.legs)
    return Staged((actor,), (_true(act, (actor,), begin_s, end_s, box=_around(FigureKind.PERSON, _places(stay))),))


def _gather(act: Gather, stage: _Stage) -> Staged:
    apart = act.spacing * size_at(FigureKind.PERSON, act.y)[0] / 1.8
    ways: list[Way] = []
    for number in range(act.count):
        radius, angle = apart * math.sqrt(number), number * _GOLDEN_ANGLE
        spot = (act.x + radius * math.cos(angle), act.y + radius * math.sin(angle) * _LAID_BACK)
        if not (0.0 <= spot[0] <= 1.0 and LOWEST_FOOT <= spot[1] <= 1.0):
            raise SourceError(
                f"scene act {act.kind}: {act.count} people with spacing {act.spacing:g} about {act.x:g}, {act.y:g} "
                "have no room in the picture; give fewer, closer, or another place"
            )
        side = Side.LEFT if number % 2 == 0 else Side.RIGHT
        start = beyond(side, FigureKind.PERSON, spot[1])
        ways.append(Way(FigureKind.PERSON, act.at_s + number * _COMING_EVERY_S, start).go(spot))
    begin_s = max(way.now_s for way in ways)
    end_s = begin_s + act.for_s
    spots = [way.place for way in ways]
    for number, way in enumerate(ways):
        way.stand(end_s + number * _GOING_EVERY_S - way.now_s)
        way.go(beyond(Side.LEFT if number % 2 else Side.RIGHT, FigureKind.PERSON, way.place[1]))
    actors = tuple(stage.actor(FigureKind.PERSON, way.legs) for way in ways)
    return Staged(actors, (_true(act, actors, begin_s, end_s, box=_around(FigureKind.PERSON, spots)),))


def _stop(act: Stop, stage: _Stage) -> Staged:
    spot = (act.x, act.y)
    way = Way(FigureKind.CAR, act.at_s, beyond(act.enters, FigureKind.CAR, act.y)).go(spot, Pace.BRAKING)
    begin_s = way.now_s
    way.stand(act.for_s)
    end_s = way.now_s
    way.go(beyond(act.leaves, FigureKind.CAR, act.y), Pace.STARTING)
    actor = stage.actor(FigureKind.CAR, way.legs)
    return Staged((actor,), (_true(act, (actor,), begin_s, end_s, box=_around(FigureKind.CAR, [spot])),))


def _pass(act: Pass, stage: _Stage) -> Staged:
    kind = FigureKind(act.figure)
    begin, end = beyond(act.enters, kind, act.y), beyond(act.enters.opposite, kind, act.y)
    end_s = act.at_s + act.crossing_s
    actor = stage.actor(kind, [Leg(begin_s=act.at_s, end_s=end_s, begin=begin, end=end)])
    middle = Moment(_direction(rightward=act.enters is Side.LEFT), act.at_s + act.crossing_s / 2)
    box = _around(kind, [begin, end])
    return Staged((actor,), (_true(act, (actor,), act.at_s, end_s, box=box, moments=(middle,)),))


def _leave(act: LeaveBag | Furnish, stage: _Stage, thing: FigureKind, *, back_after_s: float | None) -> Staged:
    """Stage someone who brings a thing, leaves it, and fetches it unless ``back_after_s`` is None."""
    way = Way(FigureKind.PERSON, act.at_s, beyond(act.enters, FigureKind.PERSON, act.y)).go((act.x, act.y))
    spot = _beside((act.x, act.y), thing, away_from=act.leaves)
    bag = [_carried(leg) for leg in way.legs]
    put_s = way.now_s
    moments = [Moment("put_down", put_s)]
    way.stand(act.linger_s)
    moments.append(Moment("owner_walks_off", way.now_s))
    way.go(beyond(act.leaves, FigureKind.PERSON, act.y))
    moments.append(Moment("owner_gone", way.now_s))
    end_s = stage.ends_s
    if back_after_s is not None:
        way.away(back_after_s)
        moments.append(Moment("owner_back", way.now_s))
        way.go((act.x, act.y)).stand(_TAKE_UP_S)
        end_s = way.now_s
        moments.append(Moment("taken", end_s))
        way.go(beyond(act.leaves, FigureKind.PERSON, act.y))
    bag.append(Leg(begin_s=put_s, end_s=max(end_s, put_s), begin=spot, end=spot))
    if back_after_s is not None:
        bag.append(_carried(way.legs[-1]))
    actors = (stage.actor(FigureKind.PERSON, way.legs), stage.actor(thing, bag))
    true_act = _true(act, actors, put_s, end_s, box=_around(thing, [spot]), moments=moments)
    return Staged(actors, (true_act,))


def _keep_bag(act: KeepBag, stage: _Stage) -> Staged:
    way = Way(FigureKind.PERSON, act.at_s, beyond(act.enters, FigureKind.PERSON, act.y)).go((act.x, act.y))
    spot = _beside((act.x, act.y), FigureKind.SUITCASE, away_from=act.leaves)
    bag = [_carried(leg) for leg in way.legs]
    put_s, end_s = way.now_s, way.now_s + act.for_s
    way.stand(act.for_s).go(beyond(act.leaves, FigureKind.PERSON, act.y))
    bag += [Leg(begin_s=put_s, end_s=end_s, begin=spot, end=spot), _carried(way.legs[-1])]
    actors = (stage.actor(FigureKind.PERSON, way.legs), stage.actor(FigureKind.SUITCASE, bag))
    moments = (Moment("put_down", put_s), Moment("taken", end_s))
    box = _around(FigureKind.SUITCASE, [spot])
    return Staged(actors, (_true(act, actors, put_s, end_s, box=box, moments=moments),))


def _to_and_fro(act: ToAndFro, stage: _Stage) -> Staged:
    (x1, y1), (x2, y2) = act.line
    length = math.hypot(x2 - x1, y2 - y1)
    across = ((y2 - y1) / length, (x1 - x2) / length)
    if across[0] < -1e-9 or (abs(across[0]) <= 1e-9 and across[1] < 0.0):
        across = (-across[0], -across[1])  # from the left, or from above, first
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    ends = [(middle[0] + way * act.reach * across[0], middle[1] + way * act.reach * across[1]) for way in (-1, 1)]
    if any(not (0.0 <= x <= 1.0 and LOWEST_FOOT <= y <= 1.0) for x, y in ends):
        raise SourceError(f"scene act {act.kind}: reach {act.reach:g} leads out of the street; give less")
    flat = abs(x2 - x1) > abs(y2 - y1)
    forth_is_rightward = across[1 if flat else 0] > 0.0  # of a line that lies flat the upper side is the left one
    way = Way(FigureKind.PERSON, act.at_s, beyond(Side.LEFT, FigureKind.PERSON, ends[0][1])).go(ends[0])
    moments = []
    for number in range(act.times):
        moments.append(
            Moment(_direction(rightward=(number % 2 == 0) == forth_is_rightward), way.now_s + act.every_s / 2)
        )
        way.go_within(ends[(number + 1) % 2], act.every_s)
    way.go(beyond(Side.RIGHT if act.times % 2 else Side.LEFT, FigureKind.PERSON, way.place[1]))
    actor = stage.actor(FigureKind.PERSON, way.legs)
    box = _around(FigureKind.PERSON, ends)
    true_act = _true(act, (actor,), moments[0].at_s, moments[-1].at_s, box=box, moments=moments)
    return Staged((actor,), (true_act,))


def _direction(*, rightward: bool) -> str:
    return "left_to_right" if rightward else "right_to_left"


def _beside(place: Point, thing: FigureKind, *, away_from: Side) -> Point:
    """Return where a thing is put down: beside the feet, not in the way of who leaves."""
    apart = (size_at(FigureKind.PERSON, place[1])[0] + size_at(thing, place[1])[0]) / 2
    return (place[0] + (apart if away_from is Side.LEFT else -apart), place[1])


def _carried(leg: Leg) -> Leg:
    """Return the leg of what someone carries in their hand."""

    def hand(place: Point) -> Point:
        return (place[0] + size_at(FigureKind.PERSON, place[1])[0] / 3, place[1] - _HAND_HEIGHT)

    return Leg(begin_s=leg.begin_s, end_s=leg.end_s, begin=hand(leg.begin), end=hand(leg.end), pace=leg.pace)


def _places(legs: Sequence[Leg]) -> list[Point]:
    return [place for leg in legs for place in (leg.begin, leg.end)]


def _around(kind: FigureKind, places: Sequence[Point]) -> FigureBox:
    """Return the box that holds a figure at every one of these places, clipped to the picture."""
    sizes = [size_at(kind, foot) for _, foot in places]
    placed = list(zip(places, sizes, strict=True))
    return (
        max(0.0, min(x - wide / 2 for (x, _), (wide, _) in placed)),
        max(0.0, min(foot - high for (_, foot), (_, high) in placed)),
        min(1.0, max(x + wide / 2 for (x, _), (wide, _) in placed)),
        min(1.0, max(foot for _, foot in places)),
    )


def _true(
    act: Act,
    actors: Sequence[Actor],
    begin_s: float,
    end_s: float,
    *,
    box: FigureBox,
    moments: Sequence[Moment] = (),
) -> TrueAct:
    return TrueAct(
        kind=act.kind,
        figures=tuple((actor.number, actor.kind) for actor in actors),
        begin_s=begin_s,
        end_s=end_s,
        box=box,
        moments=tuple(moments),
    )
