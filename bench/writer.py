"""The writer alone: alerts per second from decoded frames to the durable commit with incidents, offers and counts.

Beside it, in the same run: plain sqlite3 inserting the very same rows in as many durable transactions, and plain
pyzmq passing as many batches under CURVE. Rounds alternate, and the median counts, so that a busy neighbour hits all.
With ``--database`` the same writer does the same work on PostgreSQL too; the server's own CPU is not in its figures.
"""

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from sqlalchemy import inspect

from bench.bench_city import AREAS, bench_city
from bench.bench_room import BATCH_RECORDS, BenchRoom, Mix
from bench.beside import insert_again, last_rows, pass_messages
from bench.machine import Cost, measured
from bench.plot import Bar, Chart
from relay.app.collector import calm_collector
from relay.app.writer import BURST_MESSAGES, Writer
from relay.core.policy import DeskPolicy
from relay.ops.clock import MachineClock
from relay.store import reconcile
from relay.store.engine import reader_engine, shown, sqlite_url, writer_engine
from relay.store.tables import metadata

ABOUT: Final = "alerts per second through the whole incident path, beside plain sqlite3 and plain pyzmq"
_BATCH_BYTES: Final = 14_000
"""What a batch of 64 alerts weighs on the wire."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--bursts", type=int, default=10, help="transactions per round, 2,048 alerts each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--database", default="", help="URL of an empty PostgreSQL database; emptied after each variant"
    )
    parser.add_argument("--folder", type=Path, help="where the stores are made; default: the temporary folder")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure every variant in turn, ``rounds`` times."""
    seen: dict[str, list[dict[str, float]]] = {}
    if options.database:
        refuse_filled(options.database)
    calm_collector()
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            folder = Path(name)
            alerts = options.bursts * BURST_MESSAGES * BATCH_RECORDS
            for mix in Mix:
                store = folder / f"{mix}.sqlite3"
                after: dict[str, int] = {}
                cost = write(sqlite_url(store), mix, options.bursts, city_in=folder, begun=partial(_note, after, store))
                seen.setdefault(mix, []).append(cost.rates(alerts))
                if options.database:
                    cost = write(options.database, mix, options.bursts, city_in=folder)
                    seen.setdefault(f"postgresql_{mix}", []).append(cost.rates(alerts))
                    empty(options.database)
                copy = folder / f"{mix}-copy.sqlite3"
                cost, rows = insert_again(store, copy, after=after, transactions=options.bursts)
                seen.setdefault(f"sqlite3_{mix}", []).append(
                    cost.rates(alerts) | {"rows_per_alert": round(rows / alerts, 2)}
                )
            batches = options.bursts * BURST_MESSAGES
            seen.setdefault("pyzmq", []).append(pass_messages(batches * 8, _BATCH_BYTES).rates(alerts * 8))
    figures = {name: _median(rounds) for name, rounds in seen.items()}
    ratios = {
        f"{mix}_cpu_over_sqlite3": round(figures[f"sqlite3_{mix}"]["per_cpu_s"] / figures[mix]["per_cpu_s"], 2)
        for mix in Mix
    }
    return {"alerts_per_round": alerts, "rounds": options.rounds, "figures": figures, "ratios": ratios, "all": seen}


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    figures = found["figures"]
    labels = (
        ("fold", "folded into 16 incidents", True),
        ("postgresql_fold", "the same on PostgreSQL", True),
        ("sqlite3_fold", "plain sqlite3, the same rows", False),
        ("new", "each a new incident with an offer", True),
        ("postgresql_new", "the same on PostgreSQL", True),
        ("sqlite3_new", "plain sqlite3, the same rows", False),
    )
    shown_ = [label for label in labels if label[0] in figures]
    return Chart(
        title="Writer: durable, counted alerts",
        unit="alerts per CPU second of the relay, each commit synced, transactions of 2,048 alerts",
        bars=[Bar(label=label, value=figures[name]["per_cpu_s"], ours=ours) for name, label, ours in shown_],
    )


def write(url: str, mix: Mix, bursts: int, *, city_in: Path, begun: Callable[[], None] = lambda: None) -> Cost:
    """Let a writer carry out prepared bursts on an empty store and return the cost; ``begun`` is called before them.

    Raises RuntimeError when a count is wrong afterwards.
    """
    engine = writer_engine(url)
    clock = MachineClock()
    writer = Writer(engine, city=bench_city(city_in), clock=clock, policy=DeskPolicy(offers_at_level=(1, 20, 40)))
    writer.open()
    rooms = [BenchRoom(number, mix) for number in range(AREAS)]
    writer.apply([room.sender.hello() for room in rooms])
    per_room = BURST_MESSAGES // AREAS
    now_us = clock.now_us()
    if mix is Mix.NEW:
        writer.apply([batch for room in rooms for batch in room.earlier(now_us, bursts * per_room)])
    before = writer.figures.records
    begun()
    prepared = [[room.batch(now_us) for room in rooms for _ in range(per_room)] for _ in range(bursts)]
    with measured() as cost:
        for burst in prepared:
            writer.apply(burst)
    engine.dispose()
    expected = before + bursts * BURST_MESSAGES * BATCH_RECORDS
    reader = reader_engine(url)
    with reader.begin() as connection:
        differences = reconcile.differences(connection)
    reader.dispose()
    if differences or writer.figures.records != expected or writer.figures.dead_letters:
        raise RuntimeError(f"{mix}: {writer.figures}, expected {expected} records; {differences[:3]}")
    return cost


def _note(after: dict[str, int], store: Path) -> None:
    after.update(last_rows(store))


def refuse_filled(url: str) -> None:
    """End the bench when a database holds tables: it would be emptied."""
    engine = reader_engine(url, connections=1)
    with engine.connect() as connection:
        if inspect(connection).get_table_names():
            raise SystemExit(f"{shown(url)}: holds tables already; give an empty database, it is emptied afterwards")
    engine.dispose()


def empty(url: str) -> None:
    """Remove the tables of a variant, so that the next one begins with nothing too."""
    engine = writer_engine(url)
    with engine.begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
    engine.dispose()


def _median(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {key: median(each[key] for each in rounds) for key in rounds[0]}
