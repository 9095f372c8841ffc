"""The store's schema and what it refuses to open."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from relay.store import engine as store_engine
from relay.store import schema
from relay.store import sqlite as sqlite_dialect
from relay.store.errors import StoreCorruptError, StoreError, StoreTooNewError
from relay.store.tables import metadata


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "relay.sqlite3"


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    made = store_engine.writer_engine(store_engine.sqlite_url(file))
    yield made
    made.dispose()


def _ddl(file: Path) -> dict[str, str]:
    """Every table and index as SQLite keeps it, without spaces and quotes, which Alembic sets otherwise."""
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: "".join(sql.replace('"', "").split()) for name, sql in found if name not in ("alembic_version",)}


def _parts(sql: str) -> list[str]:
    """The columns and constraints of a table in any order; an index with its condition."""
    begin, end = sql.index("("), sql.rindex(")")
    return [sql[:begin], *sorted(re.split(r",(?![^(]*\))", sql[begin + 1 : end])), sql[end:]]


def test_the_migrations_make_the_tables_of_the_code(engine: Engine, tmp_path: Path, file: Path) -> None:
    schema.prepare(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata, "compare_type": True})
        assert compare_metadata(context, metadata) == []
    other = tmp_path / "tables.sqlite3"
    direct = store_engine.writer_engine(store_engine.sqlite_url(other))
    with direct.begin() as connection:
        metadata.create_all(connection)
    direct.dispose()
    migrated, created = _ddl(file), _ddl(other)
    assert migrated.keys() == created.keys()
    for name, sql in created.items():
        assert _parts(migrated[name]) == _parts(sql), name


def test_preparing_twice_changes_nothing(engine: Engine, file: Path) -> None:
    schema.prepare(engine)
    before = _ddl(file)
    schema.prepare(engine)
    assert _ddl(file) == before


def test_the_writer_is_fully_durable(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_a_reader_cannot_write(engine: Engine, file: Path) -> None:
    schema.prepare(engine)
    reader = store_engine.reader_engine(store_engine.sqlite_url(file))
    with reader.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text("DELETE FROM timer"))
    reader.dispose()


def test_a_reader_sees_one_state_of_the_store_while_the_writer_goes_on(engine: Engine, file: Path) -> None:
    schema.prepare(engine)
    reader = store_engine.reader_engine(store_engine.sqlite_url(file))
    insert = text("INSERT INTO sequence_head VALUES (:name, 0)")
    count = text("SELECT count(*) FROM sequence_head")
    with reader.connect() as connection:
        before = connection.execute(count).scalar_one()
        with engine.begin() as writing:
            writing.execute(insert, {"name": "another"})
        assert connection.execute(count).scalar_one() == before
        connection.rollback()
        assert connection.execute(count).scalar_one() == before + 1
    reader.dispose()


def _fill(file: Path) -> None:
    made = store_engine.writer_engine(store_engine.sqlite_url(file))
    schema.prepare(made)
    made.dispose()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: whole[:16] + b"\xff" * 200 + whole[216:], id="header"),
        pytest.param(lambda whole: b"not a database, only text" * 400, id="another-file"),
        pytest.param(lambda whole: whole[:50], id="cut-short"),
        pytest.param(lambda whole: whole[:4096] + b"\xa5" * 8192 + whole[12288:], id="pages"),
    ],
)
def test_a_damaged_store_is_refused_with_the_way_out_and_left_as_it_is(file: Path, damage) -> None:  # type: ignore[no-untyped-def]  # one function per case
    _fill(file)
    file.write_bytes(damage(file.read_bytes()))
    for beside in ("-wal", "-shm"):
        Path(f"{file}{beside}").unlink(missing_ok=True)
    before = file.read_bytes()
    made = store_engine.writer_engine(store_engine.sqlite_url(file))
    with pytest.raises(StoreCorruptError, match="restore the last backup") as refused:
        schema.prepare(made)
    made.dispose()
    assert str(file) in str(refused.value)
    assert file.read_bytes() == before


def test_a_file_that_cannot_be_written_is_not_called_damaged(engine: Engine, file: Path) -> None:
    schema.prepare(engine)
    reading = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    with closing(reading), pytest.raises(sqlite3.OperationalError) as read_only:
        reading.execute("CREATE TABLE more (id INTEGER)")
    said = sqlite_dialect.refusal(engine.url, OperationalError("CREATE", {}, read_only.value))
    assert not isinstance(said, StoreCorruptError)
    assert "attempt to write a readonly database" in str(said)
    assert "mounted read-only" in str(said)


def test_a_store_of_a_newer_version_is_refused(file: Path) -> None:
    _fill(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    made = store_engine.writer_engine(store_engine.sqlite_url(file))
    with pytest.raises(StoreTooNewError, match="update this program"):
        schema.prepare(made)
    made.dispose()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://db/relay", "no database of the relay"),
        ("postgresql://db", "names no database"),
        ("nonsense", "no database URL"),
        ("sqlite:////does/not/exist/relay.sqlite3", "is no folder"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_way_out(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        store_engine.writer_engine(url)
