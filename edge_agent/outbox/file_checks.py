"""Opens the outbox file, or refuses it with the way out; never empties, repairs or replaces anything by itself."""

import fcntl
import sqlite3
from pathlib import Path
from typing import Final, TextIO

from edge_agent.outbox.errors import OutboxUnusableError
from patrol_wire.chain import CHAIN_START, chain_link
from patrol_wire.ids import Stream

APPLICATION_ID: Final = 0x56504F42
"""``VPOB`` in the header of the file: tells our outbox from any other SQLite database."""
SCHEMA_VERSION: Final = 1
SCHEMA: Final = Path(__file__).with_name("schema.sql")
ADDITIONS: Final = Path(__file__).with_name("additions.sql")
SIDE_FILES: Final = ("", "-wal", "-shm")


def open_writer(path: Path, *, node: str, epoch: int, now_us: int) -> sqlite3.Connection:
    """Return the one connection that writes, over a sound file of this node; a missing file is created with ``epoch``.

    The connection may be used from another thread than the caller's, by one thread at a time.
    Raises OutboxUnusableError with the way out.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not path.exists() or path.stat().st_size == 0
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    except (OSError, sqlite3.Error) as error:
        raise OutboxUnusableError(
            f"outbox {path}: cannot be opened ({error}); check paths.state_dir, its permissions and the disk"
        ) from error
    try:
        if fresh:
            _create(connection, node=node, epoch=epoch, now_us=now_us)
        else:
            _check_identity(connection, path, node=node)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA mmap_size = 0")
        if not fresh:
            _check_soundness(connection, path)
        connection.executescript(ADDITIONS.read_text(encoding="utf-8"))
    except sqlite3.DatabaseError as error:
        connection.close()
        raise OutboxUnusableError(_corrupt(path, str(error))) from error
    except OutboxUnusableError:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Return a connection that can only read; the caller guards it with a lock of its own."""
    uri = f"{path.resolve().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0)
    connection.execute("PRAGMA query_only = 1")
    return connection


def move_aside(path: Path, *, stamp: str) -> Path | None:
    """Rename an outbox and its side files to ``….aside-STAMP``; return the new name, None when there was no file.

    The way out that refusals name. Nothing is deleted: an expert can still read what was not sent.
    """
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.aside-{stamp}")
    for side in SIDE_FILES:
        part = path.with_name(path.name + side)
        if part.exists():
            part.rename(aside.with_name(aside.name + side))
    return aside


def _create(connection: sqlite3.Connection, *, node: str, epoch: int, now_us: int) -> None:
    schema = SCHEMA.read_text(encoding="utf-8")
    connection.executescript(f"BEGIN; {schema} COMMIT;")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO meta VALUES (1, ?, ?, ?)", (epoch, node, now_us))
    connection.executemany(
        "INSERT INTO lane VALUES (?, 0, ?, 0, ?, 0)", [(stream.value, CHAIN_START, CHAIN_START) for stream in Stream]
    )
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _check_identity(connection: sqlite3.Connection, path: Path, *, node: str) -> None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise OutboxUnusableError(
            f"outbox {path}: is an SQLite file of another program; name another paths.state_dir, or keep the file "
            f"under another name and start new with: patrol edge --config ROOM.toml --new-outbox"
        )
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        raise OutboxUnusableError(
            f"outbox {path}: has version {version}, this program writes version {SCHEMA_VERSION}; "
            f"run the program that wrote it until it is empty, then upgrade"
        )
    found = connection.execute("SELECT node FROM meta").fetchone()
    if found is None or found[0] != node:
        owner = found[0] if found else "nobody"
        raise OutboxUnusableError(
            f"outbox {path}: belongs to the room {owner}, the settings say {node}; mend room.name or paths.state_dir, "
            f"or move it aside with: patrol edge --config ROOM.toml --new-outbox"
        )


def _check_soundness(connection: sqlite3.Connection, path: Path) -> None:
    """Let SQLite check its pages, then follow the chain over every record: a flipped bit in a body shows only there."""
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise OutboxUnusableError(_corrupt(path, str(verdict).splitlines()[-1]))
    for stream, base_seq, base_chain, last_seq, last_chain in connection.execute(
        "SELECT stream, base_seq, base_chain, last_seq, last_chain FROM lane"
    ).fetchall():
        seq, chain = base_seq, base_chain
        for number, body, stored_chain in connection.execute(
            "SELECT seq, body, chain FROM record WHERE stream = ? ORDER BY seq", (stream,)
        ):
            if number != seq + 1 or chain_link(chain, body) != stored_chain:
                raise OutboxUnusableError(_corrupt(path, f"record {number} of stream {stream} does not follow {seq}"))
            seq, chain = number, stored_chain
        if seq != last_seq or chain != last_chain:
            raise OutboxUnusableError(_corrupt(path, f"stream {stream} ends at {seq}, its mark says {last_seq}"))


def _corrupt(path: Path, found: str) -> str:
    return (
        f"outbox {path}: is damaged ({found}); nothing was changed. Keep it for an expert and start with a new one: "
        f"patrol edge --config ROOM.toml --new-outbox"
    )


def lock(path: Path) -> TextIO:
    """Hold the file for this process: two agents on one outbox would write one sequence twice."""
    lock_path = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock_file = lock_path.open("w", encoding="utf-8")
    except OSError as error:
        raise OutboxUnusableError(
            f"outbox {path}: cannot be opened ({error.strerror}); check paths.state_dir, its permissions and the disk"
        ) from error
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock_file.close()
        raise OutboxUnusableError(
            f"outbox {path}: another agent is using it; stop that one or name another paths.state_dir"
        ) from error
    return lock_file
