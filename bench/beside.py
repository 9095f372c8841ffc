"""The same work without us: the rows of a store inserted by plain sqlite3, messages passed by plain pyzmq."""

import sqlite3
import threading
from pathlib import Path
from typing import Final

import zmq
from sqlalchemy import select

from bench.machine import Cost, measured
from relay.store import schema
from relay.store.bulk_postgresql import copy_in
from relay.store.engine import reader_engine, writer_engine
from relay.store.tables import metadata

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


def copy_again(source_url: str, target_url: str, *, transactions: int) -> Cost:
    """COPY the rows of a store on PostgreSQL into an empty one, in so many transactions, without foreign keys.

    The floor for whoever writes these rows with psycopg; the server's work is in the wall clock.
    """
    source = reader_engine(source_url, connections=1)
    with source.connect() as reading:
        rows = {table.name: [tuple(row) for row in reading.execute(select(table))] for table in metadata.sorted_tables}
    source.dispose()
    target = writer_engine(target_url)
    schema.prepare(target)
    with target.connect() as connection, measured() as cost:
        connection.exec_driver_sql("SET session_replication_role = replica")
        connection.commit()
        for number in range(transactions):
            with connection.begin():
                for table in metadata.sorted_tables:
                    part = _part(rows[table.name], number, transactions)
                    if part:
                        copy_in(connection, table, list(table.columns.keys()), part)
    target.dispose()
    return cost


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
