"""What a new alert costs while more and more is open: from a thousand unfinished incidents to a million.

The open ones are made in bulk by copying the rows that one real alert wrote, with fresh ids, spread over the city's
places and ten days old; every table, index, sequence and running sum is as if they had arrived one by one. Then the
writer takes new alerts in, each an incident of its own. Each size is made once and copied for every round; sizes take
turns, and the median of the rounds counts.
"""

import argparse
import copy
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from sqlalchemy import Engine

from bench.bench_city import AREAS, UNITS_PER_AREA, bench_city, spread_place
from bench.bench_room import BATCH_RECORDS, BenchRoom, Mix
from bench.machine import Cost, measured
from bench.plot import Bar, Chart
from relay.app.collector import calm_collector
from relay.app.writer import BURST_MESSAGES, Writer
from relay.core.geo import cell_of
from relay.core.policy import DeskPolicy
from relay.ops.clock import MachineClock
from relay.store.engine import sqlite_url, writer_engine
from relay.store.tables import SEQUENCES

ABOUT: Final = "what a new alert costs beside a thousand to a million open incidents"
_TEN_DAYS_US: Final = 10 * 24 * 3_600 * 1_000_000
_UNITS: Final = AREAS * UNITS_PER_AREA
_AHEAD: Final = frozenset({"due_us", "answer_by_us", "notify_until_us"})
"""Times that must lie ahead until all is measured, or every timer would ring meanwhile."""
_KEY: Final = {
    "record_log": "log_id",
    "incident_history": "history_id",
    "notification": "notification_id",
    "timer": "timer_id",
    "ledger": "cursor",
}
"""The column that is numbered through sequence_head."""
_COPIED: Final = (
    "record_log",
    "alert",
    "incident",
    "incident_history",
    "dispatch",
    "mailbox",
    "notification",
    "timer",
    "ledger",
)

_Change = Callable[[int, Any], Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--open", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--bursts", type=int, default=6, help="transactions measured at each size, 2,048 alerts each")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the stores are made; default: the temporary folder")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure each size."""
    calm_collector()
    seen: dict[int, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        made = [_make(Path(folder), count) for count in options.open]
        for _ in range(options.rounds):
            for each in made:
                seen.setdefault(each.open, []).append(_measure(each, options.bursts))
    sizes = [
        {"open": count, **{key: round(median(each[key] for each in rounds), 1) for key in rounds[0]}}
        for count, rounds in seen.items()
    ]
    return {"sizes": sizes, "dearest_over_cheapest": _spread(sizes)}


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    return Chart(
        title="A new alert beside so many open incidents",
        unit="CPU microseconds of the writer per alert",
        bars=[Bar(label=f"{each['open']:,}", value=each["cpu_us"]) for each in found["sizes"]],
    )


def _spread(sizes: list[dict[str, float]]) -> float:
    costs = [each["cpu_us"] for each in sizes]
    return round(max(costs) / min(costs), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A store with so many open incidents, which stays as it is, and the rooms as far as they have sent to it."""

    open: int
    store: Path
    rooms: list[BenchRoom]


def _make(folder: Path, count: int) -> _Made:
    store = folder / f"open-{count}.sqlite3"
    rooms = [BenchRoom(number, Mix.NEW) for number in range(AREAS)]
    writer, engine = _writer(store, rooms)
    writer.apply([rooms[0].batch(MachineClock().now_us(), 1)])
    engine.dispose()  # the bulk is written past the writer
    fill(store, count)
    return _Made(open=count, store=store, rooms=rooms)


def _writer(store: Path, rooms: list[BenchRoom]) -> tuple[Writer, Engine]:
    engine = writer_engine(sqlite_url(store))
    policy = DeskPolicy(offers_at_level=(1, 20, 40))
    writer = Writer(engine, city=bench_city(store.parent), clock=MachineClock(), policy=policy)
    writer.open()
    writer.apply([room.sender.hello() for room in rooms])
    return writer, engine


def _measure(made: _Made, bursts: int) -> dict[str, float]:
    store = made.store.with_name("measured.sqlite3")
    shutil.copyfile(made.store, store)
    rooms = copy.deepcopy(made.rooms)
    writer, engine = _writer(store, rooms)
    engine.dispose()  # a connection of its own, which has not read the whole store to check it
    per_room = BURST_MESSAGES // AREAS
    now_us = MachineClock().now_us()
    prepared = [[room.batch(now_us) for room in rooms for _ in range(per_room)] for _ in range(bursts + 1)]
    writer.apply(prepared.pop(0))  # pages that were never read are not what is measured
    before = writer.figures.records
    with measured() as cost:
        for burst in prepared:
            writer.apply(burst)
    engine.dispose()
    alerts = bursts * BURST_MESSAGES * BATCH_RECORDS
    if writer.figures.records != before + alerts or writer.figures.dead_letters:
        raise RuntimeError(f"{writer.figures}, expected {before + alerts} records")
    figures = _figures(cost, alerts) | {"store_mb": store.stat().st_size / 1e6}
    store.unlink()
    return figures


def _figures(cost: Cost, alerts: int) -> dict[str, float]:
    return {
        "cpu_us": cost.cpu_s / alerts * 1e6,
        "wall_us": cost.wall_s / alerts * 1e6,
        "per_s": alerts / cost.wall_s,
    }


def fill(store: Path, count: int) -> None:
    """Copy what the store's one alert wrote ``count`` times."""
    with closing(sqlite3.connect(store, isolation_level=None)) as file:
        file.execute("PRAGMA cache_size=-262144")
        file.execute("PRAGMA journal_mode=OFF")  # the log would be as large as the store; the writer takes it up again
        file.execute("PRAGMA synchronous=OFF")
        file.execute("BEGIN")
        for name in _COPIED:
            columns = [row[1] for row in file.execute(f"PRAGMA table_info({name})")]
            templates = file.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  # own tables
            marks = ",".join("?" * len(columns))
            rows = _copies(name, columns, templates, count)
            file.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608
            if name in SEQUENCES:
                head = f"UPDATE sequence_head SET head = (SELECT max({_KEY[name]}) FROM {name}) WHERE name = ?"  # noqa: S608
                file.execute(head, (name,))
        file.execute("DELETE FROM ledger_sum")
        file.execute(
            "INSERT INTO ledger_sum "
            "SELECT measure, area_id, category, month, sum(count) FROM ledger GROUP BY 1, 2, 3, 4"
        )
        file.execute("DELETE FROM mailbox_cursor")
        file.execute("INSERT INTO mailbox_cursor SELECT unit_id, max(cursor), 0, 0, 0 FROM mailbox GROUP BY 1")
        file.execute("COMMIT")


def _copies(table: str, columns: list[str], templates: list[tuple[Any, ...]], count: int) -> Iterator[tuple[Any, ...]]:
    changes = [(place, change) for place, name in enumerate(columns) if (change := _change(table, name)) is not None]
    for number in range(1, count + 1):
        for nth, template in enumerate(templates):
            row = list(template)
            for place, change in changes:
                row[place] = change(number, row[place])
            if table in _KEY:
                row[columns.index(_KEY[table])] = number * len(templates) + nth + 1
            yield tuple(row)


def _change(table: str, column: str) -> _Change | None:
    """Return how a column differs in the nth copy; None: not at all. What was NULL stays so."""
    if column in _AHEAD:
        return lambda _, value: value + _TEN_DAYS_US
    if column.endswith("_us"):
        return lambda _, value: value - _TEN_DAYS_US if value is not None else None
    if table == "mailbox" and column == "cursor":
        return lambda nth, _: nth // _UNITS + 2
    return _CHANGES.get(column)


def _place(nth: int) -> tuple[float, float]:
    return spread_place(nth % AREAS, nth // AREAS)


def _unit(nth: int) -> str:
    return f"unit-{nth % AREAS:02d}-{nth // AREAS % UNITS_PER_AREA:03d}"


_CHANGES: Final[dict[str, _Change]] = {
    "incident_id": lambda nth, _: f"01900000-0000-7000-8000-{nth:012x}",
    "alert_id": lambda nth, _: f"01900000-0000-7000-9000-{nth:012x}",
    "dispatch_id": lambda nth, value: f"01900000-0000-7000-a000-{nth:012x}" if value is not None else None,
    "entry_id": lambda nth, _: f"019000000000{nth:020x}",
    "log_id": lambda nth, _: nth + 1,
    "seq": lambda nth, _: nth,
    "epoch": lambda _, value: value + 1,
    "node": lambda nth, _: f"room-{nth % AREAS}",
    "camera": lambda nth, _: f"old-{nth}",
    "lon": lambda nth, _: _place(nth)[0],
    "lat": lambda nth, _: _place(nth)[1],
    "cell": lambda nth, _: cell_of(*_place(nth)),
    "area_id": lambda nth, _: f"a{nth % AREAS:02d}",
    "unit_id": lambda nth, _: _unit(nth),
    "recipient": lambda nth, value: _unit(nth) if value.startswith("unit-") else value,
    "mailbox_cursor": lambda nth, value: nth // _UNITS + 2 if value is not None else None,
}
