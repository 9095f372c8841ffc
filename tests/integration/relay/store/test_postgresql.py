"""What PostgreSQL has to promise before the relay uses it, and what it does with a relay that stands still."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, LiteralString

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, IntegrityError, InternalError, OperationalError
from sqlalchemy.schema import SchemaItem

from relay.store import engine as store_engine
from relay.store import postgresql, schema, sequences, timers
from relay.store.bulk import InsertMany
from relay.store.bulk_postgresql import storable
from relay.store.errors import StoreError, StoreTooNewError, StoreUnreachableError
from relay.store.tables import KEYED_ON_SQLITE_ALONE, SEQUENCES, dead_letter, metadata
from tests.support.postgres_server import PostgresServer


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    made = store_engine.writer_engine(postgres_url)
    yield made
    made.dispose()


@pytest.fixture
def careless() -> Iterator[PostgresServer]:
    """A server of this test's own, to be started with other settings."""
    server = PostgresServer()
    yield server
    server.close()


def _catalogue(connection: psycopg.Connection[Any]) -> set[tuple[str, ...]]:
    """Every column, constraint and index as the server describes it."""
    columns = (
        "SELECT table_name, column_name, data_type, coalesce(character_maximum_length, 0)::text, is_nullable, "
        "coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'"
    )
    constraints = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace"
    )
    indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    queries: tuple[LiteralString, ...] = (columns, constraints, indexes)
    found = {tuple(row) for query in queries for row in connection.execute(query)}
    return {row for row in found if row[0] != "alembic_version"}


def _is_for_postgresql(thing: SchemaItem, _name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """Leave out the keys that SQLite alone has."""
    return kind != "foreign_key_constraint" or getattr(thing, "table", None) not in KEYED_ON_SQLITE_ALONE


def test_the_migrations_make_the_tables_of_the_code(engine: Engine, postgres: PostgresServer) -> None:
    schema.prepare(engine)
    with engine.connect() as connection:
        opts = {"target_metadata": metadata, "compare_type": True, "include_object": _is_for_postgresql}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
    other = postgres.database()
    direct = store_engine.writer_engine(other)
    with direct.begin() as connection:
        metadata.create_all(connection)
    direct.dispose()
    url = engine.url.set(drivername="postgresql").render_as_string()
    with closing(psycopg.connect(url)) as migrated, closing(psycopg.connect(other)) as created:
        assert _catalogue(migrated) == _catalogue(created)
    postgres.drop(other)


def test_preparing_twice_changes_nothing(engine: Engine) -> None:
    schema.prepare(engine)
    url = engine.url.set(drivername="postgresql").render_as_string()
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        before = _catalogue(connection)
        schema.prepare(engine)
        assert _catalogue(connection) == before


def test_a_reader_cannot_write(engine: Engine, postgres_url: str) -> None:
    schema.prepare(engine)
    reader = store_engine.reader_engine(postgres_url)
    with reader.connect() as connection, pytest.raises(Exception, match="read-only transaction"):
        connection.execute(text("DELETE FROM timer"))
    reader.dispose()


def test_a_reader_sees_one_state_of_the_store_while_the_writer_goes_on(engine: Engine, postgres_url: str) -> None:
    schema.prepare(engine)
    reader = store_engine.reader_engine(postgres_url)
    count = text("SELECT count(*) FROM sequence_head")
    with reader.connect() as connection:
        assert connection.execute(count).scalar_one() == 0
        with engine.begin() as writing:
            sequences.begin(writing)
        assert connection.execute(count).scalar_one() == 0
        connection.rollback()
        assert (
            connection.execute(count).scalar_one() == len(SEQUENCES) + 2
        )  # and the changes of units and of what is open before them
    reader.dispose()


# --- what is refused ----------------------------------------------------------------------------------------


def test_a_server_without_fsync_is_refused(careless: PostgresServer) -> None:
    """It would confirm what a power cut takes away."""
    careless.start(fsync="off")
    made = store_engine.writer_engine(careless.url("postgres"))
    with pytest.raises(StoreError, match="fsync = off and would lose"):
        schema.prepare(made)
    made.dispose()


def test_a_server_that_answers_before_the_disk_has_it_is_overruled(careless: PostgresServer) -> None:
    careless.start(synchronous_commit="off")
    made = store_engine.writer_engine(careless.database())
    schema.prepare(made)
    with made.begin() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    made.dispose()


def test_a_server_that_waits_for_more_than_the_disk_stays_as_it_is(careless: PostgresServer) -> None:
    careless.start(synchronous_commit="remote_apply")
    made = store_engine.writer_engine(careless.database())
    with made.begin() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "remote_apply"
    made.dispose()


def test_an_old_server_is_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no PostgreSQL 14 here: the least version is raised instead."""
    monkeypatch.setattr(postgresql, "OLDEST_VERSION", 99)
    with pytest.raises(StoreError, match=r"PostgreSQL 18 is too old; the relay needs 99 or newer"):
        schema.prepare(engine)


def test_a_database_of_another_encoding_is_refused(postgres: PostgresServer) -> None:
    url = postgres.database(encoding="LATIN1")
    made = store_engine.writer_engine(url)
    with pytest.raises(StoreError, match=r"encoding is LATIN1.*--encoding UTF8"):
        schema.prepare(made)
    made.dispose()
    postgres.drop(url)


def test_a_store_of_a_newer_version_is_refused(engine: Engine) -> None:
    schema.prepare(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNewError, match="update this program"):
        schema.prepare(engine)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        # Only a person can mend these.
        ({"database": "nothing"}, StoreError, "create the database and the role"),
        ({"username": "stranger"}, StoreError, "create the database and the role"),
        # These may pass: a server that starts, a network that comes back.
        ({"query": {"host": "/nowhere"}}, StoreUnreachableError, "does not answer .*; start it, or mend the address"),
        ({"host": "127.0.0.1", "port": 9, "query": {}}, StoreUnreachableError, "does not answer"),
    ],
)
def test_what_cannot_be_reached_is_told_from_what_a_person_must_mend(
    postgres_url: str, change: dict[str, object], kind: type[StoreError], says: str
) -> None:
    url = store_engine.parse(postgres_url).set(password="hunter2").set(**change)  # type: ignore[arg-type]  # parts of a URL
    made = store_engine.writer_engine(url.render_as_string(hide_password=False))
    with pytest.raises(StoreError, match=says) as refused:
        schema.prepare(made)
    made.dispose()
    assert type(refused.value) is kind
    assert "hunter2" not in str(refused.value)


def test_a_role_that_may_not_make_tables_is_told_what_to_do(postgres: PostgresServer, postgres_url: str) -> None:
    postgres.ask("CREATE ROLE guest LOGIN")
    url = store_engine.parse(postgres_url).set(username="guest").render_as_string()
    made = store_engine.writer_engine(url)
    with pytest.raises(StoreError, match="make it the owner of the database"):
        schema.prepare(made)
    made.dispose()
    postgres.ask("DROP ROLE guest")


# --- one transaction writes at a time -----------------------------------------------------------------------


def test_two_writers_take_turns(engine: Engine, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_WRITER_SETTINGS", (*postgresql._WRITER_SETTINGS, "SET lock_timeout = '200ms'"))
    other = store_engine.writer_engine(postgres_url)
    with engine.begin() as holding:
        holding.execute(text("SELECT 1"))
        with pytest.raises(OperationalError, match="lock timeout"), other.begin():
            pass
    with other.begin() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    other.dispose()


def test_a_writer_that_stands_still_loses_the_lock_and_can_commit_nothing_later(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay stopped between its insert and its commit: another goes on, and the late commit is refused."""
    hurried = (*postgresql._WRITER_SETTINGS, "SET idle_in_transaction_session_timeout = '300ms'")
    monkeypatch.setattr(postgresql, "_WRITER_SETTINGS", hurried)
    stopped, other = store_engine.writer_engine(postgres_url), store_engine.writer_engine(postgres_url)
    schema.prepare(stopped)
    insert = text("INSERT INTO sequence_head VALUES (:name, 0)")
    held = stopped.connect()
    held.execute(insert, {"name": "of the stopped"})
    with other.begin() as connection:  # waits until the server has ended the other session
        connection.execute(insert, {"name": "of the other"})
    with pytest.raises(InternalError, match="idle-in-transaction timeout"):
        held.commit()
    held.close()
    with stopped.begin() as connection:  # it goes on by itself, with a new session
        assert connection.execute(text("SELECT count(*) FROM sequence_head")).scalar_one() == 1
    with other.begin() as connection:
        assert connection.execute(text("SELECT name FROM sequence_head")).scalars().all() == ["of the other"]
    stopped.dispose()
    other.dispose()


# --- rows ---------------------------------------------------------------------------------------------------


def test_text_with_nul_is_stored_with_a_mark_in_its_place(engine: Engine) -> None:
    """PostgreSQL has no NUL in text; a peer's odd note must not stop its stream."""
    assert storable([("a\x00b", 1, b"\x00", None)]) == [("a\ufffdb", 1, b"\x00", None)]
    plain = [("a", 1)]
    assert storable(plain) is plain


def test_a_row_that_copy_refuses_is_the_error_an_insert_would_raise(engine: Engine) -> None:
    schema.prepare(engine)
    insert = InsertMany(dead_letter)
    with engine.connect() as connection:
        with pytest.raises(IntegrityError, match="foreign key"):
            insert.run(connection, [(1, "reason", "no such record")])
        connection.rollback()
        with pytest.raises(DataError, match="too long"):
            insert.run(connection, [(1, "r" * 65, "detail")])
        connection.rollback()
        assert timers.next_due_us(connection) is None
