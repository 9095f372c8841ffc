"""Candidate ranking: how long it takes to judge and rank the units of the last escalation level, a whole city's.

Three parts, as in the writer: what the units do now is read from the store and who is fit is judged (once per burst
and ring), then the nearest are found (once per incident).
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final, TypeVar

from bench.machine import REPOSITORY
from bench.plot import Bar, Chart
from patrol_wire.ids import UnitId
from relay.core.candidates import judge_fitness, nearest
from relay.core.city import City, UnitSpec
from relay.core.policy import DeskPolicy
from relay.store import schema, units
from relay.store.city_files import load_city
from relay.store.engine import sqlite_url, writer_engine

ABOUT: Final = "judging and ranking all units of a city for one incident"
_REPEATS: Final = 15
_OFFERS: Final = 40
T = TypeVar("T")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--units", type=int, default=10_000, help="size of the larger force")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the demo city and one with many more units at as many places."""
    city = load_city(REPOSITORY / "config" / "city", time_zone="Asia/Shanghai")
    return {"rounds": _REPEATS, "cities": [_measure(city), _measure(_grown(city, options.units))]}


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    names = {"load_ms": "read from the store", "judge_ms": "judge who is fit", "nearest_ms": "find the nearest 40"}
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
            units.enrol(connection, city.units)
            ids = [spec.unit_id for spec in city.units]
            load_ms, now = _timed(lambda: units.load(connection, ids))
        engine.dispose()
    judge_ms, (fit, _) = _timed(lambda: judge_fitness(city.units, now, now_us=0, policy=policy, busy_too=True))
    place = city.units[len(city.units) // 2].place or (121.47, 31.23)
    nearest_ms, chosen = _timed(lambda: nearest(fit, place, limit=_OFFERS, now_us=0, ring="the city"))
    if len(fit) != len(city.units) or len(chosen) != _OFFERS:
        raise RuntimeError(f"{len(fit)} of {len(city.units)} units are fit, {len(chosen)} chosen")
    return {"units": len(city.units), "load_ms": load_ms, "judge_ms": judge_ms, "nearest_ms": nearest_ms}


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    taken: list[float] = []
    for _ in range(_REPEATS):
        began = time.process_time()
        found = work()
        taken.append((time.process_time() - began) * 1_000)
    return round(median(taken), 3), found


def _grown(city: City, count: int) -> City:
    """Return the city with its units again and again, each a little off its model's post."""
    chance = random.Random(7)  # noqa: S311  # the same force in every run
    return replace(city, units=tuple(_copy(city.units[nth % len(city.units)], nth, chance) for nth in range(count)))


def _copy(model: UnitSpec, nth: int, chance: random.Random) -> UnitSpec:
    lon, lat = model.place or (121.47, 31.23)
    place = (lon + chance.uniform(-0.01, 0.01), lat + chance.uniform(-0.01, 0.01))
    return replace(model, unit_id=UnitId(f"unit-{nth}"), place=place)
