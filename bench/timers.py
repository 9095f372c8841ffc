"""Timers: what 100,000 open ones cost a commit, and how late they ring after the relay was away.

The same small burst (one new incident with its offer and its timer) is committed with and without them in turn, on one
store; then every timer falls due while nobody is there, and a fresh writer rings them all.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Engine, delete

from bench.plot import Bar, Chart
from patrol_wire.ids import Forward
from patrol_wire.records import Place
from relay.app.writer import Writer
from relay.core.escalation import TimerKind, TimerPlan
from relay.core.policy import MICROS
from relay.ops.clock import MachineClock
from relay.store import audit, incidents, timers
from relay.store.engine import reader_engine, sqlite_url, writer_engine
from relay.store.tables import timer
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of, small_city

ABOUT: Final = "what open timers cost a commit, and how late they ring after a restart"
_FIRST_ID: Final = 1_000_000
_BLOCK: Final = 20
"""Commits before the timers are set or taken away again."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--timers", type=int, default=100_000, help="timers that are open beside the work")
    parser.add_argument("--due", type=int, default=1_000, help="of these, how many fall due while the relay is away")
    parser.add_argument("--bursts", type=int, default=200, help="commits measured with and without them")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure commits with and without the timers, one look of the auditor, and a restart."""
    clock = MachineClock()
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
            **_restart(url, clock, plans, due=options.due),
        }


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    return Chart(
        title=f"{found['timers']} open timers",
        unit="milliseconds of CPU time, median",
        bars=[
            Bar(label="a commit without them", value=found["commit_ms"]),
            Bar(label="a commit with them", value=found["commit_with_timers_ms"]),
            Bar(label="a look of the auditor", value=found["audit_ms"]),
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


def _restart(url: str, clock: MachineClock, plans: list[TimerPlan], *, due: int) -> dict[str, float]:
    """Let timers fall due in the very moment in which a fresh writer begins, and see when the last one has rung."""
    engine = writer_engine(url)
    now_us = clock.now_us()
    _set(engine, [*(_due(plan, now_us) for plan in plans[:due]), *plans[due:]])
    writer = Writer(engine, city=small_city(), clock=clock)
    began = time.monotonic()
    writer.open()
    writer.start()
    before = writer.figures.timers_rung
    while writer.figures.timers_rung - before < due:
        time.sleep(0.002)
    seconds = time.monotonic() - began
    writer.stop()
    engine.dispose()
    return {"due": due, "restart_s": round(seconds, 3)}


def _due(plan: TimerPlan, now_us: int) -> TimerPlan:
    return TimerPlan(due_us=now_us, kind=plan.kind, incident_id=plan.incident_id, fence=plan.fence)
