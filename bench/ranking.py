"""Candidate ranking: how long it takes to judge and rank the units of the last escalation level, a whole city's.

Three parts, as in the writer: what the units do now is followed (the image of the force reads what changed since the
burst before: here 50 units) with what is before them, who is fit is judged by roster, state, kind and fix (once per
burst and ring), then the nearest are found (once per incident). Beside it: the whole force read anew, as it was before
there was an image.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple, TypeVar

from msgspec.structs import replace as replace_unit
from sqlalchemy import Engine

from bench.machine import REPOSITORY
from bench.plot import Bar, Chart
from patrol_wire.ids import UnitId
from relay.core.candidates import Fit, PassedOver, UnitNow, judge_fitness, nearest
from relay.core.city import City, UnitSpec
from relay.core.duty import DutyNow
from relay.core.policy import DeskPolicy
from relay.store import dispatches, schema, sequences, units
from relay.store.city_files import load_city
from relay.store.engine import sqlite_url, writer_engine
from relay.store.sequences import Numbers
from relay.store.tables import UNIT_CHANGE
from relay.store.unit_image import UnitImage

ABOUT: Final = "judging and ranking all units of a city for one incident"
_REPEATS: Final = 15
_OFFERS: Final = 40
_CHANGED: Final = 50
_NOON_US: Final = 1_790_136_000_000_000
"""A Wednesday at noon in the city: the day's shifts."""
T = TypeVar("T")


class Taken(NamedTuple):
    """CPU time of one part: in the middle, and the least, which a busy neighbour spoils least."""

    median_ms: float
    least_ms: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--units", type=int, default=10_000, help="size of the larger force")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the demo city and one with many more units at as many places."""
    city = load_city(REPOSITORY / "config" / "city", time_zone="Asia/Shanghai")
    return {"rounds": _REPEATS, "cities": [_measure(city), _measure(_grown(city, options.units))]}


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    names = {
        "follow_ms": "follow 50 changes",
        "judge_ms": "judge who is fit",
        "nearest_ms": "find the nearest 40",
        "read_anew_ms": "read all anew",
    }
    return Chart(
        title="Ranking the units of a whole city",
        unit="milliseconds of CPU time, median",
        bars=[
            Bar(label=f"{each['units']} units: {names[part]}", value=each[part])
            for each in found["cities"]
            for part in names
        ],
    )


def _measure(city: City) -> dict[str, float]:
    policy = DeskPolicy()
    with tempfile.TemporaryDirectory() as folder:
        engine = writer_engine(sqlite_url(Path(folder) / "units.sqlite3"))
        schema.prepare(engine)
        with engine.begin() as connection:
            sequences.begin(connection)
            units.enrol(connection, city.units)
        image = UnitImage()
        follow_ms: list[float] = []
        for turn in range(_REPEATS + 1):
            _change(engine, image, turn)
            with engine.begin() as connection:
                numbers = Numbers(connection)
                began = time.process_time()
                now = image.follow(connection, numbers)
                dispatches.open_before_all(connection)
                follow_ms.append((time.process_time() - began) * 1_000)
        with engine.begin() as connection:
            read_anew, read = _timed(lambda: units.load(connection, [spec.unit_id for spec in city.units]))
        engine.dispose()
    if {**read} != {**now} or len(now) != len(city.units):
        raise RuntimeError("the image differs from the store")
    judging, (fit, passed) = _timed(lambda: _judge(city, now, policy))
    place = city.units[len(city.units) // 2].place or (121.47, 31.23)
    finding, chosen = _timed(lambda: nearest(fit, place, limit=_OFFERS, now_us=_NOON_US, ring="the city"))
    if len(fit) + len(passed) != len(city.units) or len(chosen) != _OFFERS:
        raise RuntimeError(f"{len(fit)} of {len(city.units)} units are fit, {len(chosen)} chosen")
    following = Taken(round(median(follow_ms[1:]), 3), round(min(follow_ms[1:]), 3))
    return {
        "units": len(city.units),
        "on_shift": len(fit),
        "follow_ms": following.median_ms,
        "judge_ms": judging.median_ms,
        "nearest_ms": finding.median_ms,
        "all_ms": round(sum(each.median_ms for each in (following, judging, finding)), 3),
        "all_least_ms": round(sum(each.least_ms for each in (following, judging, finding)), 3),
        "read_anew_ms": read_anew.median_ms,
        "first_read_ms": round(follow_ms[0], 3),
    }


def _change(engine: Engine, image: UnitImage, turn: int) -> None:
    """Let 50 units be somewhere else, in a transaction of its own."""
    with engine.begin() as connection:
        numbers = Numbers(connection)
        now = list(image.follow(connection, numbers).values()) if turn else []
        moved = [replace_unit(each, lon=121.4, lat=31.2, fix_us=_NOON_US - turn) for each in now[turn::211][:_CHANGED]]
        units.update(connection, numbers.take(UNIT_CHANGE, len(moved)), moved)
        numbers.store(connection)


def _judge(
    city: City, now: Mapping[UnitId, UnitNow], policy: DeskPolicy
) -> tuple[tuple[Fit, ...], tuple[PassedOver, ...]]:
    duty = DutyNow(city, _NOON_US)
    return judge_fitness(
        city.units,
        now,
        now_us=_NOON_US,
        policy=policy,
        busy_too=True,
        off_duty=duty.off_duty,
        by_roster=duty.by_roster,
    )


def _timed(work: Callable[[], T]) -> tuple[Taken, T]:
    taken: list[float] = []
    for _ in range(_REPEATS):
        began = time.process_time()
        found = work()
        taken.append((time.process_time() - began) * 1_000)
    return Taken(round(median(taken), 3), round(min(taken), 3)), found


def _grown(city: City, count: int) -> City:
    """Return the city with its units again and again, each a little off its model's post."""
    chance = random.Random(7)  # noqa: S311  # the same force in every run
    grown = tuple(_copy(city.units[nth % len(city.units)], nth, chance) for nth in range(count))
    named: dict[UnitId, list[UnitId]] = {model.unit_id: [] for model in city.units}
    for nth, unit in enumerate(grown):
        named[city.units[nth % len(city.units)].unit_id].append(unit.unit_id)
    shifts = tuple(
        replace(shift, unit_ids=tuple(copy for unit_id in shift.unit_ids for copy in named[unit_id]))
        for shift in city.shifts
    )
    return replace(city, units=grown, shifts=shifts)


def _copy(model: UnitSpec, nth: int, chance: random.Random) -> UnitSpec:
    lon, lat = model.place or (121.47, 31.23)
    place = (lon + chance.uniform(-0.01, 0.01), lat + chance.uniform(-0.01, 0.01))
    return replace(model, unit_id=UnitId(f"unit-{nth}"), place=place)
