"""Timers: what 100,000 open ones cost a commit, and how late they ring after the relay was away.

The same small burst (one new incident with its offer and its timer) is committed with and without them in turn, on one
store. Then a storm of 5,000 incidents, each offered to its area's units, whose time to answer ends while nobody is
there: a fresh writer finds every timer due at once, and each asks the whole town.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Engine, delete, func, select

from bench.bench_city import AREAS, bench_city, spread_place
from bench.plot import Bar, Chart
from patrol_wire.ids import Forward, Micros
from patrol_wire.records import Alert, Place
from relay.app.collector import calm_collector
from relay.app.writer import Writer
from relay.core.escalation import TimerKind, TimerPlan
from relay.core.policy import MICROS
from relay.ops.clock import MachineClock
from relay.store import audit, incidents, timers
from relay.store.engine import reader_engine, sqlite_url, writer_engine
from relay.store.tables import dispatch, timer
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of, small_city

ABOUT: Final = "what open timers cost a commit, and how late they ring after a restart"
_FIRST_ID: Final = 1_000_000
_BLOCK: Final = 20
"""Commits before the timers are set or taken away again."""
_AWAY_S: Final = 60
"""Longer than an answer may take, shorter than a unit that accepted has to set out."""
_PER_BATCH: Final = 8


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--timers", type=int, default=100_000, help="timers that are open beside the work")
    parser.add_argument(
        "--due", type=int, default=5_000, help="incidents whose timers fall due while the relay is away"
    )
    parser.add_argument("--bursts", type=int, default=200, help="commits measured with and without them")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure commits with and without the timers, one look of the auditor, and a restart."""
    clock = MachineClock()
    calm_collector()  # as the relay does
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder) / "timers.sqlite3")
        engine = writer_engine(url)
        writer = Writer(engine, city=small_city(), clock=clock)
        writer.open()
        room = RoomSender()
        writer.apply([room.hello()])
        _burst(writer, room, clock)
        with engine.connect() as connection:
            incident_id = incidents.listed(connection)[0].incident_id
        taken: dict[bool, list[float]] = {False: [], True: []}
        far_us = clock.now_us() + 86_400 * MICROS
        plans = [
            TimerPlan(due_us=far_us + nth, kind=TimerKind.REVIEW, incident_id=incident_id, fence=0)
            for nth in range(options.timers)
        ]
        for _ in range(max(1, options.bursts // _BLOCK)):
            for many in (False, True):
                _set(engine, plans if many else [])
                taken[many].extend(_burst(writer, room, clock) for _ in range(_BLOCK))
        _set(engine, plans)
        reader = reader_engine(url)
        audit_ms = median(_audit(reader, clock) for _ in range(9))
        reader.dispose()
        engine.dispose()
        return {
            "timers": options.timers,
            "commit_ms": round(median(taken[False]), 3),
            "commit_with_timers_ms": round(median(taken[True]), 3),
            "audit_ms": round(audit_ms, 3),
            "due": options.due,
            "restart": _restart(options.due, beside=plans),
        }


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    return Chart(
        title=f"{found['timers']} open timers",
        unit="milliseconds of CPU time",
        bars=[
            Bar(label="a commit without them", value=found["commit_ms"]),
            Bar(label="a commit with them", value=found["commit_with_timers_ms"]),
            Bar(label="a look of the auditor", value=found["audit_ms"]),
            Bar(label=f"{found['due']} due at a restart, all rung", value=found["restart"]["cpu_s"] * 1_000),
        ],
    )


def _burst(writer: Writer, room: RoomSender, clock: MachineClock) -> float:

    number = len(room.records) + sum(len(kept) for kept in room.records.values())
    lon, lat = centre_of(number % 4)
    body = replace(
        some_alert(number + _FIRST_ID),
        forward=Forward.DIRECT,
        camera=f"camera-{number}",
        started_at=clock.now_us(),
        raised_at=clock.now_us(),
        place=Place(lon=lon + (number % 37) * 0.001, lat=lat - (number % 41) * 0.001),
    )
    frame = room.batch(room.put(body))
    began = time.process_time()
    writer.apply([frame])
    return (time.process_time() - began) * 1_000


def _set(engine: Engine, plans: list[TimerPlan]) -> None:
    with engine.begin() as connection:
        connection.execute(delete(timer).where(timer.c.timer_id >= _FIRST_ID))
        timers.insert(connection, _FIRST_ID, plans)


def _audit(reader: Engine, clock: MachineClock) -> float:
    began = time.process_time()
    with reader.connect() as connection:
        audit.look(connection, clock.now_us())
    return (time.process_time() - began) * 1_000


class _AheadClock(MachineClock):
    """The machine's clock, put forward while the relay was away."""

    ahead_us = 0

    def now_us(self) -> Micros:
        return Micros(super().now_us() + self.ahead_us)


def _restart(due: int, *, beside: list[TimerPlan]) -> dict[str, float]:
    """Return how long a fresh writer takes until the last of so many due timers has rung."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city, clock = bench_city(folder), _AheadClock()
        engine = writer_engine(sqlite_url(folder / "restart.sqlite3"))
        writer = Writer(engine, city=city, clock=clock)
        writer.open()
        _storm(writer, clock, due)
        with engine.connect() as connection:
            incident_id = incidents.listed(connection)[0].incident_id
            before = connection.execute(select(func.count()).select_from(dispatch)).scalar_one()
        _set(engine, [replace(plan, incident_id=incident_id) for plan in beside])
        clock.ahead_us = _AWAY_S * MICROS
        writer = Writer(engine, city=city, clock=clock)
        began, began_cpu = time.monotonic(), time.process_time()
        writer.open()
        writer.start()
        while writer.figures.timers_rung < due:
            time.sleep(0.002)
        found = {
            "last_rung_s": round(time.monotonic() - began, 3),
            "cpu_s": round(time.process_time() - began_cpu, 3),
        }
        writer.stop()
        with engine.connect() as connection:
            after = connection.execute(select(func.count()).select_from(dispatch)).scalar_one()
        engine.dispose()
        return found | {"offers_made": after - before}


def _storm(writer: Writer, clock: MachineClock, count: int) -> None:
    rooms = [RoomSender(f"room-{area}", session=f"s{area}".encode()) for area in range(AREAS)]
    writer.apply([room.hello() for room in rooms])
    for first in range(0, count, AREAS * _PER_BATCH):
        batches = []
        for area, room in enumerate(rooms):
            numbers = range(first + area * _PER_BATCH, min(count, first + (area + 1) * _PER_BATCH))
            sent = [
                room.put(_direct(clock, nth, spread_place(area, first // AREAS + nth % _PER_BATCH))) for nth in numbers
            ]
            batches += [room.batch(sent[0])] if sent else []
        writer.apply(batches)


def _direct(clock: MachineClock, number: int, place: tuple[float, float]) -> Alert:
    now_us = clock.now_us()
    return replace(
        some_alert(number),
        forward=Forward.DIRECT,
        camera=f"camera-{number}",
        started_at=now_us,
        raised_at=now_us,
        place=Place(lon=place[0], lat=place[1]),
    )
