"""Backups of a running relay's store, each read back before it gets its name.

SQLite: its online backup, one state of the whole file. PostgreSQL: ``pg_dump`` from a snapshot that we hold, so that
what is in the file can be counted against what was there.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, func, select, text
from sqlalchemy.engine import URL

from relay.store import schema, sqlite
from relay.store.engine import database_of, parse, reader_engine, sqlite_url
from relay.store.errors import StoreError
from relay.store.reconcile import differences
from relay.store.tables import metadata

_COPY: Final = "COPY "
_END_OF_ROWS: Final = "\\."
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was read back and holds what the store held."""

    file: Path
    file_bytes: int
    sha256: str
    schema: str
    rows: Mapping[str, int]
    """Rows of each table."""
    differences: tuple[str, ...]
    """What did not agree in the store itself when it was copied; the backup holds it as it was."""


def back_up(url: str, file: Path, *, pg_dump: str = "pg_dump") -> Backup:
    """Write a backup of the store into a new file, while the relay runs or not.

    Raises StoreError with what to do; then there is no file of that name.
    """
    if file.exists():
        raise StoreError(f"{file} exists already; give another name: a backup is never overwritten")
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        if parse(url).get_backend_name() == "sqlite":
            found, rows, revision = _copy_sqlite(sqlite.file_of(parse(url)), part)
        else:
            found, rows, revision = _dump_postgresql(parse(url), part, pg_dump)
        _sync(part)
        os.rename(part, file)
        _sync(file.absolute().parent)
    except OSError as error:
        raise StoreError(f"{file}: cannot be written ({error.strerror or error}); choose another place") from error
    finally:
        part.unlink(missing_ok=True)
    return Backup(
        file=file,
        file_bytes=file.stat().st_size,
        sha256=_digest(file),
        schema=revision,
        rows=rows,
        differences=tuple(found),
    )


def _copy_sqlite(source: Path, part: Path) -> tuple[list[str], dict[str, int], str]:
    if not source.is_file():
        raise StoreError(f"{source}: there is no store to back up; give the relay's --config or --database")
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as reading,
            closing(sqlite3.connect(part)) as writing,
        ):
            reading.backup(writing)  # in one step: in several it would begin anew with each commit of the relay
            writing.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        raise StoreError(f"{source}: cannot be copied ({error}); is it a relay's store, and is there room?") from error
    engine = reader_engine(sqlite_url(part), connections=1)
    try:
        with engine.connect() as connection:
            database_of(engine.url).check(connection)
            return differences(connection), _count(connection), _revision(connection)
    finally:
        engine.dispose()


def _dump_postgresql(url: URL, part: Path, pg_dump: str) -> tuple[list[str], dict[str, int], str]:
    program, restore = _programs(pg_dump)
    engine = reader_engine(url.render_as_string(hide_password=False), connections=1)
    try:
        with engine.connect() as connection:
            revision = _revision(connection)
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            _run(
                [program, "--format=custom", f"--snapshot={snapshot}", f"--file={part}", f"--dbname={_conninfo(url)}"],
                url,
            )
            rows, found = _count(connection), differences(connection)
    finally:
        engine.dispose()
    dumped = _rows_in(restore, part)
    wrong = [
        f"{name}: {rows[name]} rows, {dumped.get(name, 0)} in the file"
        for name in rows
        if rows[name] != dumped.get(name, 0)
    ]
    if wrong:
        raise StoreError(f"the dump does not hold what the store holds ({'; '.join(wrong)}); it was thrown away")
    return found, rows, revision


def _programs(pg_dump: str) -> tuple[str, str]:
    """Return pg_dump and the pg_restore beside it."""
    program = shutil.which(pg_dump)
    if program is None:
        raise StoreError(
            f"{pg_dump} is not found; install the client programs of your PostgreSQL (Debian: apt-get install "
            "postgresql-client, of the server's version or newer), or name the program with --pg-dump"
        )
    restore = shutil.which("pg_restore", path=str(Path(program).parent)) or shutil.which("pg_restore")
    if restore is None:
        raise StoreError(f"pg_restore is not found beside {program}; the backup could not be read back")
    return program, restore


def _run(command: list[str], url: URL) -> None:
    # The password goes by the environment: a command line is for everybody to read.
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())[:400]
        raise StoreError(f"{command[0]} failed: {said}")


def _conninfo(url: URL) -> str:
    """Return what libpq's programs take: the URL without driver and password."""
    plain = url.set(drivername="postgresql", password=None)
    return plain.render_as_string(hide_password=False)


def _rows_in(restore: str, part: Path) -> dict[str, int]:
    """Return how many rows of each table a dump holds; reads all of it, so damage is found here."""
    command = [restore, "--data-only", "--file=-", str(part)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reading:
        rows = _rows_of(reading.stdout or ())
        said = reading.stderr.read() if reading.stderr is not None else ""
    if reading.returncode:
        raise StoreError(f"{restore} cannot read the dump: {' '.join(said.split())[:400]}")
    return rows


def _rows_of(script: Iterable[str]) -> dict[str, int]:
    rows: dict[str, int] = {}
    table = ""
    for line in script:
        if table and line.rstrip("\n") == _END_OF_ROWS:
            table = ""
        elif table:
            rows[table] += 1
        elif line.startswith(_COPY):
            table = line.split()[1].rpartition(".")[2].strip('"')
            rows[table] = 0
    return rows


def _count(connection: Connection) -> dict[str, int]:
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in metadata.sorted_tables
    }


def _revision(connection: Connection) -> str:
    found = schema.plan(connection).found
    if found is None:
        raise StoreError("the database holds no relay's store; there is nothing to back up")
    return found


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as reading:
        while block := reading.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
