"""Ten minutes of a street in which something disturbs the picture and nothing happens, or something does.

Pure: a seed gives the same again. Each disturbance is drawn from the range in which cameras meet it, gentle to rough;
with ``acts`` the same disturbance plays over people and cars whose truth is known. The rules are every kind there is.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from patrol_sim.scene.acts import Act, LeaveBag, Loiter, Pass, Side, Stop
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import EffectSpan, SceneSettings

FPS: Final = 5
WARM_UP_S: Final = 5.0
"""Nothing is disturbed before: an agent has seen its street for longer when a storm begins."""
ROOM: Final = """
[[camera]]
name = "street"
url = "street.mp4"
  [[camera.zone]]
  name = "all"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
  [[camera.line]]
  name = "middle"
  points = [[0.5, 0.0], [0.5, 1.0]]
  [[camera.rule]]
  name = "intrusion"
  kind = "intrusion"
  zone = "all"
  labels = ["person", "bicycle", "car", "moving_object"]
  [[camera.rule]]
  name = "line_crossing"
  kind = "line_crossing"
  line = "middle"
  labels = ["person", "bicycle", "car", "moving_object"]
  [[camera.rule]]
  name = "loitering"
  kind = "loitering"
  zone = "all"
  dwell_s = 12.0
  [[camera.rule]]
  name = "crowd"
  kind = "crowd"
  zone = "all"
  count = 3
  [[camera.rule]]
  name = "wrong_way"
  kind = "wrong_way"
  zone = "all"
  way = [[0.1, 0.75], [0.9, 0.75]]
  [[camera.rule]]
  name = "stopped_vehicle"
  kind = "stopped_vehicle"
  zone = "all"
  stop_s = 10.0
  [[camera.rule]]
  name = "abandoned_object"
  kind = "abandoned_object"
  zone = "all"
  unattended_s = 10.0
"""
"""Every kind of rule over the whole picture, more impatient than anybody would draw them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """What a scene is disturbed by."""

    effects: tuple[EffectSpan, ...] = ()
    parked: int = 0
    trees: int = 0
    sun: float = 0.0
    noise: float = 2.0


def _parked(dice: random.Random, until_s: float) -> Disturbance:
    return Disturbance(parked=5, noise=dice.uniform(2.0, 4.0))


def _shadows(dice: random.Random, until_s: float) -> Disturbance:
    """Clouds that pass within seconds or half a minute, and a house's shadow that wanders for minutes."""
    clouds = _spans(dice, "cloud_shadow", until_s, takes_s=(8.0, 40.0), every_s=(5.0, 40.0), strength=(0.4, 1.0))
    houses = _spans(dice, "sun_shadow", until_s, takes_s=(60.0, 240.0), every_s=(10.0, 60.0), strength=(0.5, 1.0))
    return Disturbance(effects=(*clouds, *houses), parked=2, trees=3, sun=1.0)


def _lightning(dice: random.Random, until_s: float) -> Disturbance:
    flashes = _spans(dice, "lightning", until_s, takes_s=(0.2, 1.5), every_s=(1.0, 20.0), strength=(0.3, 2.0))
    return Disturbance(effects=tuple(flashes), parked=1)


def _rain(dice: random.Random, until_s: float) -> Disturbance:
    showers = _spans(
        dice, "rain", until_s, takes_s=(30.0, 180.0), every_s=(10.0, 60.0), strength=(0.5, 3.0), ramp_s=(0.0, 15.0)
    )
    return Disturbance(effects=tuple(showers), parked=1)


def _trees(dice: random.Random, until_s: float) -> Disturbance:
    """From a breeze to a storm (3), with breaks in which the leaves hang still."""
    winds = _spans(
        dice, "wind", until_s, takes_s=(30.0, 180.0), every_s=(5.0, 60.0), strength=(0.5, 3.0), ramp_s=(0.0, 15.0)
    )
    return Disturbance(effects=tuple(winds), parked=1, trees=dice.choice((3, 6, 12)), sun=dice.choice((0.0, 0.5, 1.0)))


def _exposure(dice: random.Random, until_s: float) -> Disturbance:
    jumps = _spans(dice, "exposure_jump", until_s, takes_s=(2.0, 25.0), every_s=(2.0, 30.0), strength=(0.3, 1.5))
    return Disturbance(effects=tuple(jumps), parked=1)


def _all(dice: random.Random, until_s: float) -> Disturbance:
    """Return a thunderstorm over parked cars and trees between clouds and sun."""
    every = [make(dice, until_s) for make in (_shadows, _lightning, _rain, _trees, _exposure)]
    effects = tuple(span for one in every for span in one.effects)
    return Disturbance(effects=effects, parked=4, trees=6, sun=1.0, noise=3.0)


DISTURBANCES: Final[dict[str, Callable[[random.Random, float], Disturbance]]] = {
    "parked": _parked,
    "shadows": _shadows,
    "lightning": _lightning,
    "rain": _rain,
    "trees": _trees,
    "exposure": _exposure,
    "all": _all,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be told of an act: an alert of this rule while its figures are there, or shortly after."""

    act: str
    rule: str
    from_s: float
    to_s: float

    @property
    def key(self) -> str:
        """What it is, in words."""
        return f"{self.act}: {self.rule}"

    def explains(self, rule: str, raised_s: float) -> bool:
        """Whether an alert is this one."""
        return rule == self.rule and self.from_s <= raised_s <= self.to_s


def wanted_of(scene: Scene) -> list[Wanted]:
    """Return what is to be told of a scene's acts."""
    found: list[Wanted] = []
    for act in scene.truth.acts:
        numbers = {number for number, _ in act.figures}
        visits = [visit for visit in scene.truth.visits if visit.number in numbers]
        from_s, to_s = min(visit.enter_s for visit in visits) - 1.0, max(visit.leave_s for visit in visits) + 5.0
        figure = act.figures[0][1].value
        found += [
            Wanted(act=f"{act.kind} of a {figure}", rule=rule, from_s=from_s, to_s=to_s)
            for rule in (*_TOLD[act.kind], *(("wrong_way",) if (act.kind, figure) == ("pass", "car") else ()))
        ]
    return found


_TOLD: Final[dict[str, tuple[str, ...]]] = {
    "pass": ("intrusion", "line_crossing"),
    "loiter": ("intrusion", "loitering"),
    "stop": ("intrusion", "stopped_vehicle"),
    "leave_bag": ("intrusion", "abandoned_object"),
}
"""Which rules tell of which act; a car of ``_acts`` that passes does so the wrong way."""


def quiet_scene(name: str, seed: int, *, duration_s: float, size: tuple[int, int]) -> SceneSettings:
    """Return the street under a disturbance, with nobody in it; without one for the name ``none``."""
    dice = random.Random(f"{seed} {name}")  # noqa: S311 - a scene must repeat with its seed
    found = Disturbance() if name == "none" else DISTURBANCES[name](dice, duration_s)
    return SceneSettings(
        seed=seed,
        width=size[0],
        height=size[1],
        fps=FPS,
        duration_s=duration_s,
        movers=0,
        noise=found.noise,
        parked=found.parked,
        trees=found.trees,
        sun=found.sun,
        effects=found.effects,
    )


_EVERY_S: Final = 60.0
"""From one act to the next: each has gone before the next one comes, but for bags."""


def busy_scene(name: str, seed: int, *, duration_s: float, size: tuple[int, int]) -> SceneSettings:
    """Return the same street, with an act a minute."""
    acts = tuple(act for act in _acts(random.Random(f"{seed} acts"), duration_s))  # noqa: S311 - as above
    return replace(quiet_scene(name, seed, duration_s=duration_s, size=size), acts=acts)


def _acts(dice: random.Random, until_s: float) -> Iterator[Act]:
    """Yield someone who passes, a rider, a car the wrong way, one who stays, one that stops, a bag; then anew."""
    begin_s, number = WARM_UP_S + 5.0, 0
    while begin_s + 50.0 <= until_s:
        at_s, enters = begin_s + dice.uniform(0.0, 3.0), dice.choice((Side.LEFT, Side.RIGHT))
        near = dice.uniform(0.80, 0.95)
        match number % 6:
            case 0:
                yield Pass(at_s=at_s, figure="person", y=near, enters=enters, crossing_s=dice.uniform(9.0, 14.0))
            case 1:
                yield Pass(at_s=at_s, figure="car", y=0.78, enters=Side.RIGHT, crossing_s=dice.uniform(3.5, 5.0))
            case 2:
                x = dice.uniform(0.3, 0.7)
                yield Loiter(at_s=at_s, x=x, y=near, for_s=20.0, roam=0.06, enters=enters, leaves=enters.opposite)
            case 3:
                yield Stop(at_s=at_s, x=dice.uniform(0.35, 0.65), y=0.8, for_s=20.0)
            case 4:
                yield LeaveBag(
                    at_s=at_s, x=dice.uniform(0.3, 0.7), y=near, back_after_s=14.0, enters=enters, leaves=enters
                )
            case _:
                yield Pass(at_s=at_s, figure="bicycle", y=near, enters=enters, crossing_s=dice.uniform(5.0, 8.0))
        begin_s, number = begin_s + _EVERY_S, number + 1


def _spans(
    dice: random.Random,
    name: str,
    until_s: float,
    *,
    takes_s: tuple[float, float],
    every_s: tuple[float, float],
    strength: tuple[float, float],
    ramp_s: tuple[float, float] = (0.0, 0.0),
) -> Iterator[EffectSpan]:
    """Yield one span after the other with breaks of ``every_s`` between them."""
    at_s = WARM_UP_S + dice.uniform(0.0, every_s[0])
    while at_s < until_s:
        for_s = dice.uniform(*takes_s)
        yield EffectSpan(
            name=name,
            at_s=at_s,
            for_s=for_s,
            strength=dice.uniform(*strength),
            ramp_s=min(dice.uniform(*ramp_s), for_s / 2),
        )
        at_s += for_s + dice.uniform(*every_s)
