"""Several relays on one PostgreSQL: each a process of its own with its gates; the rooms are dealt out among them.

The whole incident path: batches over CURVE, gate, writer, commit on the server's disk, acknowledgement. The store's own
reconciliation is asked afterwards. Server, relays and rooms share this machine.
"""

import multiprocessing
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from bench.bench_city import UNITS_PER_AREA, bench_city
from bench.bench_room import Mix
from bench.beside import copy_again
from bench.field import FieldPlan, serve
from bench.relay_site import Keys, RelaySite, new_keys
from bench.writer import empty, refuse_filled
from relay.core.field import GateRole
from relay.ops.logging import configure
from tests.support.postgres_server import PostgresServer

OWN: Final = "own"
"""Instead of a URL: a server made for the bench, its data on this disk, fsync on."""
_SPAWN: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOrder:
    """What one relay is told when it is started."""

    folder: Path
    database: str
    keys: Keys


def serve_node(order: NodeOrder, line: Connection) -> None:
    """Be one relay until the line says None: the target of a node's process."""
    configure(form="auto", level="warning")
    site = RelaySite(order.folder, units_per_area=UNITS_PER_AREA, database=order.database, keys=order.keys)
    with site:
        line.send(site.endpoints)
        while line.recv() is not None:
            figures = site.writer.figures
            line.send(
                {
                    "records": figures.records,
                    "commits": figures.commits,
                    "bad": figures.dead_letters + figures.store_failures + figures.dropped,
                    "relay_cpu_s": time.process_time(),
                    "gates_cpu_s": site.gate_cpu_s(),
                    "differences": site.differences(),
                }
            )


class _Node:
    def __init__(self, order: NodeOrder) -> None:
        self._line, theirs = _SPAWN.Pipe()
        self._child = _SPAWN.Process(target=serve_node, args=(order, theirs))
        self._child.start()
        if not self._line.poll(60.0):
            raise RuntimeError("a relay did not come up within 60 s")
        self.endpoints: dict[GateRole, str] = self._line.recv()

    def figures(self) -> dict[str, Any]:
        self._line.send("figures")
        found: dict[str, Any] = self._line.recv()
        return found

    def end(self) -> None:
        self._line.send(None)
        self._child.join(15.0)
        if self._child.is_alive():
            self._child.kill()


class Databases:
    """Where the stores are made: on a server made for the bench, or in the one database that a person names."""

    def __init__(self, url: str) -> None:
        self._url = "" if url == OWN else url
        self._server: PostgresServer | None = None
        if self._url:
            refuse_filled(self._url)
            return
        self._server = PostgresServer(on_disk=True)
        # Room as an administrator would give it; what it promises stays as it is.
        self._server.start(shared_buffers="256MB", max_wal_size="2GB", checkpoint_timeout="15min")

    def __enter__(self) -> "Databases":
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    def fresh(self) -> str:
        """Return the URL of an empty database."""
        return self._server.database() if self._server is not None else self._url

    def done(self, url: str) -> None:
        """Remove what a run left."""
        if self._server is not None:
            self._server.drop(url)
        else:
            empty(url)

    def cpu_s(self) -> float:
        """Return the server's CPU time so far; 0 of a server elsewhere."""
        return self._server.cpu_s() if self._server is not None else 0.0


def ingest(databases: Databases, mix: Mix, *, nodes: int, batches: int) -> dict[str, Any]:
    """Let every room send ``batches`` batches of 64 as fast as its credit allows; figures of all relays together."""
    url = databases.fresh()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folders = [Path(name) / f"relay{number}" for number in range(nodes)]
        for folder in folders:
            folder.mkdir()
        keys = new_keys(bench_city(folders[0]))
        relays: list[_Node] = []
        for folder in folders:  # one after the other: the first one makes the tables
            relays.append(_Node(NodeOrder(folder=folder, database=url, keys=keys)))
            stack.callback(relays[-1].end)
        plan = FieldPlan(
            relay_key=keys.relay.public_key,
            rooms_at=tuple(relay.endpoints[GateRole.ROOMS] for relay in relays),
            terminals_at=tuple(relay.endpoints[GateRole.TERMINALS] for relay in relays),
            rooms=keys.rooms,
            terminals=keys.terminals,
        )
        line, theirs = _SPAWN.Pipe()
        field = _SPAWN.Process(target=serve, args=(plan, theirs))
        field.start()
        stack.callback(field.join, 10.0)
        stack.callback(line.send, None)
        _give(line, "connect_rooms")
        before, server_s = [relay.figures() for relay in relays], databases.cpu_s()
        found = _give(line, "ingest", mix, batches)
        server_s = databases.cpu_s() - server_s
        after = [relay.figures() for relay in relays]
        total = {key: sum(each[key] for each in after) - sum(each[key] for each in before) for key in _SUMMED}
        differences = after[0]["differences"]
        if total["records"] != found["alerts"] or total["bad"] or differences:
            raise RuntimeError(f"expected {found['alerts']} records: {after}; {differences[:3]}")
    target = databases.fresh()
    alone = copy_again(url, target, transactions=-(-total["commits"] // nodes)) if target != url else None
    for each in {url, target}:
        databases.done(each)
    return {
        "nodes": nodes,
        "alerts": found["alerts"],
        "per_s": round(found["alerts"] / found["s"]),
        "relays_per_cpu_s": round(found["alerts"] / total["relay_cpu_s"]),
        "relays_cpu_s": round(total["relay_cpu_s"], 2),
        "gates_cpu_s": round(total["gates_cpu_s"], 2),
        "server_cpu_s": round(server_s, 2),
        "commits": total["commits"],
        "rows_alone_per_s": round(found["alerts"] / alone.wall_s) if alone is not None else None,
    }


_SUMMED: Final = ("records", "commits", "bad", "relay_cpu_s", "gates_cpu_s")


def _give(line: Connection, name: str, *arguments: object) -> Any:
    line.send((name, arguments))
    found = line.recv()
    if isinstance(found, Exception):
        raise found
    return found
