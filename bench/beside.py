"""The same work without us: the rows of a store inserted by plain sqlite3, messages passed by plain pyzmq."""

import sqlite3
import threading
from pathlib import Path
from typing import Final

import zmq

from bench.machine import Cost, measured

_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "temp_store=MEMORY")


def last_rows(store: Path) -> dict[str, int]:
    """Return the last row id of each table: what comes after belongs to the work that follows."""
    with sqlite3.connect(store) as source:
        names = [row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        query = 'SELECT coalesce(max(rowid), 0) FROM "{}"'
        return {name: source.execute(query.format(name)).fetchone()[0] for name in names}


def insert_again(store: Path, copy: Path, *, after: dict[str, int], transactions: int) -> tuple[Cost, int]:
    """Insert the rows a store received after a moment into an empty copy of its schema, in so many transactions.

    ``after`` is what ``last_rows`` said then. Returns the cost and the number of rows: the floor for whoever writes
    these rows with Python and SQLite. Foreign keys are not checked, because the rows are dealt out evenly and not in
    the order they were made.
    """
    with sqlite3.connect(store) as source:
        schema = [
            row[0]
            for row in source.execute(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'index', rowid"
            )
        ]
        names = [row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")]
        query = 'SELECT * FROM "{}" WHERE rowid > ?'
        rows = {name: source.execute(query.format(name), (after[name],)).fetchall() for name in names}
    target = sqlite3.connect(copy, isolation_level=None)
    for pragma in _PRAGMAS:
        target.execute(f"PRAGMA {pragma}")
    for statement in schema:
        target.execute(statement)
    with measured() as cost:
        for number in range(transactions):
            target.execute("BEGIN IMMEDIATE")
            for name in names:
                part = _part(rows[name], number, transactions)
                if part:
                    marks = ",".join("?" * len(part[0]))
                    target.executemany(f'INSERT INTO "{name}" VALUES ({marks})', part)  # noqa: S608  # own schema
            target.execute("COMMIT")
    target.close()
    return cost, sum(len(found) for found in rows.values())


def pass_messages(count: int, size: int) -> Cost:
    """Send messages of a size from one DEALER with CURVE to one ROUTER, both in this process, no durability."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    public, secret = zmq.curve_keypair()
    router = context.socket(zmq.ROUTER)
    router.curve_server = True
    router.curve_secretkey = secret
    router.rcvhwm = 10_000
    port = router.bind_to_random_port("tcp://127.0.0.1")
    frame = bytes(size)

    def send() -> None:
        dealer = context.socket(zmq.DEALER)
        dealer.sndhwm = 10_000
        dealer.curve_serverkey = public
        dealer.curve_publickey, dealer.curve_secretkey = zmq.curve_keypair()
        dealer.connect(f"tcp://127.0.0.1:{port}")
        for _ in range(count):
            dealer.send(frame)
        dealer.close(linger=10_000)

    sender = threading.Thread(target=send)
    with measured() as cost:
        sender.start()
        for _ in range(count):
            router.recv_multipart()
        sender.join()
    context.destroy(linger=0)
    return cost


def _part(rows: list[tuple[object, ...]], number: int, parts: int) -> list[tuple[object, ...]]:
    return rows[len(rows) * number // parts : len(rows) * (number + 1) // parts]
