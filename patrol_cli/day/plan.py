"""What happens on the day: which room raises what and when, which units lose their signal. Values, from a seed.

The day has a curve (quiet before dawn, two rushes, an evening peak) and two storms. Between happenings the clock
jumps; within a storm it runs as it does in life, because there the load itself is what is measured.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from patrol_wire.ids import Severity
from relay.core.policy import MICROS

HOUR_S: Final = 3_600.0
_BY_HOUR: Final = (
    *(0.5, 0.4, 0.3, 0.3, 0.3, 0.4, 0.7, 1.1, 1.4, 1.2, 1.0, 1.1),
    *(1.2, 1.0, 1.0, 1.1, 1.3, 1.6, 1.9, 2.0, 1.8, 1.5, 1.1, 0.8),
)
"""Happenings of each hour, relative to one another."""
_KINDS: Final = (
    *(("intrusion", Severity.HIGH),) * 4,
    *(("loitering", Severity.NORMAL),) * 3,
    *(("crowd", Severity.HIGH),) * 2,
    *(("disorder", Severity.CRITICAL),) * 1,
    *(("traffic", Severity.NORMAL),) * 4,
    *(("theft", Severity.HIGH),) * 1,
)


class Source(StrEnum):
    """Who says it first."""

    DIRECT = "direct"
    """A rule that goes straight to the units."""
    FLAG = "flag"
    """An operator at the monitors."""
    SUGGEST = "suggest"
    """A rule that asks the room's operator."""


class Judged(StrEnum):
    """What the room's operator says of a suggestion."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """A room raises something; ``judge_after_s`` and ``judged`` concern suggestions."""

    at_s: float
    """Seconds since the day's midnight in the city."""
    room: str
    camera: str
    place: tuple[float, float]
    category: str
    severity: Severity
    source: Source
    judged: Judged = Judged.NEVER
    judge_after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLoss:
    """A unit's terminal has no network for a while."""

    at_s: float
    unit_id: str
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """A span in which the city reports ``times`` as much as on average, in real time."""

    name: str
    at_s: float
    seconds: float
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera with its room and place."""

    room: str
    camera: str
    place: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """The day, in order of time."""

    begin_s: float
    end_s: float
    mean_per_s: float
    """Raises per second on average, without the storms."""
    storms: tuple[Storm, ...]
    raises: tuple[Raise, ...]
    losses: tuple[SignalLoss, ...]

    def storm_at(self, at_s: float) -> Storm | None:
        """Return the storm that goes on at a moment."""
        return next((each for each in self.storms if each.at_s <= at_s < each.at_s + each.seconds), None)


def plan_day(
    cameras: Sequence[Camera],
    units: Sequence[str],
    *,
    seed: int,
    begin_h: float = 0.0,
    hours: float = 24.0,
    raises: int = 1_200,
    storm_s: float = 30.0,
) -> DayPlan:
    """Draw a day; ``raises`` is for 24 hours, without the storms."""
    random = Random(seed)  # noqa: S311  # a day to repeat, not a secret
    begin_s, end_s = begin_h * HOUR_S, (begin_h + hours) * HOUR_S
    mean_per_s = raises / (24 * HOUR_S)
    storms = _storms(begin_s, end_s, storm_s)
    drawn = [_raise(at_s, random.choice(cameras), random) for at_s in _moments(begin_s, end_s, raises, random)]
    drawn += _in_storms(storms, mean_per_s, cameras, random)
    losses = [
        SignalLoss(at_s=random.uniform(begin_s, end_s), unit_id=random.choice(units), for_s=random.uniform(60.0, 900.0))
        for _ in range(max(1, round(hours * 4)))
    ]
    return DayPlan(
        begin_s=begin_s,
        end_s=end_s,
        mean_per_s=mean_per_s,
        storms=storms,
        raises=tuple(sorted(drawn, key=lambda each: each.at_s)),
        losses=tuple(sorted(losses, key=lambda each: each.at_s)),
    )


def plan_storms(
    cameras: Sequence[Camera],
    *,
    seed: int,
    begin_s: float,
    end_s: float,
    mean_per_s: float,
    storms: tuple[Storm, ...],
) -> DayPlan:
    """Draw a span in which nothing happens but these loads, each in real time."""
    random = Random(seed)  # noqa: S311  # a load to repeat, not a secret
    return DayPlan(
        begin_s=begin_s,
        end_s=end_s,
        mean_per_s=mean_per_s,
        storms=storms,
        raises=tuple(_in_storms(storms, mean_per_s, cameras, random)),
        losses=(),
    )


def _in_storms(storms: Sequence[Storm], mean_per_s: float, cameras: Sequence[Camera], random: Random) -> list[Raise]:
    drawn: list[Raise] = []
    for storm in storms:
        count = round(mean_per_s * storm.times * storm.seconds)
        drawn += [
            _raise(storm.at_s + (nth + random.random()) * storm.seconds / count, random.choice(cameras), random)
            for nth in range(count)
        ]
    return drawn


def _storms(begin_s: float, end_s: float, storm_s: float) -> tuple[Storm, ...]:
    """Return the two storms: one a hundred times the mean load, one a thousand times, half as long."""
    span_s = end_s - begin_s
    return (
        Storm(name="x100", at_s=begin_s + 0.55 * span_s, seconds=storm_s, times=100),
        Storm(name="x1000", at_s=begin_s + 0.8 * span_s, seconds=storm_s / 2, times=1_000),
    )


def _moments(begin_s: float, end_s: float, raises: int, random: Random) -> Iterator[float]:
    """Yield moments along the day's curve, hour by hour."""
    owed = 0.0
    at_s = begin_s
    while at_s < end_s:
        until_s = min(end_s, (math.floor(at_s / HOUR_S) + 1) * HOUR_S)
        share = _BY_HOUR[int(at_s // HOUR_S) % 24] / sum(_BY_HOUR) * (until_s - at_s) / HOUR_S
        owed += share * raises
        for _ in range(int(owed)):
            yield random.uniform(at_s, until_s)
        owed -= int(owed)
        at_s = until_s


def _raise(at_s: float, camera: Camera, random: Random) -> Raise:
    category, severity = random.choice(_KINDS)
    source = random.choices(list(Source), (0.45, 0.20, 0.35))[0]
    suggested = source is Source.SUGGEST
    return Raise(
        at_s=at_s,
        room=camera.room,
        camera=camera.camera,
        place=camera.place,
        category=category,
        severity=severity,
        source=source,
        judged=random.choices(list(Judged), (0.6, 0.3, 0.1))[0] if suggested else Judged.NEVER,
        judge_after_s=random.uniform(4.0, 60.0) if suggested else 0.0,
    )


def micros(seconds: float) -> int:
    """Return seconds as the wire's microseconds."""
    return round(seconds * MICROS)
