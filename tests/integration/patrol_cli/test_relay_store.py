"""``patrol relay migrate``, ``backup`` and ``verify`` as an administrator runs them, on both databases."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from msgspec.structs import replace
from sqlalchemy import inspect, text
from typer.testing import CliRunner

from patrol_cli.__main__ import app
from patrol_wire.ids import Forward
from relay.store import engine as store_engine
from relay.store.schema import alembic_config
from tests.support.postgres_server import PostgresServer
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender
from tests.support.stores import store_url_of
from tests.support.writer_site import WriterSite

ALERTS = 5


def _run(*words: str) -> tuple[int, dict[str, Any], str]:
    """Return exit code, the JSON line, and what was said to people."""
    ran = CliRunner().invoke(app, ["relay", *words])
    lines = [line for line in ran.stdout.splitlines() if line.startswith("{")]
    return ran.exit_code, json.loads(lines[-1]) if lines else {}, ran.stdout + ran.stderr


def _fill(url: str) -> None:
    with WriterSite(url) as site:
        room = RoomSender()
        site.connect(room)
        for number in range(1, ALERTS + 1):
            room.put(replace(some_alert(number), forward=Forward.DIRECT, camera=f"c{number}"))
        site.deliver(room, first_seq=1)


def _damage(url: str, statement: str) -> None:
    engine = store_engine.writer_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _pg_dump(postgres: PostgresServer) -> list[str]:
    return ["--pg-dump", str(postgres.programs / "pg_dump")]


# --- verify -------------------------------------------------------------------------------------------------


def test_verify_says_difference_zero_and_names_what_was_planted(store_url: str) -> None:
    _fill(store_url)
    code, said, _ = _run("verify", "--database", store_url, "--json")
    assert (code, said["difference"], said["agrees"], said["differences"]) == (0, 0, True, [])
    assert (said["records"], said["alerts"]) == (ALERTS, ALERTS)
    assert said["places"] >= 1
    _damage(store_url, "UPDATE ledger SET count = 3 WHERE cursor = 1")
    code, said, _ = _run("verify", "--database", store_url, "--json")
    assert (code, said["difference"], said["agrees"]) == (1, 2, False)
    assert "the ledger" in said["differences"][0]
    code, _, people = _run("verify", "--database", store_url)
    assert code == 1
    assert "difference 2" in people


def test_verify_does_not_bring_up_a_store_by_itself(postgres_url: str) -> None:
    code, _, people = _run("verify", "--database", postgres_url)
    assert code == 2
    assert "bring it up with patrol relay migrate" in people


# --- migrate ------------------------------------------------------------------------------------------------


def test_migrate_says_from_and_to_and_does_nothing_when_asked_only_to_look(store_url: str) -> None:
    for _ in range(2):
        code, said, _ = _run("migrate", "--database", store_url, "--dry-run", "--json")
        assert (code, said["from"], said["migrated"], said["dry_run"]) == (0, None, False, True)
        assert said["steps"][0].startswith("0001 ")
    target = said["to"]
    code, said, _ = _run("migrate", "--database", store_url, "--json")
    assert (code, said["from"], said["to"], said["migrated"]) == (0, None, target, True)
    code, said, _ = _run("migrate", "--database", store_url, "--json")
    assert (code, said["from"], said["to"], said["steps"], said["migrated"]) == (0, target, target, [], False)


def _first_schema(folder: Path) -> tuple[dict[str, set[str]], set[str]]:
    """Return the columns of each table as revision 0001 makes it, and the names of its indexes."""
    engine = store_engine.writer_engine(store_engine.sqlite_url(folder / "first.sqlite3"))
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
        seen = inspect(connection)
        columns = {table: {each["name"] for each in seen.get_columns(table)} for table in seen.get_table_names()}
        indexes = {str(each["name"]) for table in columns for each in seen.get_indexes(table)}
    engine.dispose()
    return columns, indexes


def test_a_filled_store_of_the_first_version_comes_up_to_today_and_loses_nothing(
    store_url: str, tmp_path: Path
) -> None:
    """What today's program wrote, without the tables and columns that came later: as a first version has it on disk."""
    _fill(store_url)
    engine = store_engine.writer_engine(store_url)
    first, first_indexes = _first_schema(tmp_path)
    with engine.begin() as connection:
        seen = inspect(connection)
        for table in seen.get_table_names():
            if table not in first:
                connection.execute(text(f"DROP TABLE {table}"))
                continue
            made = {str(each["name"]) for each in seen.get_indexes(table) if "duplicates_constraint" not in each}
            for index in made - first_indexes:
                connection.execute(text(f"DROP INDEX {index}"))
            for column in {each["name"] for each in seen.get_columns(table)} - first[table]:
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    code, _, people = _run("verify", "--database", store_url)
    assert (code, "bring it up with patrol relay migrate" in people) == (2, True)
    code, said, _ = _run("migrate", "--database", store_url, "--json")
    assert (code, said["from"], said["migrated"]) == (0, "0001", True)
    assert said["steps"]
    assert not any(step.startswith("0001 ") for step in said["steps"])
    code, said, _ = _run("verify", "--database", store_url, "--json")
    assert (code, said["difference"], said["alerts"]) == (0, 0, ALERTS)
    with WriterSite(store_url) as site:
        assert len(site.incidents()) >= 1


def test_looking_makes_no_file(tmp_path: Path) -> None:
    assert _run("migrate", "--database", store_url_of(tmp_path), "--dry-run")[0] == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("migrate",), ("migrate", "--dry-run"), ("verify",)])
def test_a_store_of_a_newer_program_is_refused(store_url: str, words: tuple[str, ...]) -> None:
    _fill(store_url)
    _damage(store_url, "UPDATE alembic_version SET version_num = '9999'")
    code, _, people = _run(*words, "--database", store_url)
    assert code == 2
    assert "written by a newer version" in people


# --- move ---------------------------------------------------------------------------------------------------


def test_a_store_moves_to_postgresql_and_the_relay_goes_on_where_it_was(tmp_path: Path, postgres_url: str) -> None:
    """The room sends its next record to the relay on the other database, which knows what it has."""
    with WriterSite(tmp_path) as site:
        room = RoomSender()
        site.connect(room)
        room.put(replace(some_alert(1), forward=Forward.DIRECT))
        site.deliver(room)
    code, said, people = _run("move", postgres_url, "--database", store_url_of(tmp_path), "--json")
    assert code == 0, people
    assert (said["difference"], said["rows"]["record_log"], said["alerts"]) == (0, 1, 1)
    with WriterSite(postgres_url) as site:
        site.connect(room)
        room.put(replace(some_alert(2), forward=Forward.DIRECT))
        assert site.deliver(room, first_seq=1).stored == 2
        assert site.differences() == []
    back = store_engine.sqlite_url(tmp_path / "back.sqlite3")
    code, said, people = _run("move", back, "--database", postgres_url, "--json")
    assert code == 0, people
    assert said["alerts"] == 2
    code, _, people = _run("move", postgres_url, "--database", back)
    assert code == 2
    assert "holds a store already" in people


# --- backup -------------------------------------------------------------------------------------------------


def test_a_backup_of_a_file_is_whole_and_can_be_used(tmp_path: Path) -> None:
    _fill(store_url_of(tmp_path))
    file = tmp_path / "copy.sqlite3"
    code, said, _ = _run("backup", str(file), "--database", store_url_of(tmp_path), "--json")
    assert (code, said["rows"]["record_log"], said["differences"]) == (0, ALERTS, [])
    assert said["bytes"] == file.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("copy")) == ["copy.sqlite3"]
    assert _run("verify", "--database", store_engine.sqlite_url(file), "--json")[1]["alerts"] == ALERTS


def test_a_backup_is_one_state_while_the_relay_goes_on_writing(tmp_path: Path) -> None:
    with WriterSite(tmp_path) as site:
        room = RoomSender()
        site.connect(room)
        for number in range(1, 40):
            room.put(replace(some_alert(number), forward=Forward.DIRECT, camera=f"c{number}"))
            site.deliver(room)
            if number % 10 == 0:
                file = tmp_path / f"copy-{number}"
                code, said, people = _run("backup", str(file), "--database", store_url_of(tmp_path), "--json")
                assert code == 0, people
                assert said["rows"]["record_log"] == number


def test_a_backup_of_postgresql_is_counted_and_can_be_restored(
    tmp_path: Path, postgres: PostgresServer, postgres_url: str
) -> None:
    _fill(postgres_url)
    file = tmp_path / "store.dump"
    code, said, people = _run("backup", str(file), "--database", postgres_url, *_pg_dump(postgres), "--json")
    assert code == 0, people
    assert (said["rows"]["record_log"], said["differences"]) == (ALERTS, [])
    assert [path.name for path in tmp_path.iterdir()] == ["store.dump"]
    restored = postgres.database()
    subprocess.run(
        [postgres.programs / "pg_restore", "--exit-on-error", f"--dbname={restored}", file],
        check=True,
        capture_output=True,
    )
    code, said, _ = _run("verify", "--database", restored, "--json")
    assert (code, said["alerts"], said["difference"]) == (0, ALERTS, 0)
    postgres.drop(restored)


def test_a_store_that_does_not_agree_is_saved_as_it_is_and_said(
    store_url: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    _fill(store_url)
    _damage(store_url, "UPDATE ledger_sum SET total = total + 1")
    code, said, _ = _run("backup", str(tmp_path / "b"), "--database", store_url, *_pg_dump(postgres), "--json")
    assert code == 1
    assert any("its sums say" in sentence for sentence in said["differences"])
    assert (tmp_path / "b").exists()


def test_a_backup_is_never_overwritten(tmp_path: Path) -> None:
    _fill(store_url_of(tmp_path))
    (tmp_path / "b").write_text("mine", encoding="utf-8")
    code, _, people = _run("backup", str(tmp_path / "b"), "--database", store_url_of(tmp_path))
    assert code == 2
    assert "never overwritten" in people
    assert (tmp_path / "b").read_text(encoding="utf-8") == "mine"


def test_a_damaged_store_is_not_backed_up_over_nothing(tmp_path: Path) -> None:
    """Pages of another program in the middle: the copy is read back, and is none."""
    _fill(store_url_of(tmp_path))
    file = tmp_path / "relay.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xa5" * 8192 + whole[12288:])
    code, _, people = _run("backup", str(tmp_path / "b"), "--database", store_url_of(tmp_path))
    assert code == 2, people
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("b")]


def test_without_pg_dump_the_backup_says_what_to_install(tmp_path: Path, postgres_url: str) -> None:
    _fill(postgres_url)
    words = ("backup", str(tmp_path / "b"), "--database", postgres_url, "--pg-dump", "/no/such/pg_dump")
    code, _, people = _run(*words)
    assert code == 2
    assert "install the client programs" in people


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("verify",), "which store? give the relay's --config FILE, or --database URL"),
        (("backup", "none", "--database", "sqlite:////no/such/store"), "there is no store to back up"),
        (("verify", "--config", "/no/such/relay.toml"), "there is no such file"),
        (("migrate", "--database", "postgresql://patrol@/x?host=/nowhere"), "does not answer"),
        (("migrate", "--database", "rubbish"), "is no database URL"),
        (("move", "postgresql://x@/y", "--database", "sqlite:////no/such/store"), "could not be copied to"),
    ],
)
def test_a_mistake_ends_with_two_and_one_sentence(words: tuple[str, ...], says: str) -> None:
    code, _, people = _run(*words)
    assert code == 2
    assert says in people
    assert people.count("\n") == 1
